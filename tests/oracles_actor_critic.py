"""The oracle of the actor-critics: computed from the definition, one step and transition at a time.

Like the oracle of REINFORCE, this oracle works in double precision and writes out Adam. It never
chooses actions, but repeats the steps that the library recorded. Only the sampling of replayed
transitions is the same as in the library, because other samples would give another run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pglab.algorithms.actor_critic import ActorCriticRun
from pglab.config import ActorCriticConfig
from pglab.networks import ActorCriticNetwork
from pglab.records import Conflict, CriticBatch, Record, StepRecord, UpdateRecord
from tests.oracles import (
    SHORT_CARTPOLE,
    NaiveParameter,
    assert_close,
    assert_same_parameters,
)

CELLS: dict[str, dict[str, Any]] = {
    f"{body} {data}": {"body": body, "critic_data": data}
    for body in ("shared", "split")
    for data in ("on_policy", "replay")
}
Gradient = dict[NaiveParameter, Tensor]


def short_cell(**settings: Any) -> ActorCriticConfig:
    """Settings of a small agent. Some episodes are truncated. The replay buffer is soon full."""
    quick: dict[str, Any] = {
        "env_id": SHORT_CARTPOLE,
        "seed": 8,
        "hidden_sizes": (6, 5),
        "total_steps": 1000,
        "learning_rate": 0.01,
        "critic_learning_rate": 0.02,
        "rollout_steps": 4,
        "replay_capacity": 30,
        "batch_size": 6,
        "critic_updates": 3,
    }
    return ActorCriticConfig(**{**quick, **settings})


@dataclass
class Kept:
    """A step of the rollout, with its weight wₜ, and log π with its computation graph."""

    step: StepRecord
    signal: float
    log_pi: Tensor
    actor_tensors: list[Tensor]


@dataclass
class LossGradient:
    """A loss and its gradient; also the entropy or the critic's batch behind this loss."""

    loss: float
    gradient: Gradient
    entropy: float = math.nan
    batch: CriticBatch | None = None


class NaiveActorCritic:
    """An actor-critic from its definition. It learns from the steps that the library recorded."""

    def __init__(self, config: ActorCriticConfig, agent: ActorCriticNetwork) -> None:
        self.config = config
        shared = config.body == "shared"
        self.actor_body = NaiveParameter.copies_of(agent.policy.body)
        self.critic_body = (
            self.actor_body if shared else NaiveParameter.copies_of(agent.critic.body)
        )
        self.actor_head = NaiveParameter.copies_of(agent.policy.head)
        self.critic_head = NaiveParameter.copies_of(agent.critic.head)
        self.steps: list[StepRecord] = []
        self.rollout: list[Kept] = []
        self.updates = 0
        self.gradient_steps = 0
        replay_seed = np.random.SeedSequence(config.seed).spawn(4)[3]
        self.random = np.random.default_rng(replay_seed)

    # --- Networks

    @property
    def actor_parameters(self) -> list[NaiveParameter]:
        """The parameters of the policy's body and head."""
        return self.actor_body + self.actor_head

    @property
    def critic_parameters(self) -> list[NaiveParameter]:
        """The parameters of the critic's body and head."""
        return self.critic_body + self.critic_head

    def output(
        self,
        observation: NDArray[Any],
        body: list[NaiveParameter],
        head: list[NaiveParameter],
        who: str,
    ) -> Tensor:
        """Compute the outputs of a network that consists of this body and this head."""
        signal = torch.tensor(observation, dtype=torch.float64)
        for weight, bias in zip(body[::2], body[1::2], strict=True):
            signal = weight.tensor @ signal + bias.tensor
            signal = torch.tanh(signal) if self.config.activation == "tanh" else signal.relu()
        if self.config.body == "shared" and self.config.stop_gradient == who:
            signal = signal.detach()
        output = head[0].tensor @ signal + head[1].tensor
        if self.config.symexp_heads:
            output = torch.sign(output) * (torch.exp(abs(output)) - 1)
        return output

    def log_pi(self, observation: NDArray[Any]) -> Tensor:
        """Compute log π of every action."""
        logits = self.output(observation, self.actor_body, self.actor_head, "actor")
        return logits - torch.log(torch.exp(logits).sum())

    def q(self, observation: NDArray[Any]) -> Tensor:
        """Compute Q of every action."""
        return self.output(observation, self.critic_body, self.critic_head, "critic")

    # --- Acting

    def acting_probabilities(self, observation: NDArray[Any]) -> list[float]:
        """Compute the probabilities with which the agent samples its action."""
        if not self.config.critic_only:
            return [math.exp(log_pi) for log_pi in self.log_pi(observation).tolist()]
        q = self.q(observation).tolist()
        return [0.05 / len(q) + (0.95 if value == max(q) else 0.0) for value in q]

    def signal(self, step: StepRecord) -> float:
        """Compute the weight wₜ of a step in the actor's loss."""
        q = self.q(step.observation).tolist()
        pi = self.acting_probabilities(step.observation)
        subtracted = {
            "q": 0.0,
            "advantage_max": max(q),
            "advantage_mean": sum(p * value for p, value in zip(pi, q, strict=True)),
        }
        return float(q[step.action] - subtracted[self.config.policy_signal])

    def follow(self, step: StepRecord) -> UpdateRecord | None:
        """Store a step. Return the update if this step completes a rollout, and None otherwise."""
        self.steps.append(step)
        tensors = [parameter.tensor for parameter in self.actor_parameters]
        log_pi = self.log_pi(step.observation)
        self.rollout.append(Kept(step, self.signal(step), log_pi, tensors))
        return self.update() if len(self.rollout) >= self.config.rollout_steps else None

    # --- Learning

    def update(self) -> UpdateRecord:
        """Update the networks. Return the record that the library must yield for this update."""
        steps = [kept.step for kept in self.rollout]
        critic: LossGradient | None = None
        if self.config.critic_data == "replay":
            for batch in self.replayed() if self.config.trained != "actor_only" else ():
                critic = self.critic_gradient(batch)
                self.move_critic(critic)
            actor = self.actor_gradient()
            self.move_actor(actor)
        else:
            actor, found = self.actor_gradient(), self.critic_gradient(steps)
            critic = found if self.config.trained != "actor_only" else None
            if self.config.body == "shared":
                gradients = [actor.gradient, *([critic.gradient] if critic else [])]
                self.descend(self.config.learning_rate, *gradients)
            else:
                self.move_actor(actor)
                if critic:
                    self.move_critic(critic)
        self.updates += 1
        acted = not self.config.critic_only and self.config.trained != "critic_only"
        record = UpdateRecord(
            global_step=steps[-1].global_step,
            update=self.updates,
            actor_loss=actor.loss if acted else None,
            critic_loss=None if critic is None else critic.loss,
            entropy=actor.entropy,
            actor_gradient_norm=length(actor.gradient.values()) if acted else None,
            critic_gradient_norm=None if critic is None else length(critic.gradient.values()),
            actions=np.array([step.action for step in steps]),
            returns=None,
            weights=np.array([kept.signal for kept in self.rollout]),
            episode_ends=np.array([step.terminated or step.truncated for step in steps]),
            critic=None if critic is None else critic.batch,
            conflict=None if critic is None else conflict(actor.gradient, critic.gradient),
        )
        self.rollout = []
        return record

    def replayed(self) -> Iterator[list[StepRecord]]:
        """Draw the critic's batches from the last `replay_capacity` steps.

        The index of a step in the buffer is the step's number modulo the capacity.
        """
        capacity, size = self.config.replay_capacity, self.config.batch_size
        held = min(len(self.steps), capacity)
        for _ in range(min(self.config.critic_updates, held // size)):
            places: list[int] = []
            for last, number in enumerate(self.random.random(size), start=held - size):
                place = int(number * (last + 1))
                places.append(last if place in places else place)
            yield [self.steps[place::capacity][-1] for place in places]

    def bootstraps(self, step: StepRecord) -> bool:
        """True if the TD target bootstraps from the next observation."""
        return not step.terminated

    def remembered(self) -> tuple[list[Tensor], list[Tensor]]:
        """Return log π for each step of the rollout, and the policy's parameter tensors."""
        tensors = [parameter.tensor for parameter in self.actor_parameters]
        return [self.log_pi(kept.step.observation) for kept in self.rollout], tensors

    def actor_gradient(self) -> LossGradient:
        """Compute the actor's loss and gradient; without learning, the gradient is empty."""
        log_pis, tensors = self.remembered()
        loss = entropy = torch.zeros((), dtype=torch.float64)
        for kept, log_pi in zip(self.rollout, log_pis, strict=True):
            loss = loss - kept.signal * log_pi[kept.step.action] / len(self.rollout)
            entropy = entropy - (torch.exp(log_pi) * log_pi).sum() / len(self.rollout)
        of_loss: Gradient = {}
        if self.config.trained == "critic_only" and not self.config.critic_only:
            return LossGradient(loss.item(), of_loss, entropy.item())
        if not self.config.critic_only:
            total = loss - self.config.entropy_coefficient * entropy
            of_loss = gradient(total, self.actor_parameters, tensors)
            return LossGradient(loss.item(), of_loss, entropy.item())
        acted = [np.float64(kept.step.action_probabilities) for kept in self.rollout]
        acting_entropy = float(np.mean([-(p @ np.log(p)) for p in acted]))
        return LossGradient(loss.item(), of_loss, acting_entropy)

    def critic_gradient(self, steps: Sequence[StepRecord]) -> LossGradient:
        """Compute the critic's loss and gradient on a batch."""
        config = self.config
        loss = torch.zeros((), dtype=torch.float64)
        estimates, targets = [], []
        for step in steps:
            target = step.reward
            if self.bootstraps(step):
                target += config.gamma * max(self.q(step.next_observation).tolist())
            estimate = self.q(step.observation)[step.action]
            loss = loss + (target - estimate) ** 2 / len(steps)
            loss = loss + config.q_regularization * estimate / len(steps)
            estimates.append(estimate.item())
            targets.append(target)
        ages = [len(self.steps) - step.global_step for step in steps]
        tensors = [parameter.tensor for parameter in self.critic_parameters]
        of_loss = gradient(config.value_loss_coefficient * loss, self.critic_parameters, tensors)
        batch = CriticBatch(np.array(estimates), np.array(targets), np.array(ages))
        return LossGradient(loss.item(), of_loss, batch=batch)

    def move_actor(self, found: LossGradient) -> None:
        """Take one optimiser step with the actor's gradient alone."""
        self.descend(self.config.learning_rate, found.gradient)

    def move_critic(self, found: LossGradient) -> None:
        """Take one optimiser step with the critic's gradient alone.

        A shared body has one Adam optimiser and one learning rate.
        """
        config = self.config
        shared = config.body == "shared"
        self.descend(
            config.learning_rate if shared else config.critic_learning_rate, found.gradient
        )

    def descend(self, learning_rate: float, *gradients: Gradient) -> None:
        """Take one Adam step with the sum of the gradients. If clipping is set, clip this sum."""
        total: Gradient = {}
        for one in gradients:
            for parameter, g in one.items():
                total[parameter] = total[parameter] + g if parameter in total else g
        if not total:
            return
        bound = self.config.max_gradient_norm or math.inf
        factor = min(1.0, bound / (length(total.values()) or 1.0))
        for parameter, g in total.items():
            parameter.step(factor * g, learning_rate)
        self.gradient_steps += 1


def gradient(loss: Tensor, parameters: list[NaiveParameter], tensors: list[Tensor]) -> Gradient:
    """Return the gradient of the loss for each parameter on which the loss depends."""
    derivatives = torch.autograd.grad(loss, tensors, allow_unused=True)
    return {p: g for p, g in zip(parameters, derivatives, strict=True) if g is not None}


def length(gradients: Iterable[Tensor]) -> float:
    """Return the Euclidean norm of all entries of all gradients."""
    return math.sqrt(sum((g * g).sum().item() for g in gradients))


def conflict(actor: Gradient, critic: Gradient) -> Conflict | None:
    """Return the cosine and the norms of two gradients on the parameters that they share."""
    both = [parameter for parameter in actor if parameter in critic]
    if not both:
        return None
    product = sum((actor[parameter] * critic[parameter]).sum().item() for parameter in both)
    norms = [length(one[parameter] for parameter in both) for one in (actor, critic)]
    cosine = product / (norms[0] * norms[1]) if all(norms) else math.nan
    return Conflict(cosine, *norms)


def assert_follows(
    oracle: NaiveActorCritic,
    run: ActorCriticRun,
    records: Iterable[Record],
    *,
    steps: int,
    tolerance: float,
    changes: dict[int, dict[str, Any]] | None = None,
) -> list[UpdateRecord]:
    """Compare every number of the first steps, and the networks after these steps, with the oracle.

    `changes` maps the number of an update to the settings that change after this update.

    Returns:
        The records of the updates.

    Raises:
        AssertionError: the run and the oracle differ by more than the tolerance.
    """
    expected: UpdateRecord | None = None
    updates: list[UpdateRecord] = []
    for record in records:
        if isinstance(record, StepRecord):
            assert expected is None, f"no update before step {record.global_step}"
            if record.global_step > steps:
                break
            probabilities = oracle.acting_probabilities(record.observation)
            assert_close(record.action_probabilities, probabilities, tolerance)
            assert_close(record.log_prob, math.log(probabilities[record.action]), tolerance)
            expected = oracle.follow(record)
        elif isinstance(record, UpdateRecord):
            assert expected is not None, f"unexpected update at step {record.global_step}"
            assert_alike(record, expected, tolerance, f"update {record.update}")
            expected = None
            updates.append(record)
            oracle.config = oracle.config.changed(**(changes or {}).get(record.update, {}))
            run.config = oracle.config
    assert run.gradient_steps == oracle.gradient_steps
    assert_same_parameters(run.agent.policy, oracle.actor_parameters, tolerance)
    assert_same_parameters(run.agent.critic, oracle.critic_parameters, tolerance)
    return updates


def assert_alike(actual: Any, expected: Any, tolerance: float, name: str) -> None:
    """Check that all fields of two records are equal within a tolerance, also in nested records."""
    if expected is None:
        assert actual is None, name
    elif isinstance(expected, (UpdateRecord, CriticBatch, Conflict)):
        assert type(actual) is type(expected), name
        for field, value in expected._asdict().items():
            assert_alike(getattr(actual, field), value, tolerance, f"{name} {field}")
    else:
        assert actual is not None, name
        assert_close(actual, expected, tolerance, name)
