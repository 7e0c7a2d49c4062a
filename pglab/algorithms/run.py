"""The code that all algorithms use: random streams, counters, steps and ends of episodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Generic

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pglab.algorithms.solved_reading import SeminarReading
from pglab.config import AnyConfig, RunConfig
from pglab.config.fixed import ADAM_BETAS, ADAM_EPSILON
from pglab.environments import Environment, make_environment
from pglab.language import _
from pglab.records import EpisodeRecord, Floats, StepRecord


class TrainingDiverged(ArithmeticError):
    """Training produced a number that is not finite."""


@dataclass(frozen=True)
class RandomStreams:
    """The random streams of one run. No other run uses these streams."""

    environment_seed: int
    weights: torch.Generator  # for the initial parameters of the networks
    actions: np.random.Generator
    replay: np.random.Generator


def random_streams(seed: int) -> RandomStreams:
    """Make independent streams for environment, initial parameters, actions and replay buffer."""
    environment, weights, actions, replay = np.random.SeedSequence(seed).spawn(4)
    return RandomStreams(
        environment_seed=int(environment.generate_state(1)[0]),
        weights=torch.Generator().manual_seed(int(weights.generate_state(1, np.uint64)[0] >> 1)),
        actions=np.random.default_rng(actions),
        replay=np.random.default_rng(replay),
    )


@dataclass(kw_only=True)
class Run(Generic[AnyConfig]):
    """The part of a run's state that all algorithms need.

    Subclasses add the networks and optimisers of an algorithm. During training, a new configuration
    may replace `config`, but only settings with `changes_while_running` may differ from `config`.
    """

    config: AnyConfig
    streams: RandomStreams
    environment: Environment
    reading: SeminarReading
    observation: Floats  # [D], the current observation, before the next action
    episode_return: float = 0.0
    length: int = 0
    global_step: int = 0
    episodes: int = 0
    updates: int = 0
    gradient_steps: int = 0  # steps of all optimisers together
    solved: bool = False

    @property
    def over(self) -> bool:
        """True if the run has ended and takes no more steps."""
        stopped = self.solved and self.config.stop_when_solved
        return stopped or self.global_step >= self.config.total_steps


def common_parts(config: RunConfig) -> dict[str, Any]:
    """Make the fields of `Run` for a new run, as a mapping from names to values.

    Raises:
        ConfigError: the environment cannot be used.
    """
    streams = random_streams(config.seed)
    environment = make_environment(config.env_id)
    observation, _info = environment.reset(seed=streams.environment_seed)
    return {
        "config": config,
        "streams": streams,
        "environment": environment,
        "reading": SeminarReading(
            config.eval_interval, config.smoothing_window, config.success_return
        ),
        "observation": observation,
    }


def take_step(run: Run[Any], log_pi: Floats) -> StepRecord:
    """Sample aₜ from π(·|sₜ), and get rₜ and sₜ₊₁ from the environment.

    Args:
        run: the run. This function advances the run by one step.
        log_pi: [A] log π of every action, given `run.observation`.

    Raises:
        TrainingDiverged: the log-probability of the action is not finite.
    """
    probabilities = np.exp(log_pi)
    action = sample_action(probabilities, run.streams.actions)
    log_prob = float(log_pi[action])
    require_finite(run.global_step, "log probability", log_prob)
    observation = run.observation
    run.observation, reward, terminated, truncated, _info = run.environment.step(action)
    run.global_step += 1
    run.length += 1
    run.episode_return += float(reward)
    run.reading.step(run.global_step)
    return StepRecord(
        run.global_step,
        run.episodes + 1,
        observation,
        action,
        probabilities,
        log_prob,
        float(reward),
        terminated,
        truncated,
        run.observation,
    )


def sample_action(probabilities: NDArray[np.floating], generator: np.random.Generator) -> int:
    """Draw an action with the given probabilities.

    The result is the first action at which the running sum of the probabilities, as a share of
    the whole sum, exceeds a random number between 0 and 1. `generator.choice(A, p=probabilities)`
    gives the same actions, but takes longer.

    Args:
        probabilities: [A] π(·|s). Each probability is at least 0. Their sum is 1, apart
            from rounding.
        generator: the source of randomness. Each call draws exactly one random number.
    """
    draw, sums = generator.random(), list(accumulate(probabilities.tolist()))
    for action, reached in enumerate(sums):
        if draw < reached / sums[-1]:
            return action
    return len(sums) - 1  # the probabilities are not finite


def end_episode(run: Run[Any], last: StepRecord) -> EpisodeRecord:
    """Make the record of the episode that ended with the step `last`. Begin the next episode."""
    run.episodes += 1
    reading = run.reading.episode(run.episode_return)
    run.solved = run.solved or run.reading.solved_at(reading)
    record = EpisodeRecord(
        run.global_step,
        run.episodes,
        run.episode_return,
        run.length,
        last.truncated and not last.terminated,
        reading,
        run.solved,
    )
    run.observation, _info = run.environment.reset()
    run.episode_return, run.length = 0.0, 0
    return record


def adam(network: nn.Module, learning_rate: float) -> torch.optim.Adam:
    """Make the Adam optimiser of a network's parameters."""
    return torch.optim.Adam(
        network.parameters(), lr=learning_rate, betas=ADAM_BETAS, eps=ADAM_EPSILON
    )


def tensor(array: Floats) -> Tensor:
    """Convert an array to a tensor in single precision, because the networks use this precision."""
    return torch.as_tensor(array, dtype=torch.float32)


def require_finite(global_step: int, name: str, quantity: float) -> None:
    """Raise an error if a quantity is infinite or not a number.

    Raises:
        TrainingDiverged: the message names the quantity and the step.
    """
    if not math.isfinite(quantity):
        raise TrainingDiverged(
            _(
                "Training stopped at step {step:,}: the {quantity} is no longer a finite "
                "number. Choose a smaller learning rate, then reset."
            ).format(step=global_step, quantity=name)
        )
