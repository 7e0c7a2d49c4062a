"""A `TrainingSession` trains one run when a page asks for steps, and keeps the run's history."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any, Literal, Self

from torch import nn

from pglab.algorithms.agents import AgentConfig, AgentRun, begin
from pglab.config import ConfigError, settings_of
from pglab.engine.engine import NO_LIMIT
from pglab.language import _
from pglab.replay_buffer import ReplayBuffer
from pglab.session.history import History
from pglab.session.rewinding.checkpoints import Checkpoint, Checkpoints, copy_of_run
from pglab.session.trainer import trainer_for
from pglab.stretch import Stretch

Unit = Literal["step", "episode", "update"]
Outcome = Literal["solved", "total_steps", "diverged"]

SHORTEST_CALL = 0.005  # seconds; a shorter call would train too few steps for its cost

_COLUMNS: dict[Unit, str] = {"step": "steps", "episode": "episodes", "update": "updates"}


class TrainingSession:
    """One training run with its history and its checkpoints.

    On one machine, the results depend only on the configuration and on the changes of settings.
    The number of steps in each call of `advance` does not change the results. Reading the state
    does not change the results either.
    """

    def __init__(self, config: AgentConfig, *, can_rewind: bool = True) -> None:
        """Make a new run. If `can_rewind` is False, the run keeps no checkpoints.

        Raises:
            ConfigError: the environment cannot be used.
        """
        self._begin(config, begin(config), History(), can_rewind=can_rewind)

    def _begin(
        self, initial_config: AgentConfig, run: AgentRun, history: History, *, can_rewind: bool
    ) -> None:
        self.initial_config = initial_config
        self.history = history
        self.outcome: Outcome | None = None
        self.problem: str | None = None  # error message if the run diverged
        self.seconds_per_step: float | None = None  # wall clock, measured in the last `advance`
        self._run = run
        self._trainer = trainer_for(run)
        self._training_seconds = 0.0
        self._checkpoints = Checkpoints() if can_rewind else None

    @classmethod
    def continued(
        cls,
        initial_config: AgentConfig,
        run: AgentRun,
        history: History,
        *,
        training_seconds: float,
        problem: str | None = None,
        can_rewind: bool = True,
    ) -> Self:
        """Make a session that continues a stored run.

        If this run has diverged, `problem` is the error message.
        """
        session = cls.__new__(cls)
        session._begin(initial_config, run, history, can_rewind=can_rewind)
        session._training_seconds = training_seconds
        if problem is not None:
            session.outcome, session.problem = "diverged", problem
        session._note_end()
        return session

    @property
    def config(self) -> AgentConfig:
        """The current settings, including changes during training."""
        return self._run.config

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The current networks by name; callers must not change them."""
        return self._run.networks

    @property
    def buffer(self) -> ReplayBuffer | None:
        """The replay buffer, which callers must not change; None if the agent has no buffer."""
        return getattr(self._run, "buffer", None)

    @property
    def global_step(self) -> int:
        """Number of environment steps taken."""
        return self._run.global_step

    @property
    def gradient_steps(self) -> int:
        """Number of gradient steps taken by all optimisers together."""
        return self._run.gradient_steps

    @property
    def checkpoints(self) -> Sequence[Checkpoint]:
        """The checkpoints to which `rewind` can go.

        After a rewind, some checkpoints are later than the current step.
        """
        return () if self._checkpoints is None else self._checkpoints.all

    @property
    def compiled_seconds(self) -> float:
        """Wall-clock seconds spent in compiled code; 0 if PyTorch trains this run."""
        return self._trainer.compiled_seconds

    @property
    def milliseconds_per_1000_steps(self) -> float | None:
        """Mean processor time of training 1000 environment steps; None before the first step."""
        if not self.global_step:
            return None
        return 1e6 * self._training_seconds / self.global_step

    @property
    def finished(self) -> bool:
        """True if the run has ended and takes no more steps."""
        return self.outcome is not None

    def could_go_on(self, config: AgentConfig) -> bool:
        """True if the run could continue with these settings."""
        return (
            self.outcome != "diverged"
            and self.global_step < config.total_steps
            and not self._solved_for(config)
        )

    def advance(
        self, unit: Unit = "step", count: int | None = None, *, seconds: float | None = None
    ) -> list[Stretch]:
        """Train `count` steps, episodes or updates; stop earlier if about `seconds` have passed.

        If neither `count` nor `seconds` is given, `count` is 1. If the last step ends an episode or
        causes an update, this call includes the end of the episode or the update.

        Returns:
            The steps, episodes and updates of this call, in order.
        """
        begun, worked = time.perf_counter(), time.thread_time()
        limit = (1 if seconds is None else NO_LIMIT) if count is None else count
        deadline = math.inf if seconds is None else begun + seconds
        before, stretches = self.global_step, list[Stretch]()
        while limit > 0 and not self.finished:
            left = deadline - time.perf_counter()
            if left <= (SHORTEST_CALL if stretches else 0):
                break
            stretch = self._next_stretch(unit, limit, left)
            limit -= len(getattr(stretch, _COLUMNS[unit]).global_step)
            stretches.append(stretch)
        self._training_seconds += time.thread_time() - worked
        if self.global_step > before:
            self.seconds_per_step = (time.perf_counter() - begun) / (self.global_step - before)
        return stretches

    def rewind(self, checkpoint: Checkpoint) -> None:
        """Go to a checkpoint of this run, which may be earlier or later than the current step.

        If no setting changes, training from the checkpoint repeats the same records bit for bit.
        Unless the run has diverged, its current state becomes a checkpoint too, so that the run can
        return to this state.
        """
        self._keep_checkpoint()
        self._run = checkpoint.run()
        self._trainer = trainer_for(self._run)
        self._training_seconds = checkpoint.seconds
        self.history.back_to(checkpoint.history())
        self.outcome = self.problem = None
        self._note_end()

    @property
    def training_seconds(self) -> float:
        """Processor time that training has taken so far, in seconds."""
        return self._training_seconds

    def present_run(self) -> AgentRun:
        """Write the current state into the run, and return the run; callers must not change it."""
        self._trainer.save()
        return self._run

    def copy_of_run(self) -> AgentRun:
        """An independent copy of the current run."""
        return copy_of_run(self.present_run())

    def forget_later_checkpoints(self) -> None:
        """Drop the checkpoints after the current step, because the run may continue differently."""
        if self._checkpoints is not None:
            self._checkpoints.forget_after(self.global_step)

    def change(self, **settings: Any) -> None:
        """Change settings of the run, and note the change in the history.

        New values take effect at the next update.

        Raises:
            ConfigError: a value cannot be used, or a setting cannot change during training.
        """
        described = settings_of(self.config)
        for name in settings:
            if not described[name].changes_while_running:
                raise ConfigError(
                    _(
                        "“{label}” cannot change during training. Reset to apply the new value."
                    ).format(label=_(described[name].label))
                )
        self._run.config = self.config.changed(**settings)
        self.forget_later_checkpoints()
        self.history.note_change(self.global_step, settings)
        if self.outcome != "diverged":
            self.outcome = None
            self._note_end()

    def _keep_checkpoint(self) -> None:
        """Add a checkpoint of the current state, unless the run diverged and cannot continue."""
        if self._checkpoints is not None and self.outcome != "diverged":
            self._trainer.save()
            self._checkpoints.add(self._run, self.history.mark(), self._training_seconds)

    def _next_stretch(self, unit: Unit, limit: int, seconds: float) -> Stretch:
        """Train at least one step; stop at the limit, at the next checkpoint or after `seconds`.

        The trainer may stop even earlier.
        """
        most = NO_LIMIT
        if self._checkpoints is not None:
            if self._checkpoints.due(self.global_step):
                self._keep_checkpoint()
            most = self._checkpoints.next_due - self.global_step
        limits = {"step": NO_LIMIT, "episode": NO_LIMIT, "update": NO_LIMIT, unit: limit}
        stretch = self._trainer.advance(
            min(most, limits["step"]), limits["episode"], limits["update"], seconds=seconds
        )
        if self._trainer.problem is not None:
            self.outcome, self.problem = "diverged", self._trainer.problem
        self.history.add(stretch)
        self._note_end()
        return stretch

    def _note_end(self) -> None:
        if self.finished or self.could_go_on(self.config):
            return
        self.outcome = "solved" if self._solved_for(self.config) else "total_steps"

    def _solved_for(self, config: AgentConfig) -> bool:
        return self._run.solved and config.stop_when_solved
