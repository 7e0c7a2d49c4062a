"""Actor-critic with an action-value critic (Konda & Tsitsiklis 1999; Sutton & Barto 2018, 13.5).

In REINFORCE, the weight wₜ comes from the return after step t. In an actor-critic, wₜ comes from a
critic Q_φ. The critic learns at the same time as the actor, so the agent does not wait for the end
of an episode. The actor learns from a rollout of T steps, and the critic learns from a batch of B
transitions:

wₜ = Q_φ(sₜ,aₜ) − max_b Q_φ(sₜ,b), computed when the agent acts
L(θ) = −1/T · Σₜ wₜ·log π_θ(aₜ|sₜ) − c·H(π_θ), with an entropy bonus c that is 0 by default
y = r + γ·(1 − d)·max_b Q_φ(s′,b); d is 1 if the episode terminated, and 0 if it was truncated
L(φ) = 1/B · Σ (y − Q_φ(s,a))² + k/B · Σ Q_φ(s,a), with a pull k that lowers Q
θ, φ ← Adam

The setting `policy_signal` offers two other weights wₜ. If wₜ were the true Q^π, or Q^π minus any
function of the state, the actor would follow the policy gradient without the factor γᵗ. The
critic's Q_φ is only an estimate, so the actor follows only an approximation of the policy gradient.
The critic's target takes the maximum over the next actions, so Q_φ approaches Q* instead of Q^π.
The seminar's weight wₜ = Q − max Q subtracts a valid baseline from Q. But this weight is never
positive, so this weight is not the advantage.

The settings `body` and `critic_data` give four agents. The actor and the critic share their hidden
layers (one body), or the actor and the critic have separate hidden layers (two bodies). The critic
learns from the steps just taken, or from a replay buffer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from pglab.algorithms.gradients import Gradient, conflict_between, gradient, norm
from pglab.algorithms.run import (
    Run,
    adam,
    common_parts,
    end_episode,
    require_finite,
    take_step,
    tensor,
)
from pglab.config import ActorCriticConfig
from pglab.config.fixed import EPSILON
from pglab.environments import sizes
from pglab.losses import entropy, of_actions, policy_gradient_loss, td_loss
from pglab.networks import (
    ActionValueNetwork,
    ActorCriticNetwork,
    Body,
    EpsilonGreedyPolicy,
    PolicyNetwork,
    matched_hidden_sizes,
)
from pglab.records import CriticBatch, Floats, Record, StepRecord, UpdateRecord
from pglab.replay_buffer import ReplayBuffer, Transitions, transitions
from pglab.returns import policy_signal, td_targets


@dataclass(kw_only=True)
class ActorCriticRun(Run[ActorCriticConfig]):
    """The state of one training run of an actor-critic.

    If the actor and the critic share a body, `actor_optimizer` and `critic_optimizer` are the same
    object.
    """

    agent: ActorCriticNetwork
    actor_optimizer: torch.optim.Adam
    critic_optimizer: torch.optim.Adam
    buffer: ReplayBuffer | None
    rollout: list[StepRecord] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)  # wₜ of each step in the rollout
    greedy: EpsilonGreedyPolicy = field(init=False)  # chooses the actions if `critic_only` is set

    def __post_init__(self) -> None:
        """Make the ε-greedy policy, which mostly takes the action with the greatest Q."""
        self.greedy = EpsilonGreedyPolicy(self.agent.critic, EPSILON)

    @property
    def networks(self) -> dict[str, nn.Module]:
        """Maps names to networks. The network named `policy` chooses the actions."""
        acting = self.greedy if self.config.critic_only else self.agent.policy
        return {"policy": acting, "critic": self.agent.critic, "agent": self.agent}

    @property
    def update_due(self) -> bool:
        """True if the rollout has enough steps for an update."""
        return len(self.rollout) >= self.config.rollout_steps


def start(config: ActorCriticConfig) -> ActorCriticRun:
    """Make a new run that has not taken a step yet.

    Raises:
        ConfigError: the environment cannot be used.
    """
    parts = common_parts(config)
    observation_size, actions = sizes(parts["environment"])
    agent = make_agent(config, observation_size, actions, parts["streams"].weights)
    if config.body == "shared":
        actor_optimizer = critic_optimizer = adam(agent, config.learning_rate)
    else:
        actor_optimizer = adam(agent.policy, config.learning_rate)
        critic_optimizer = adam(agent.critic, config.critic_learning_rate)
    replay = config.critic_data == "replay"
    return ActorCriticRun(
        agent=agent,
        actor_optimizer=actor_optimizer,
        critic_optimizer=critic_optimizer,
        buffer=ReplayBuffer(config.replay_capacity, observation_size) if replay else None,
        **parts,
    )


def make_agent(
    config: ActorCriticConfig, observation_size: int, actions: int, generator: torch.Generator
) -> ActorCriticNetwork:
    """Make the actor and the critic. They share one body, or they have two separate bodies."""
    split = config.body == "split"
    hidden_sizes = config.hidden_sizes
    if split and config.match_parameters:
        hidden_sizes = matched_hidden_sizes(observation_size, actions, hidden_sizes)
    shape = observation_size, hidden_sizes, config.activation, generator
    blocked = "none" if split else config.stop_gradient
    body = Body(*shape)
    policy = PolicyNetwork(
        body,
        actions,
        generator,
        symexp_head=config.symexp_heads,
        stop_gradient=blocked == "actor",
    )
    critic = ActionValueNetwork(
        Body(*shape) if split else body,
        actions,
        generator,
        symexp_head=config.symexp_heads,
        stop_gradient=blocked == "critic",
    )
    return ActorCriticNetwork(policy, critic)


def actor_critic(run: ActorCriticRun) -> Iterator[Record]:
    """Train the agent, and yield a record of every step, every episode and every update.

    One environment step yields one to three records, in the order step, episode, update. Training
    ends after `total_steps` steps. With `stop_when_solved`, training ends earlier if the task is
    solved.

    Raises:
        TrainingDiverged: a probability, a loss or a gradient is no longer finite.
    """
    while not run.over:
        # --- Act: sample aₜ from π(·|sₜ)
        observation = tensor(run.observation)
        with torch.no_grad():
            log_pi, q_values = run.agent(observation)
            if run.config.critic_only:
                log_pi = run.greedy.of_values(q_values)
        step = take_step(run, log_pi.numpy())

        # --- Weight: the critic judges aₜ
        weight = policy_signal(
            run.config.policy_signal, q_values.numpy(), step.action_probabilities, step.action
        )

        # --- Store
        run.rollout.append(step)
        run.weights.append(weight)
        if run.buffer is not None:
            run.buffer.add(step)
        yield step

        # --- Episode
        if step.ended:
            yield end_episode(run, step)

        # --- Update
        if run.update_due:
            yield update(run)


def update(run: ActorCriticRun) -> UpdateRecord:
    """Learn from the rollout, then delete it. With a replay buffer, the critic learns first."""
    config = run.config
    rollout = transitions(run.rollout)
    weights = np.array(run.weights)

    if run.buffer is not None:
        critic = learn_from_replay(run, run.buffer)
        # With a shared body, the critic's gradient steps have changed log π. The actor then learns
        # slightly off-policy.
        actor = actor_gradient(run, rollout, weights)
        adam_step(run, run.actor_optimizer, actor.gradient)
    else:
        actor = actor_gradient(run, rollout, weights)
        critic = critic_gradient(run, rollout) if config.critic_learns else NOT_LEARNED
        if config.body == "shared":
            adam_step(run, run.actor_optimizer, actor.gradient, critic.gradient)
        else:
            adam_step(run, run.critic_optimizer, critic.gradient)
            adam_step(run, run.actor_optimizer, actor.gradient)

    episode_ends = np.array([step.terminated or step.truncated for step in run.rollout])
    policy_entropy = acting_entropy(run) if config.critic_only else actor.entropy
    run.rollout.clear()
    run.weights.clear()
    run.updates += 1
    return UpdateRecord(
        global_step=run.global_step,
        update=run.updates,
        actor_loss=actor.loss if config.actor_learns else None,
        critic_loss=critic.loss,
        entropy=policy_entropy,
        actor_gradient_norm=norm(actor.gradient) if config.actor_learns else None,
        critic_gradient_norm=norm(critic.gradient) if critic.batch is not None else None,
        actions=rollout.actions,
        returns=None,
        weights=weights,
        episode_ends=episode_ends,
        critic=critic.batch,
        conflict=conflict_between(actor.gradient, critic.gradient),
    )


class ActorGradient(NamedTuple):
    """The entropy in nats, the gradient of L(θ), and the actor's loss without the entropy bonus.

    If the actor does not learn, the gradient is empty.
    """

    loss: float
    entropy: float
    gradient: Gradient


class CriticGradient(NamedTuple):
    """The critic's loss on one batch, its gradient, and the batch."""

    loss: float | None
    gradient: Gradient
    batch: CriticBatch | None


NOT_LEARNED = CriticGradient(None, {}, None)


def learn_from_replay(run: ActorCriticRun, buffer: ReplayBuffer) -> CriticGradient:
    """Take `critic_updates` Adam steps of the critic, each on a random batch of the buffer.

    If the buffer contains too few transitions for `critic_updates` batches, the critic takes fewer
    Adam steps, or no step at all.

    Returns:
        The critic's gradient at the last Adam step; `NOT_LEARNED` if there was no step.
    """
    config = run.config
    critic = NOT_LEARNED
    if not config.critic_learns:
        return critic
    for _draw in range(min(config.critic_updates, len(buffer) // config.batch_size)):
        batch = buffer.sample(config.batch_size, run.streams.replay)
        critic = critic_gradient(run, batch)
        adam_step(run, run.critic_optimizer, critic.gradient)
    return critic


def critic_gradient(run: ActorCriticRun, batch: Transitions) -> CriticGradient:
    """Compute the critic's loss on a batch, and the gradient of value_loss_coefficient · L(φ)."""
    config, critic = run.config, run.agent.critic
    actions = torch.as_tensor(batch.actions)

    # --- Targets: y = r + γ·(1 − d)·max_b Q(s′,b)
    with torch.no_grad():
        next_values = critic(tensor(batch.next_observations))  # [B, A]
    targets = td_targets(batch.rewards, batch.terminated, next_values.numpy(), config.gamma)

    # --- Loss: mean( (y − Q(s,a))² ) + k·mean( Q(s,a) )
    with torch.enable_grad():
        q_values = critic(tensor(batch.observations))  # [B, A]
        critic_loss = td_loss(q_values, actions, tensor(targets), config.q_regularization)
        loss = config.value_loss_coefficient * critic_loss
    require_finite(run.global_step, "critic loss", critic_loss.item())

    # --- Gradient
    loss_gradient = gradient(loss, run.agent.critic_parameters)
    estimates = of_actions(q_values.detach(), actions).numpy()
    ages = run.global_step - batch.collected
    return CriticGradient(critic_loss.item(), loss_gradient, CriticBatch(estimates, targets, ages))


def actor_gradient(run: ActorCriticRun, batch: Transitions, weights: Floats) -> ActorGradient:
    """Compute the actor's loss on a batch, and the gradient of L(θ)."""
    # --- Loss: −meanₜ( wₜ·log π(aₜ|sₜ) ) − c·H
    with torch.enable_grad():
        log_pi = run.agent.policy(tensor(batch.observations))  # [T, A]
        log_probs = of_actions(log_pi, torch.as_tensor(batch.actions))  # [T]
        actor_loss = policy_gradient_loss(log_probs, tensor(weights))
        policy_entropy = entropy(log_pi)
        loss = actor_loss - run.config.entropy_coefficient * policy_entropy
    require_finite(run.global_step, "actor loss", actor_loss.item())

    # --- Gradient
    # `loss.backward()` would add up the gradients of actor and critic on a shared body. The app
    # needs two separate gradients, because it compares them.
    learns = run.config.actor_learns
    loss_gradient = gradient(loss, run.agent.actor_parameters) if learns else {}
    return ActorGradient(actor_loss.item(), policy_entropy.item(), loss_gradient)


def adam_step(run: ActorCriticRun, optimizer: torch.optim.Adam, *gradients: Gradient) -> None:
    """Take one Adam step with the sum of the gradients.

    A parameter without a gradient does not change. If `max_gradient_norm` is positive, the sum of
    the gradients is scaled down until its Euclidean norm is at most `max_gradient_norm`, as PyTorch
    does it.

    Raises:
        TrainingDiverged: the sum of the gradients is not finite. In this case, no parameter
            changes.
    """
    total: Gradient = {}
    for one in gradients:
        for parameter, derivative in one.items():
            known = total.get(parameter)
            total[parameter] = derivative if known is None else known + derivative
    if not total:
        return
    gradient_norm, max_norm = norm(total), run.config.max_gradient_norm
    require_finite(run.global_step, "gradient", gradient_norm)

    # --- Step
    optimizer.zero_grad()
    for parameter, derivative in total.items():
        # Clipping must not change the gradients of the caller.
        parameter.grad = derivative.clone() if max_norm else derivative
    if max_norm:
        nn.utils.clip_grad_norm_(total, max_norm)
    of_actor = optimizer is run.actor_optimizer  # also true of the optimiser of a shared body
    optimizer.param_groups[0]["lr"] = (
        run.config.learning_rate if of_actor else run.config.critic_learning_rate
    )
    optimizer.step()
    run.gradient_steps += 1


def acting_entropy(run: ActorCriticRun) -> float:
    """Mean entropy, in nats, of the action probabilities during the rollout."""
    probabilities = np.stack([step.action_probabilities for step in run.rollout])
    return entropy(torch.log(tensor(probabilities))).item()
