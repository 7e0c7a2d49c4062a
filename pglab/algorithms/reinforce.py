"""REINFORCE, the Monte-Carlo policy gradient (Williams 1992; Sutton & Barto 2018, section 13.3).

After whole episodes, the agent makes each action more likely, in proportion to the return that
followed this action. An update learns from all T steps of these episodes:

Gₜ = rₜ + γ·Gₜ₊₁; at the last step of a terminated or truncated episode, Gₜ = rₜ
wₜ = Gₜ − b(sₜ), with a baseline b that is 0 by default
L(θ) = −1/T · Σₜ wₜ·log π_θ(aₜ|sₜ) − c·H, with an entropy bonus c that is 0 by default
θ ← Adam(θ, ∇L(θ))

H is the mean entropy of π_θ(·|sₜ) over the T steps. If the baseline b is a learned V, the update
also takes one Adam step of V on the loss 1/T · Σₜ (Gₜ − V(sₜ))².

Two settings are off by default. One setting uses the episode's G₀ instead of Gₜ at every step
of an episode. The other setting shifts and scales the T weights to mean 0 and standard deviation 1.

Like most implementations (Nota & Thomas 2020), the seminar and this file leave the factor γᵗ out of
the gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from pglab.algorithms.gradients import gradient_of, norm
from pglab.algorithms.run import (
    Run,
    adam,
    common_parts,
    end_episode,
    require_finite,
    take_step,
    tensor,
)
from pglab.config import ReinforceConfig
from pglab.environments import sizes
from pglab.losses import entropy, of_actions, policy_gradient_loss, value_loss
from pglab.networks import Body, PolicyNetwork, ValueNetwork
from pglab.records import Floats, Record, StepRecord, UpdateRecord
from pglab.replay_buffer import Transitions, transitions
from pglab.returns import discounted_returns, normalized, whole_episode_returns


@dataclass(kw_only=True)
class ReinforceRun(Run[ReinforceConfig]):
    """The state of one training run of REINFORCE."""

    policy: PolicyNetwork
    optimizer: torch.optim.Adam
    value: ValueNetwork | None = None  # the learned baseline
    value_optimizer: torch.optim.Adam | None = None
    batch: list[StepRecord] = field(default_factory=list)

    @property
    def networks(self) -> dict[str, nn.Module]:
        """Maps names to networks: `policy`, and `value` if there is a learned baseline V."""
        named = {"policy": self.policy, "value": self.value}
        return {name: network for name, network in named.items() if network is not None}

    @property
    def ended_episodes(self) -> int:
        """Number of episodes in the batch that have ended."""
        return sum(step.ended for step in self.batch)

    @property
    def update_due(self) -> bool:
        """True if the batch has enough steps and episodes, and its last episode has ended."""
        return (
            len(self.batch) >= self.config.min_batch_steps
            and self.batch[-1].ended
            and self.ended_episodes >= self.config.episodes_per_update
        )


def start(config: ReinforceConfig) -> ReinforceRun:
    """Make a new run that has not taken a step yet.

    Raises:
        ConfigError: the environment cannot be used.
    """
    parts = common_parts(config)
    observation_size, actions = sizes(parts["environment"])
    weights = parts["streams"].weights
    shape = observation_size, config.hidden_sizes, config.activation, weights
    policy = PolicyNetwork(Body(*shape), actions, weights)
    run = ReinforceRun(policy=policy, optimizer=adam(policy, config.learning_rate), **parts)
    if config.baseline == "value":
        run.value = ValueNetwork(Body(*shape), weights)
        run.value_optimizer = adam(run.value, config.value_learning_rate)
    return run


def reinforce(run: ReinforceRun) -> Iterator[Record]:
    """Train the agent, and yield a record of every step, every episode and every update.

    One environment step yields one to three records, in the order step, episode, update. Training
    ends after `total_steps` steps. With `stop_when_solved`, training ends earlier if the task is
    solved.

    Raises:
        TrainingDiverged: a probability, the loss or the gradient is no longer finite.
    """
    while not run.over:
        # --- Act: sample aₜ from π(·|sₜ)
        observation = tensor(run.observation)
        with torch.no_grad():
            log_pi = run.policy(observation)
        step = take_step(run, log_pi.numpy())

        # --- Store
        run.batch.append(step)
        yield step

        # --- Episode
        if step.ended:
            yield end_episode(run, step)

        # --- Update
        if run.update_due:
            yield update(run)


def update(run: ReinforceRun) -> UpdateRecord:
    """Learn from the episodes in the batch, then delete them."""
    config = run.config
    batch = transitions(run.batch)
    episode_ends = np.array([step.terminated or step.truncated for step in run.batch])

    # --- Returns: no reward or estimate after the end of an episode counts
    if config.return_form == "reward_to_go":  # Gₜ = rₜ + γ·Gₜ₊₁
        returns = discounted_returns(batch.rewards, episode_ends, config.gamma)
    else:  # every step of an episode gets the episode's G₀
        returns = whole_episode_returns(batch.rewards, episode_ends, config.gamma)

    # --- Weights: wₜ = Gₜ − b(sₜ)
    weights = returns - baseline(run, batch.observations, returns)
    if config.normalize_returns:
        weights = normalized(weights)  # mean 0, standard deviation 1

    actor_loss, policy_entropy, actor_norm = learn(run, batch, weights)
    critic_loss, critic_norm = fit_value(run, batch.observations, returns)

    run.batch.clear()
    run.updates += 1
    return UpdateRecord(
        global_step=run.global_step,
        update=run.updates,
        actor_loss=actor_loss,
        critic_loss=critic_loss,
        entropy=policy_entropy,
        actor_gradient_norm=actor_norm,
        critic_gradient_norm=critic_norm,
        actions=batch.actions,
        returns=returns,
        weights=weights,
        episode_ends=episode_ends,
    )


def learn(run: ReinforceRun, batch: Transitions, weights: Floats) -> tuple[float, float, float]:
    """Take one Adam step of the policy with the gradient of L(θ).

    Returns:
        L (without the entropy bonus), the entropy H in nats, and the norm of the gradient.
    """
    # --- Loss: −meanₜ( wₜ·log π(aₜ|sₜ) ) − c·H
    # The policy has not changed since the agent acted, so log π can be computed for the whole batch
    # at once.
    with torch.enable_grad():
        log_pi = run.policy(tensor(batch.observations))  # [T, A]
        log_probs = of_actions(log_pi, torch.as_tensor(batch.actions))  # [T]
        actor_loss = policy_gradient_loss(log_probs, tensor(weights))
        policy_entropy = entropy(log_pi)
        loss = actor_loss - run.config.entropy_coefficient * policy_entropy
    require_finite(run.global_step, "loss", actor_loss.item())

    # --- Gradient
    run.optimizer.zero_grad()
    loss.backward()
    gradient_norm = norm(gradient_of(run.policy))
    require_finite(run.global_step, "gradient", gradient_norm)

    # --- Step
    run.optimizer.param_groups[0]["lr"] = run.config.learning_rate  # may change during training
    run.optimizer.step()
    run.gradient_steps += 1
    return actor_loss.item(), policy_entropy.item(), gradient_norm


def baseline(run: ReinforceRun, observations: Floats, returns: Floats) -> Floats | float:
    """The baseline b: 0, the mean of the returns, or a learned V(sₜ).

    Normalised weights have mean 0 anyway. So with them, the baseline "mean" is 0.
    """
    match run.config.baseline:
        case "mean" if not run.config.normalize_returns:
            return float(returns.mean())
        case "value":
            assert run.value is not None
            with torch.no_grad():
                return run.value(tensor(observations)).double().numpy()  # type: ignore[no-any-return]
        case _:
            return 0.0


def fit_value(
    run: ReinforceRun, observations: Floats, returns: Floats
) -> tuple[float | None, float | None]:
    """Take one Adam step that moves the learned baseline V toward the returns.

    Returns:
        The loss of V, and the norm of this loss's gradient. If there is no V, both numbers are
        None.
    """
    if run.value is None or run.value_optimizer is None:
        return None, None
    # --- Loss: meanₜ( (Gₜ − V(sₜ))² )
    with torch.enable_grad():
        loss = value_loss(run.value(tensor(observations)), tensor(returns))
    require_finite(run.global_step, "loss", loss.item())

    # --- Gradient
    run.value_optimizer.zero_grad()
    loss.backward()
    gradient_norm = norm(gradient_of(run.value))
    require_finite(run.global_step, "gradient", gradient_norm)

    # --- Step
    run.value_optimizer.param_groups[0]["lr"] = run.config.value_learning_rate
    run.value_optimizer.step()
    run.gradient_steps += 1
    return loss.item(), gradient_norm
