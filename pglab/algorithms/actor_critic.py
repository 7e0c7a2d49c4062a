"""Actor-critic with an action-value critic (Konda & Tsitsiklis 1999; Sutton & Barto 2018, 13.5).

The actor follows the gradient meanₜ( wₜ · ∇log π_θ(aₜ|sₜ) ). In REINFORCE, wₜ comes from the
return after step t. In an actor-critic, wₜ comes from a critic Q_φ, which learns at the same time
as the actor, so the agent does not wait for the end of an episode.

If wₜ were the true Q^π, or Q^π minus any function of the state, the actor would follow the policy
gradient without the factor γᵗ. The critic's Q_φ is only an estimate, so the actor follows only an
approximation of the policy gradient. The critic's target takes the maximum over the next actions,
so Q_φ approaches Q* instead of Q^π. The seminar's weight wₜ = Q − max Q subtracts a valid baseline
from Q, but it is never positive, so it is not the advantage.

The settings `body` and `critic_data` give four agents. The actor and the critic share one body, or
each of them has its own body. The critic learns from the steps just taken, or from a replay buffer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from pglab.algorithms.descent import ActorGradient, descend
from pglab.algorithms.gradients import Gradient, conflict_between, gradient, norm
from pglab.algorithms.run import Run, common_parts, end_episode, require_finite, take_step, tensor
from pglab.config import ActorCriticConfig
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
from pglab.records import CriticBatch, Record, StepRecord, UpdateRecord
from pglab.replay_buffer import ReplayBuffer, Transitions, transitions
from pglab.returns import policy_signal, td_targets

EPSILON = 0.05  # probability of a random action, if the critic acts instead of the actor


@dataclass(kw_only=True)
class ActorCriticRun(Run[ActorCriticConfig]):
    """The state of one run of an actor-critic.

    With a shared body, `actor_optimizer` and `critic_optimizer` are the same object.
    """

    agent: ActorCriticNetwork
    actor_optimizer: torch.optim.Adam
    critic_optimizer: torch.optim.Adam
    buffer: ReplayBuffer | None
    rollout: list[StepRecord] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)  # wₜ of each step in the rollout

    def __post_init__(self) -> None:
        """Make the ε-greedy policy, which chooses the actions if `critic_only` is set."""
        self.greedy = EpsilonGreedyPolicy(self.agent.critic, EPSILON)

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The networks by name; the network named `policy` chooses the actions."""
        acting = self.greedy if self.config.critic_only else self.agent.policy
        return {"policy": acting, "critic": self.agent.critic, "agent": self.agent}


def start(config: ActorCriticConfig) -> ActorCriticRun:
    """Make a new run that has not taken a step yet.

    Raises:
        ConfigError: the environment cannot be used.
    """
    parts = common_parts(config)
    observation_size, actions = sizes(parts["environment"])
    agent = make_agent(config, observation_size, actions, parts["streams"].weights)
    actor_optimizer = critic_optimizer = adam(agent)
    if config.body == "split":
        actor_optimizer, critic_optimizer = adam(agent.policy), adam(agent.critic)
    replay = config.critic_data == "replay"
    return ActorCriticRun(
        agent=agent,
        actor_optimizer=actor_optimizer,
        critic_optimizer=critic_optimizer,
        buffer=ReplayBuffer(config.replay_capacity, observation_size) if replay else None,
        **parts,
    )


def adam(network: nn.Module) -> torch.optim.Adam:
    """Make the optimiser for all parameters of a network."""
    # A fused Adam step is faster, and the agent may take one at every environment step.
    return torch.optim.Adam(network.parameters(), fused=True)


def make_agent(
    config: ActorCriticConfig, observation_size: int, actions: int, generator: torch.Generator
) -> ActorCriticNetwork:
    """Make the actor and the critic, with one shared body or with two split bodies."""
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

    One environment step yields up to three records, in the order step, episode, update. Training
    ends after `total_steps` steps or, with `stop_when_solved`, when the task is solved.

    Raises:
        TrainingDiverged: a probability, a loss or a gradient is no longer finite.
    """
    while not run.over:
        # --- Act: sample aₜ from π(·|sₜ), and let the critic judge it
        with torch.inference_mode():
            log_pi, q = run.agent(tensor(run.observation))
            if run.config.critic_only:
                log_pi = run.greedy.of_values(q)
            log_probabilities, q_values = log_pi.numpy(), q.numpy()
        step = take_step(run, log_probabilities)
        weight = policy_signal(
            run.config.policy_signal, q_values, step.action_probabilities, step.action
        )
        run.rollout.append(step)
        run.weights.append(weight)
        if run.buffer is not None:
            run.buffer.add(step)
        run.update_due = len(run.rollout) >= run.config.rollout_steps
        yield step

        # --- Episode
        if step.ended:
            yield end_episode(run, step)

        # --- Update
        if run.update_due:
            yield update(run)


def update(run: ActorCriticRun) -> UpdateRecord:
    """Learn from the rollout, then delete it. With replay, the critic learns before the actor."""
    config = run.config
    rollout = transitions(run.rollout)
    weights = np.array(run.weights)
    if run.buffer is None:
        actor, critic = learn_together(run, rollout, weights)
    else:
        critic = learn_from_replay(run, run.buffer)
        # If the body is shared, the critic's steps have changed log π, so the actor computes log π
        # again, and the data of the actor are slightly off-policy.
        actor = learn_actor(run, rollout, weights)

    record = UpdateRecord(
        global_step=run.global_step,
        update=run.updates + 1,
        actor_loss=actor.loss if config.actor_learns else None,
        critic_loss=None if critic is None else critic.loss,
        entropy=acting_entropy(run) if config.critic_only else actor.entropy,
        actor_gradient_norm=norm(actor.gradient) if config.actor_learns else None,
        critic_gradient_norm=None if critic is None else norm(critic.gradient),
        actions=rollout.actions,
        returns=None,
        weights=weights,
        episode_ends=np.array([step.ended for step in run.rollout]),
        critic=None if critic is None else critic.batch,
        conflict=None if critic is None else conflict_between(actor.gradient, critic.gradient),
    )
    run.rollout.clear()
    run.weights.clear()
    run.updates += 1
    run.update_due = False
    return record


class CriticGradient(NamedTuple):
    """The critic's loss on one batch, the critic's gradient, and the batch."""

    loss: float
    gradient: Gradient
    batch: CriticBatch


def learn_together(
    run: ActorCriticRun, rollout: Transitions, weights: np.ndarray
) -> tuple[ActorGradient, CriticGradient | None]:
    """Train the actor and the critic on the same steps, as in every update without replay.

    If the body is shared, take one Adam step on the sum of the two gradients. If the bodies are
    split, take one Adam step for each network.
    """
    actor = actor_gradient(run, rollout, weights)
    critic = critic_gradient(run, rollout) if run.config.critic_learns else None
    of_critic = {} if critic is None else critic.gradient
    if run.actor_optimizer is run.critic_optimizer:
        adam_step(run, run.actor_optimizer, actor.gradient, of_critic)
    else:
        adam_step(run, run.critic_optimizer, of_critic)
        adam_step(run, run.actor_optimizer, actor.gradient)
    return actor, critic


def learn_from_replay(run: ActorCriticRun, buffer: ReplayBuffer) -> CriticGradient | None:
    """Take `critic_updates` Adam steps of the critic, each on a random batch of the buffer.

    As long as the buffer contains too few transitions for `critic_updates` batches, the critic
    takes fewer steps, or no step at all.

    Returns:
        The gradient of the last step; None if there was no step.
    """
    size = run.config.batch_size
    critic = None
    if not run.config.critic_learns:
        return None
    for _draw in range(min(run.config.critic_updates, len(buffer) // size)):
        batch = buffer.sample(size, run.streams.replay)
        critic = critic_gradient(run, batch)
        adam_step(run, run.critic_optimizer, critic.gradient)
    return critic


def learn_actor(run: ActorCriticRun, rollout: Transitions, weights: np.ndarray) -> ActorGradient:
    """Take one Adam step of the actor on the rollout."""
    actor = actor_gradient(run, rollout, weights)
    adam_step(run, run.actor_optimizer, actor.gradient)
    return actor


def actor_gradient(run: ActorCriticRun, rollout: Transitions, weights: np.ndarray) -> ActorGradient:
    """Compute the gradient of −meanₜ( wₜ · log π(aₜ|sₜ) ) − entropy_coefficient · entropy(π)."""
    log_probabilities = run.agent.policy(tensor(rollout.observations))
    log_probs = of_actions(log_probabilities, torch.as_tensor(rollout.actions))
    loss = policy_gradient_loss(log_probs, tensor(weights))
    policy_entropy = entropy(log_probabilities)
    require_finite(run.global_step, "actor loss", loss.item())
    loss_gradient: Gradient = {}
    if run.config.actor_learns:
        total = loss - run.config.entropy_coefficient * policy_entropy
        loss_gradient = gradient(total, run.agent.actor_parameters)
    return ActorGradient(loss.item(), policy_entropy.item(), loss_gradient)


def critic_gradient(run: ActorCriticRun, batch: Transitions) -> CriticGradient:
    """Compute the critic's loss on a batch, and the gradient of value_loss_coefficient · loss."""
    q_values = run.agent.critic(tensor(batch.observations))
    with torch.no_grad():
        next_values = run.agent.critic(tensor(batch.next_observations)).numpy()
    targets = td_targets(batch.rewards, batch.terminated, next_values, run.config.gamma)
    actions = torch.as_tensor(batch.actions)
    loss = td_loss(q_values, actions, tensor(targets), run.config.q_regularization)
    require_finite(run.global_step, "critic loss", loss.item())
    estimates = of_actions(q_values.detach(), actions).numpy()
    loss_gradient = gradient(run.config.value_loss_coefficient * loss, run.agent.critic_parameters)
    ages = run.global_step - batch.collected
    return CriticGradient(loss.item(), loss_gradient, CriticBatch(estimates, targets, ages))


def adam_step(run: ActorCriticRun, optimizer: torch.optim.Adam, *gradients: Gradient) -> None:
    """Add the gradients and take one Adam step with the sum, at the optimiser's learning rate."""
    separate = optimizer is not run.actor_optimizer
    rate = run.config.critic_learning_rate if separate else run.config.learning_rate
    if any(gradients):
        descend(run, optimizer, rate, *gradients, max_norm=run.config.max_gradient_norm)


def acting_entropy(run: ActorCriticRun) -> float:
    """Mean entropy, in nats, of the action probabilities during the rollout."""
    probabilities = np.stack([step.action_probabilities for step in run.rollout])
    return entropy(torch.log(tensor(probabilities))).item()
