"""REINFORCE, the Monte-Carlo policy gradient (Williams 1992; Sutton & Barto 2018, section 13.3).

∇J(θ) = E[ Σₜ Gₜ · ∇log π_θ(aₜ|sₜ) ]: play whole episodes, then make every action more likely in
proportion to the return that followed it. As in the seminar, and as usual, the factor γᵗ is left
out of the gradient (Nota & Thomas 2020).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from pglab.acting import sample_action
from pglab.algorithms.run import RandomStreams, random_streams, require_finite
from pglab.config import ReinforceConfig
from pglab.environments import Environment, make_environment, sizes
from pglab.losses import entropy, policy_gradient_loss, value_loss
from pglab.networks import PolicyNetwork, ValueNetwork, gradient_norm
from pglab.progress import ProgressReading
from pglab.records import EpisodeRecord, Floats, Record, StepRecord, UpdateRecord
from pglab.returns import discounted_returns, normalized, whole_episode_returns


class StoredStep(NamedTuple):
    """What the update needs to know of one step."""

    observation: Floats
    action: int
    reward: float
    episode_end: bool


@dataclass
class ReinforceRun:
    """Everything that a run consists of between two records.

    `config` may be replaced by one that differs in settings that can change while training runs.
    """

    config: ReinforceConfig
    streams: RandomStreams
    environment: Environment
    policy: PolicyNetwork
    optimizer: torch.optim.Adam
    progress: ProgressReading
    value: ValueNetwork | None = None  # the learned baseline
    value_optimizer: torch.optim.Adam | None = None
    batch: list[StoredStep] = field(default_factory=list)
    global_step: int = 0
    episodes: int = 0
    updates: int = 0
    update_due: bool = False
    solved: bool = False

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The networks by name, for those who look at them."""
        named = {"policy": self.policy, "value": self.value}
        return {name: network for name, network in named.items() if network is not None}


def start(config: ReinforceConfig) -> ReinforceRun:
    """A run that has not taken a step yet.

    Raises:
        ConfigError: the environment cannot be used.
    """
    streams = random_streams(config.seed)
    environment = make_environment(config.env_id)
    observation_size, actions = sizes(environment)
    shape = config.hidden_sizes, config.activation, streams.weights
    policy = PolicyNetwork(observation_size, actions, *shape)
    run = ReinforceRun(
        config=config,
        streams=streams,
        environment=environment,
        policy=policy,
        optimizer=torch.optim.Adam(policy.parameters(), lr=config.learning_rate),
        progress=ProgressReading(
            config.eval_interval, config.smoothing_window, config.success_return
        ),
    )
    if config.baseline == "value":
        run.value = ValueNetwork(observation_size, *shape)
        run.value_optimizer = torch.optim.Adam(
            run.value.parameters(), lr=config.value_learning_rate
        )
    return run


def reinforce(run: ReinforceRun) -> Iterator[Record]:
    """Train, yielding a record of every step, episode and update, in this order within a step.

    Ends at `total_steps` or when solved.

    Raises:
        TrainingDiverged: a probability, the loss or the gradient is no longer finite.
    """
    observation, _ = run.environment.reset(seed=run.streams.environment_seed)
    episode_return, length, ended_episodes = 0.0, 0, 0

    while run.global_step < run.config.total_steps and not (
        run.solved and run.config.stop_when_solved
    ):
        # --- Act: sample aₜ from π(·|sₜ)
        with torch.inference_mode():
            log_probabilities = run.policy(
                torch.as_tensor(observation, dtype=torch.float32)
            ).numpy()
        probabilities = np.exp(log_probabilities)
        action = sample_action(probabilities, run.streams.actions)
        log_prob = float(log_probabilities[action])
        require_finite(run.global_step, log_probability=log_prob)

        # --- Step: the environment answers with rₜ and sₜ₊₁
        next_observation, reward, terminated, truncated, _ = run.environment.step(action)
        episode_end = terminated or truncated
        run.global_step += 1
        length += 1
        episode_return += float(reward)
        ended_episodes += episode_end
        run.batch.append(StoredStep(observation, action, float(reward), episode_end))
        run.progress.step(run.global_step)
        run.update_due = (
            episode_end
            and ended_episodes >= run.config.episodes_per_update
            and len(run.batch) >= run.config.min_batch_steps
        )
        yield StepRecord(
            run.global_step,
            run.episodes + 1,
            observation,
            action,
            probabilities,
            log_prob,
            float(reward),
            terminated,
            truncated,
            next_observation,
        )
        observation = next_observation

        # --- Episode
        if episode_end:
            run.episodes += 1
            reading = run.progress.episode(episode_return)
            run.solved = run.solved or run.progress.solved_at(reading)
            yield EpisodeRecord(
                run.global_step,
                run.episodes,
                episode_return,
                length,
                truncated and not terminated,
                reading,
                run.solved,
            )
            observation, _ = run.environment.reset()
            episode_return, length = 0.0, 0

        # --- Update
        if run.update_due:
            yield update(run)
            ended_episodes = 0


def update(run: ReinforceRun) -> UpdateRecord:
    """One gradient step on the stored episodes, which are then dropped.

    L = −meanₜ( wₜ · log π(aₜ|sₜ) ) − entropy_coefficient · H, with wₜ = Gₜ unless the settings
    say otherwise. The policy has not changed since it acted, so log π is computed here, for the
    whole batch at once.
    """
    config = run.config
    observations = torch.as_tensor(
        np.stack([step.observation for step in run.batch]), dtype=torch.float32
    )
    actions = np.array([step.action for step in run.batch])
    rewards = np.array([step.reward for step in run.batch])
    episode_ends = np.array([step.episode_end for step in run.batch])

    # --- Returns and weights
    if config.return_form == "whole_episode":
        returns = whole_episode_returns(rewards, episode_ends, config.gamma)
    else:
        returns = discounted_returns(rewards, episode_ends, config.gamma)
    weights = returns - baseline(run, observations, returns)
    if config.normalize_returns:
        weights = normalized(weights)

    # --- Loss and gradient
    log_probabilities = run.policy(observations)
    log_probs = log_probabilities[torch.arange(len(actions)), torch.as_tensor(actions)]
    actor_loss = policy_gradient_loss(log_probs, torch.as_tensor(weights, dtype=torch.float32))
    policy_entropy = entropy(log_probabilities)
    actor_norm = descend(
        run,
        run.policy,
        run.optimizer,
        config.learning_rate,
        actor_loss - config.entropy_coefficient * policy_entropy,
    )
    critic_loss, critic_norm = fit_value(run, observations, returns)

    run.batch.clear()
    run.updates += 1
    run.update_due = False
    return UpdateRecord(
        global_step=run.global_step,
        update=run.updates,
        actor_loss=actor_loss.item(),
        critic_loss=critic_loss,
        entropy=policy_entropy.item(),
        actor_gradient_norm=actor_norm,
        critic_gradient_norm=critic_norm,
        actions=actions,
        returns=returns,
        weights=weights,
        episode_ends=episode_ends,
    )


def baseline(run: ReinforceRun, observations: Tensor, returns: Floats) -> Floats | float:
    """What is subtracted from the returns: nothing, their mean, or V(sₜ) as it stands now."""
    match run.config.baseline:
        case "mean":
            return float(returns.mean())
        case "value":
            assert run.value is not None
            with torch.no_grad():
                return run.value(observations).double().numpy()  # type: ignore[no-any-return]
        case _:
            return 0.0


def fit_value(
    run: ReinforceRun, observations: Tensor, returns: Floats
) -> tuple[float | None, float | None]:
    """One step of the learned baseline toward the returns; its loss and gradient norm, if any."""
    if run.value is None or run.value_optimizer is None:
        return None, None
    loss = value_loss(run.value(observations), torch.as_tensor(returns, dtype=torch.float32))
    norm = descend(run, run.value, run.value_optimizer, run.config.value_learning_rate, loss)
    return loss.item(), norm


def descend(
    run: ReinforceRun,
    network: nn.Module,
    optimizer: torch.optim.Adam,
    learning_rate: float,
    loss: Tensor,
) -> float:
    """One Adam step down the loss; the norm of its gradient. Nothing changes if it diverged."""
    optimizer.param_groups[0]["lr"] = learning_rate
    optimizer.zero_grad()
    loss.backward()
    norm = gradient_norm(network)
    require_finite(run.global_step, loss=loss.item(), gradient=norm)
    optimizer.step()
    return norm
