"""What one visitor has in hand on the page of one algorithm: this run and the earlier ones."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pglab.algorithms.families import AgentConfig
from pglab.config import differences, settings_of
from pglab.history import Change
from pglab.pacing import Pacemaker
from pglab.plots import Curve, smoothed, thinned
from pglab.session import Outcome, TrainingSession, Unit

FULL_SPEED = 0.0
# Steps per second. CartPole's own clock runs at 50; up to it, the player shows the training steps.
SPEEDS = (1.0, 5.0, 50.0, 500.0, FULL_SPEED)
REAL_TIME = 50.0
OVERLAYS_KEPT = 6
POINTS_PER_OVERLAY = 200

View = Literal["policy", "training step", "training episode"]


@dataclass(frozen=True)
class PastRun:
    """A run that was reset: enough to draw its curve and to fill its row in the table."""

    number: int
    config: AgentConfig
    changes: tuple[Change, ...]
    steps: NDArray[np.float64]  # of the smoothed curve, thinned
    returns: NDArray[np.float64]
    global_step: int
    episodes: int
    mean_return: float | None
    outcome: Outcome | None


class Bench:
    """The current run, the runs before it, and how the current one is driven.

    It knows nothing of the interface: pages tell it what was pressed and show what it holds. Hold
    `lock` while using it: a page's next script run may begin before the former one has ended.
    """

    def __init__(self, config: AgentConfig) -> None:
        """A fresh run with these settings, not started.

        Raises:
            ConfigError: the environment cannot be used.
        """
        self.lock = threading.RLock()
        self.session = TrainingSession(config)
        self.past: list[PastRun] = []
        self.running = False
        self.speed = FULL_SPEED
        self.view: View = "policy"
        self.fresh_steps = 0  # environment steps taken by the last tick
        self.pacemaker = Pacemaker()

    @property
    def run_number(self) -> int:
        """1 for the visit's first run."""
        return len(self.past) + 1

    @property
    def shows_training_steps(self) -> bool:
        """Whether the player shows the training environment rather than fresh episodes."""
        return self.view != "policy"

    def use(self, config: AgentConfig) -> None:
        """Adopt settings: what can change while training runs does, anything else restarts.

        So does a change to a run that has ended, unless it lets that run go on.

        Raises:
            ConfigError: the environment cannot be used; the run so far stays.
        """
        changed = differences(config, self.session.config)
        if not changed:
            return
        described = settings_of(config)
        live = all(described[name].changes_while_running for name in changed)
        ended = self.session.finished and not self.session.could_go_on(config)
        if live and self.session.global_step and not ended:
            self.session.change(**{name: getattr(config, name) for name in changed})
        else:
            self._restart(config)

    def reset(self) -> None:
        """Start again from the same start with the settings now in force."""
        self._restart(self.session.config)
        self.running = False

    def run_on(self) -> AgentConfig:
        """Let a run that has ended go on: past success, or for as many steps again.

        Returns:
            The settings now in force.
        """
        config = self.session.config
        if self.session.outcome == "solved":
            self.use(config.changed(stop_when_solved=False))
        elif self.session.outcome == "total_steps":
            most = settings_of(config)["total_steps"].maximum
            assert most is not None
            self.use(config.changed(total_steps=min(2 * config.total_steps, int(most))))
        self.run()
        return self.session.config

    def run(self) -> None:
        """Let the page's ticks drive the run."""
        self.running = not self.session.finished
        self.pacemaker.start()

    def pause(self) -> None:
        """Stop at once; the player then shows what the policy does now."""
        self.running = False
        if self.speed == FULL_SPEED or self.speed > REAL_TIME:
            self.view = "policy"

    def advance(self, unit: Unit) -> None:
        """Pause, then train on by exactly one step, episode or update."""
        self.running = False
        self.session.advance(unit)
        views: dict[Unit, View] = {"step": "training step", "episode": "training episode"}
        self.view = views.get(unit, "policy")

    def tick(self) -> None:
        """Train for one redraw of the page, at the chosen speed."""
        self.pacemaker.tick()
        seconds = self.pacemaker.training_seconds
        before = self.session.global_step
        if self.speed == FULL_SPEED:
            self.session.advance(seconds=seconds)
        else:
            due = self.pacemaker.steps_due(self.speed)
            self.session.advance("step", due, seconds=seconds)
        slow = self.speed != FULL_SPEED and self.speed <= REAL_TIME
        self.view = "training step" if slow else "policy"
        self.fresh_steps = self.session.global_step - before
        self.pacemaker.note_progress(self.session.global_step)
        if self.session.finished:
            self.running = False

    def curve(self) -> Curve:
        """Return of every episode of the current run."""
        episodes = self.session.history.episodes
        return Curve(episodes["global_step"], episodes["episode_return"])

    def earlier_curves(self, label: Callable[[PastRun], str]) -> list[Curve]:
        """Smoothed curves of the most recent earlier runs in the same environment."""
        env_id = self.session.config.env_id
        comparable = [past for past in self.past if past.config.env_id == env_id]
        return [
            Curve(past.steps, past.returns, label(past)) for past in comparable[-OVERLAYS_KEPT:]
        ]

    def summary(self) -> PastRun:
        """What will be kept of the current run."""
        return _summary(self.run_number, self.session)

    def _restart(self, config: AgentConfig) -> None:
        session = TrainingSession(config)  # first, so that a refused one leaves the run in place
        if self.session.global_step:
            self.past.append(self.summary())
        self.session = session
        self.view = "policy"
        self.pacemaker.start()


def _summary(number: int, session: TrainingSession) -> PastRun:
    history = session.history
    kept = thinned(len(history.episodes), POINTS_PER_OVERLAY)
    return PastRun(
        number=number,
        config=session.initial_config,
        changes=tuple(history.changes),
        steps=history.episodes["global_step"][kept].copy(),
        returns=smoothed(history.episodes["episode_return"])[kept],
        global_step=session.global_step,
        episodes=len(history.episodes),
        mean_return=history.mean_return(),
        outcome=session.outcome,
    )
