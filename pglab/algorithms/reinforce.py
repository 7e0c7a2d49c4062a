"""REINFORCE, the Monte-Carlo policy gradient (Williams 1992; Sutton & Barto 2018, section 13.3).

∇J(θ) = E[ Σₜ Gₜ · ∇log π_θ(aₜ|sₜ) ]

After whole episodes, the agent makes each action more likely, in proportion to the return that
followed this action. Like most implementations (Nota & Thomas 2020), the seminar and this file
leave the factor γᵗ out of the gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pglab.algorithms.descent import ActorGradient, descend
from pglab.algorithms.gradients import gradient, norm
from pglab.algorithms.run import Run, common_parts, end_episode, require_finite, take_step, tensor
from pglab.config import ReinforceConfig
from pglab.environments import sizes
from pglab.losses import entropy, of_actions, policy_gradient_loss, value_loss
from pglab.networks import Body, PolicyNetwork, ValueNetwork
from pglab.records import Floats, Record, StepRecord, UpdateRecord
from pglab.returns import discounted_returns, normalized, whole_episode_returns


@dataclass(kw_only=True)
class ReinforceRun(Run[ReinforceConfig]):
    """The state of one run of REINFORCE."""

    policy: PolicyNetwork
    optimizer: torch.optim.Adam
    value: ValueNetwork | None = None  # the learned baseline
    value_optimizer: torch.optim.Adam | None = None
    batch: list[StepRecord] = field(default_factory=list)
    ended_episodes: int = 0  # number of episodes in the batch

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The networks by name: the policy, and the learned baseline if there is one."""
        named = {"policy": self.policy, "value": self.value}
        return {name: network for name, network in named.items() if network is not None}


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
    run = ReinforceRun(
        policy=policy,
        optimizer=torch.optim.Adam(policy.parameters(), lr=config.learning_rate),
        **parts,
    )
    if config.baseline == "value":
        run.value = ValueNetwork(Body(*shape), weights)
        run.value_optimizer = torch.optim.Adam(
            run.value.parameters(), lr=config.value_learning_rate
        )
    return run


def reinforce(run: ReinforceRun) -> Iterator[Record]:
    """Train the agent, and yield a record of every step, every episode and every update.

    One environment step yields up to three records, in the order step, episode, update. Training
    ends after `total_steps` steps or, with `stop_when_solved`, when the task is solved.

    Raises:
        TrainingDiverged: a probability, the loss or the gradient is no longer finite.
    """
    while not run.over:
        # --- Act: sample aₜ from π(·|sₜ)
        with torch.inference_mode():
            log_probabilities = run.policy(tensor(run.observation)).numpy()
        step = take_step(run, log_probabilities)
        run.batch.append(step)
        run.ended_episodes += step.ended
        run.update_due = (
            step.ended
            and run.ended_episodes >= run.config.episodes_per_update
            and len(run.batch) >= run.config.min_batch_steps
        )
        yield step

        # --- Episode
        if step.ended:
            yield end_episode(run, step)

        # --- Update
        if run.update_due:
            yield update(run)


def update(run: ReinforceRun) -> UpdateRecord:
    """Take one gradient step on the stored episodes, then delete these episodes.

    By default, wₜ = Gₜ. Settings can choose another return, subtract a baseline, or normalise wₜ.
    """
    config = run.config
    observations = np.array([step.observation for step in run.batch])
    actions = np.array([step.action for step in run.batch])
    rewards = np.array([step.reward for step in run.batch])
    episode_ends = np.array([step.ended for step in run.batch])

    # --- Returns and weights
    if config.return_form == "whole_episode":
        returns = whole_episode_returns(rewards, episode_ends, config.gamma)
    else:
        returns = discounted_returns(rewards, episode_ends, config.gamma)
    weights = returns - baseline(run, observations, returns)
    if config.normalize_returns:
        weights = normalized(weights)

    # --- Loss and gradient
    actor = policy_gradient(run, observations, actions, weights)
    descend(run, run.optimizer, config.learning_rate, actor.gradient)
    critic_loss, critic_norm = fit_value(run, observations, returns)

    run.batch.clear()
    run.ended_episodes = 0
    run.updates += 1
    run.update_due = False
    return UpdateRecord(
        global_step=run.global_step,
        update=run.updates,
        actor_loss=actor.loss,
        critic_loss=critic_loss,
        entropy=actor.entropy,
        actor_gradient_norm=norm(actor.gradient),
        critic_gradient_norm=critic_norm,
        actions=actions,
        returns=returns,
        weights=weights,
        episode_ends=episode_ends,
    )


def policy_gradient(
    run: ReinforceRun, observations: Floats, actions: NDArray[np.int64], weights: Floats
) -> ActorGradient:
    """Compute the gradient of −meanₜ( wₜ · log π(aₜ|sₜ) ) − entropy_coefficient · entropy(π)."""
    # The policy has not changed since it chose the actions, so log π is computed only here, for
    # the whole batch at once.
    coefficient = run.config.entropy_coefficient
    log_probabilities = run.policy(tensor(observations))
    log_probs = of_actions(log_probabilities, torch.as_tensor(actions))
    actor_loss = policy_gradient_loss(log_probs, tensor(weights))
    policy_entropy = entropy(log_probabilities)
    require_finite(run.global_step, "loss", actor_loss.item())
    actor_gradient = gradient(
        actor_loss - coefficient * policy_entropy, list(run.policy.parameters())
    )
    return ActorGradient(actor_loss.item(), policy_entropy.item(), actor_gradient)


def baseline(run: ReinforceRun, observations: Floats, returns: Floats) -> Floats | float:
    """The baseline, which is subtracted from the returns: 0, their mean, or V(sₜ) of each step."""
    match run.config.baseline:
        case "mean":
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
        The loss of V and the norm of its gradient; both are None if there is no V.
    """
    if run.value is None or run.value_optimizer is None:
        return None, None
    rate = run.config.value_learning_rate
    loss = value_loss(run.value(tensor(observations)), tensor(returns))
    require_finite(run.global_step, "loss", loss.item())
    value_gradient = gradient(loss, list(run.value.parameters()))
    descend(run, run.value_optimizer, rate, value_gradient)
    return loss.item(), norm(value_gradient)
