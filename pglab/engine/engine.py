"""Trains a run in compiled code, one stretch (part of the run) after another.

The compiled code uses the memory of PyTorch's tensors. So compiled code and the PyTorch code of
`pglab.algorithms` can take turns: after each stretch, either code can continue the run.
"""

from __future__ import annotations

import logging
import math
import time
from functools import cache
from typing import Any

import numpy as np
import torch
from numba.core.errors import NumbaError
from torch import nn

from pglab.algorithms.actor_critic import ActorCriticRun
from pglab.algorithms.agents import AgentRun, begin
from pglab.algorithms.reinforce import ReinforceRun
from pglab.algorithms.run import require_finite
from pglab.config import ActorCriticConfig, ReinforceConfig, RunConfig
from pglab.engine.columns import columns, step_columns, trimmed
from pglab.engine.drawn_ahead import DrawnAhead
from pglab.engine.kernels import dynamics, steps
from pglab.engine.kernels.actor_critic import actor_critic
from pglab.engine.kernels.adam import AdamConstants
from pglab.engine.kernels.reinforce import reinforce
from pglab.engine.kernels.updates import Networks
from pglab.engine.memory import Room, layers_of, moved
from pglab.engine.settings import actor_critic_settings, common_settings, reinforce_settings
from pglab.environments import sizes, time_limit_of
from pglab.language import N_
from pglab.records import StepRecord
from pglab.replay_buffer import ReplayBuffer
from pglab.stretch import Stretch, copied, rows_of, step_records

MOST_STEPS = 4_096  # the largest number of environment steps in one call
MOST_CRITIC_ROWS = 16_384  # transitions drawn for the critic in one call; one update may need more
SPARE = 256  # free rows of a rollout between two calls, in addition to the stored steps
NO_LIMIT = 2**62
LOADING = N_(
    "Loading the compiled training code (the first start compiles it in up to a minute) ..."
)

_room = Room()

# The names of the quantities that may become infinite or NaN, as in `pglab.algorithms`.
DIVERGED: dict[type, dict[int, str]] = {
    ReinforceRun: {
        steps.LOG_PROBABILITY: "log probability",
        steps.ACTOR_LOSS: "loss",
        steps.CRITIC_LOSS: "loss",
        steps.GRADIENT: "gradient",
    },
    ActorCriticRun: {
        steps.LOG_PROBABILITY: "log probability",
        steps.ACTOR_LOSS: "actor loss",
        steps.CRITIC_LOSS: "critic loss",
        steps.GRADIENT: "gradient",
    },
}


def can_advance(config: RunConfig) -> bool:
    """True if the compiled code contains this environment and works on this machine."""
    return config.env_id in dynamics.KINDS and failure() is None


@cache
def failure() -> str | None:
    """The reason why the compiled code does not work on this machine; None if it works.

    The first call compiles the code, or loads the compiled code from disk.
    """
    try:
        warm_up()
    except (NumbaError, OSError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        logging.getLogger(__name__).warning("Compiled code does not work here: %s", reason)
        return reason
    return None


def warm_up(dtype: torch.dtype = torch.float32) -> None:
    """Compile all code for one precision, or load the compiled code, before a run needs it."""
    for config in (ReinforceConfig(hidden_sizes=(2,)), ActorCriticConfig(hidden_sizes=(2,))):
        run = begin(config)
        for network in run.networks.values():
            network.to(dtype)
        Engine(run).advance(1)


class Engine:
    """Trains one run.

    Between `load` and `save`, the arrays of the engine hold the state of the run. The engine and
    PyTorch always share the memory of the networks, of Adam's states and of the replay buffer.
    `advance` also updates the counters of the run.
    """

    def __init__(self, run: AgentRun) -> None:
        """Move the run's parameters into flat arrays. PyTorch then uses these arrays too."""
        self.run = run
        self._width, self._actions = sizes(run.environment)
        one, other, optimizers = _networks_of(run)
        layers = list(dict.fromkeys([*one, *other]))
        self._memory = moved(layers, optimizers)
        self._rows = [np.array([layers.index(x) for x in part], np.int64) for part in (one, other)]
        group = optimizers[0].param_groups[0]
        beta1, beta2 = group["betas"]
        self._constants = AdamConstants(beta1, beta2, group["eps"])
        self._used = np.zeros(4, np.int64)
        self.diverged: str | None = None  # the quantity that is no longer finite
        self.compiled_seconds = 0.0  # time in compiled code so far, by the wall clock
        buffer = run.buffer if isinstance(run, ActorCriticRun) else None
        self._buffer = _buffer_of(ReplayBuffer(0, self._width) if buffer is None else buffer)
        self.load()

    # --- The state of the run, in arrays

    def load(self) -> None:
        """Read the state of the run, which may have changed since the last stretch."""
        run = self.run
        environment: Any = run.environment.unwrapped
        kind = dynamics.KINDS[run.config.env_id]
        rollout = run.batch if isinstance(run, ReinforceRun) else run.rollout
        returns = list(run.reading.returns)
        window = np.zeros(run.config.smoothing_window)
        window[: len(returns)] = returns
        counts = np.zeros(steps.COUNTS, np.int64)
        counts[steps.GLOBAL_STEP] = run.global_step
        counts[steps.EPISODES] = run.episodes
        counts[steps.UPDATES] = run.updates
        counts[steps.GRADIENT_STEPS] = run.gradient_steps
        counts[steps.LENGTH] = run.length
        counts[steps.STORED] = len(rollout)
        counts[steps.READINGS] = len(returns)
        counts[steps.SOLVED] = run.solved
        if isinstance(run, ReinforceRun):
            counts[steps.ENDED] = run.ended_episodes
        elif run.buffer is not None:
            counts[steps.ADDED] = run.buffer.added
        self._state = steps.RunState(
            counts=counts,
            episode_return=np.array([run.episode_return]),
            window=window,
            kind=kind,
            state=np.array(environment.state, np.float64),
            elapsed=np.array([run.environment.get_wrapper_attr("_elapsed_steps")], np.int64),
            time_limit=time_limit_of(run.environment) or NO_LIMIT,
            observation=np.array(run.observation, np.float32),
        )
        self._rollout = self._rollout_of(len(rollout))
        weights = run.weights if isinstance(run, ActorCriticRun) else [0.0] * len(rollout)
        for row, (step, weight) in enumerate(zip(rollout, weights, strict=True)):
            self._write(row, step, weight)
        self._draws = [
            DrawnAhead(generator)
            for generator in (
                run.streams.actions,
                run.environment.unwrapped.np_random,
                run.streams.replay,
            )
        ]

    def save(self) -> None:
        """Write the state into the run. Then the run can be copied, or continued in PyTorch."""
        run, counts = self.run, self._state.counts
        for drawn in self._draws:
            drawn.give_back()
        run.episode_return = float(self._state.episode_return[0])
        run.observation = self._state.observation.copy()
        held = min(int(counts[steps.READINGS]), len(self._state.window))
        returns = self._state.window[:held].tolist()
        run.reading.restore(returns, run.global_step, run.length)
        stored = int(counts[steps.STORED])
        rollout = list(step_records(copied(rows_of(self._rollout.steps, slice(stored)))))
        if isinstance(run, ReinforceRun):
            run.batch[:] = rollout
        else:
            run.rollout[:] = rollout
            run.weights[:] = self._rollout.weights[:stored].tolist()
        dynamics.restore(run.environment, self._state.state, int(self._state.elapsed[0]))

    def _save_counters(self) -> None:
        run, counts = self.run, self._state.counts
        run.global_step = int(counts[steps.GLOBAL_STEP])
        run.episodes = int(counts[steps.EPISODES])
        run.updates = int(counts[steps.UPDATES])
        run.gradient_steps = int(counts[steps.GRADIENT_STEPS])
        run.length = int(counts[steps.LENGTH])
        run.solved = bool(counts[steps.SOLVED])
        if isinstance(run, ActorCriticRun) and run.buffer is not None:
            run.buffer.added = int(counts[steps.ADDED])

    @property
    def over(self) -> bool:
        """True if the run has ended and takes no more steps."""
        config, counts = self.run.config, self._state.counts
        stopped = counts[steps.SOLVED] and config.stop_when_solved
        return bool(stopped) or counts[steps.GLOBAL_STEP] >= config.total_steps

    @property
    def global_step(self) -> int:
        """The number of environment steps that the run has taken."""
        return int(self._state.counts[steps.GLOBAL_STEP])

    def require_finite(self) -> None:
        """Raise an error if a number became infinite or NaN in the last stretch.

        Raises:
            TrainingDiverged: the message names the quantity and the step.
        """
        if self.diverged is not None:
            require_finite(self.global_step, self.diverged, math.nan)

    # --- One stretch

    def advance(
        self, most: int = MOST_STEPS, episodes: int = NO_LIMIT, updates: int = NO_LIMIT
    ) -> Stretch:
        """Train the run in one call of compiled code. The call releases the interpreter lock.

        Call this method only between `load` and `save`.

        Args:
            most: the largest number of environment steps. The call takes at least one step.
            episodes: the call ends when this number of episodes has ended.
            updates: the call ends after this number of updates.

        Returns:
            The data of the steps, episodes and updates. If a quantity became infinite or NaN, the
            attribute `diverged` names this quantity.
        """
        most = min(most, self._most_steps())
        stored = int(self._state.counts[steps.STORED])
        if stored + most > len(self._rollout.weights):
            self._resize(stored + most + SPARE)
        out = columns(
            step_columns(most, self._width, self._actions, self._memory.parameters.dtype),
            self._updates_in(most),
            stored + most,
            self._critic_rows(most, stored),
        )
        actions, resets, replay = (
            drawn.ensure(count)
            for drawn, count in zip(self._draws, self._draws_for(most), strict=True)
        )
        self._used[:3] = 0
        draws = steps.Draws(actions, resets, replay, self._used)
        begun = time.perf_counter()
        status = self._call(draws, steps.Limits(most, episodes, updates), out)
        self.compiled_seconds += time.perf_counter() - begun
        for drawn, used in zip(self._draws, self._used[:3].tolist(), strict=True):
            drawn.use(used)
        self._save_counters()
        left = int(self._state.counts[steps.STORED])
        if len(self._rollout.weights) > left + 2 * SPARE:  # waiting runs must need little
            self._resize(left + SPARE)
        if status != steps.GOES_ON:
            self.diverged = DIVERGED[type(self.run)][status]
        return trimmed(out)

    def _call(self, draws: steps.Draws, limits: steps.Limits, out: steps.Columns) -> int:
        """Call the compiled code of the run's algorithm. Return the reason why the call ended."""
        config = self.run.config
        common = common_settings(config)
        batch_size = 0 if isinstance(config, ReinforceConfig) else config.batch_size
        memory, work = _room.for_call(self._memory, self._width, self._actions, batch_size)
        status: int
        if isinstance(config, ReinforceConfig):
            status = reinforce(
                self._state,
                common,
                reinforce_settings(config),
                self._constants,
                memory,
                self._rows[0],
                self._rows[1],
                work,
                self._rollout,
                draws,
                limits,
                out,
            )
        else:
            status = actor_critic(
                self._state,
                common,
                actor_critic_settings(config),
                self._constants,
                memory,
                self._networks(config),
                work,
                self._rollout,
                self._buffer,
                draws,
                limits,
                out,
            )
        return status

    def _networks(self, config: ActorCriticConfig) -> Networks:
        actor, critic = self._rows
        one_body = config.body == "shared"
        stopped = config.stop_gradient if one_body else "none"
        return Networks(
            actor,
            critic,
            len(actor) - 1 if one_body else 0,
            len(actor) - 1 if stopped == "actor" else 0,
            len(critic) - 1 if stopped == "critic" else 0,
            one_body,
        )

    def _most_steps(self) -> int:
        """The largest number of steps in one call. This limit keeps the arrays of a call small."""
        config = self.run.config
        if isinstance(config, ReinforceConfig) or config.critic_data != "replay":
            return MOST_STEPS
        each = config.batch_size * config.critic_updates
        return max(1, min(MOST_STEPS, config.rollout_steps * (MOST_CRITIC_ROWS // each)))

    def _updates_in(self, most: int) -> int:
        config = self.run.config
        return most if isinstance(config, ReinforceConfig) else most // config.rollout_steps + 1

    def _draws_for(self, most: int) -> tuple[int, int, int]:
        """For each random stream, the largest number of random numbers that one call can use."""
        config, replay = self.run.config, 0
        if isinstance(config, ActorCriticConfig) and config.critic_data == "replay":
            replay = self._updates_in(most) * config.critic_updates * config.batch_size
        return most, most * dynamics.UNIFORMS[self._state.kind], replay

    def _critic_rows(self, most: int, stored: int) -> int:
        """The largest number of rows that the critic's batches can fill in one call.

        `most` is the largest number of steps in the call. `stored` is the number of steps that are
        in the rollout before the call.
        """
        config = self.run.config
        if isinstance(config, ReinforceConfig):
            return 0
        replay = config.critic_data == "replay"
        return self._updates_in(most) * config.batch_size if replay else stored + most

    # --- The rollout

    def _rollout_of(self, count: int) -> steps.Rollout:
        """Make a rollout with room for `count` steps."""
        dtype = self._memory.parameters.dtype
        return steps.Rollout(
            step_columns(count, self._width, self._actions, dtype), np.empty(count)
        )

    def _resize(self, count: int) -> None:
        """Give the rollout room for `count` steps, and keep the stored steps."""
        stored = int(self._state.counts[steps.STORED])
        former, self._rollout = self._rollout, self._rollout_of(count)
        for old, new in zip(former.steps, self._rollout.steps, strict=True):
            new[:stored] = old[:stored]
        self._rollout.weights[:stored] = former.weights[:stored]

    def _write(self, row: int, step: StepRecord, weight: float) -> None:
        into: Any = self._rollout.steps
        for column, value in zip(into, step, strict=True):
            column[row] = value
        self._rollout.weights[row] = weight


def _networks_of(run: AgentRun) -> tuple[list[nn.Linear], list[nn.Linear], list[torch.optim.Adam]]:
    """The actor's layers, the layers of the critic or of the baseline V, and the optimisers."""
    if isinstance(run, ReinforceRun):
        if run.value is None or run.value_optimizer is None:
            return layers_of(run.policy), [], [run.optimizer]
        return layers_of(run.policy), layers_of(run.value), [run.optimizer, run.value_optimizer]
    optimizers = [run.actor_optimizer, run.critic_optimizer]
    return layers_of(run.agent.policy), layers_of(run.agent.critic), optimizers


def _buffer_of(buffer: ReplayBuffer) -> steps.Buffer:
    """The arrays of a replay buffer. The compiled code stores new transitions in these arrays."""
    observations, actions, rewards, terminated, next_observations, collected = buffer.columns
    return steps.Buffer(
        observations.astype(np.float32, copy=False),
        actions,
        rewards.astype(np.float64, copy=False),
        terminated,
        next_observations.astype(np.float32, copy=False),
        collected,
        np.zeros(buffer.capacity, np.int64),
    )
