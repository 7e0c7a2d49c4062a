"""What one visitor has in hand on the page of one algorithm: this run and the earlier ones."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pglab.algorithms.families import AgentConfig
from pglab.config import differences, settings_of
from pglab.curves import Curve, GuessRegion, UsualBand, kept_by_place, thinned
from pglab.networks import parameter_count
from pglab.session.checkpoints import Checkpoint, Snapshot
from pglab.session.history import Change
from pglab.session.pacing import Pacemaker
from pglab.session.seeds.group import SeedGroup, keep_up
from pglab.session.seeds.statistics import band_of, smoothed_curve, stop_of
from pglab.session.seeds.workers import shared_workers
from pglab.session.training_session import Outcome, TrainingSession, Unit

FULL_SPEED = 0.0
# Steps per second. CartPole's own clock runs at 50; up to it, the player shows the training steps.
SPEEDS = (1.0, 5.0, 50.0, 500.0, 2_000.0, 5_000.0, FULL_SPEED)
REAL_TIME = 50.0
FIRST_SPEED = 2_000.0  # a run that one can follow: more than a minute until REINFORCE solves it
OVERLAYS_KEPT = 6
POINTS_PER_OVERLAY = 1_200  # so many that its beginning can be shown alone
SNAPSHOTS_PER_RUN = 6  # kept of a run that is over
SNAPSHOT_BYTES = 5_000_000  # of them together

PlayerMode = Literal["policy", "training step", "training episode"]


@dataclass(frozen=True)
class SeedResult:
    """What one seed of a run has come to."""

    seed: int
    global_step: int
    episodes: int
    mean_return: float | None
    outcome: Outcome | None
    reading: float | None  # the seminar's


@dataclass(frozen=True)
class PastRun:
    """A run that was left: enough to draw its curve, fill its row and look at its policies.

    `forked` is the run that it went on from, and the step at which it did.
    """

    number: int
    config: AgentConfig
    changes: tuple[Change, ...]
    steps: NDArray[np.float32]  # of the smoothed curve, thinned
    returns: NDArray[np.float32]
    global_step: int
    episodes: int
    mean_return: float | None
    outcome: Outcome | None
    reading: float | None  # the seminar's
    forked: tuple[int, int] | None = None
    snapshots: tuple[Snapshot, ...] = ()
    further: tuple[SeedResult, ...] = ()  # the seeds beside the run's own


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
        self.forked: tuple[int, int] | None = None  # the run and step that this one went on from
        self._reached: PastRun | None = None  # this run when it was furthest, if it went back
        self.running = False
        self.speed = FIRST_SPEED
        self.player_mode: PlayerMode = "policy"
        self.guess: GuessRegion | None = None  # what the visitor expects, drawn with the runs
        self.beside: Curve | None = None  # a stored run to compare with, drawn with the runs
        self.seeds = 1  # of the run and the further ones beside it
        self.shown_seed = 0  # which of them is looked at: 0 is the run's own
        self.problem: str | None = None  # a sentence, where further seeds could not be trained
        self._group: SeedGroup | None = None
        self.pacemaker = Pacemaker()

    @property
    def run_number(self) -> int:
        """1 for the visit's first run."""
        return self.past[-1].number + 1 if self.past else 1

    @property
    def rewound(self) -> bool:
        """Whether this run has been further than it is now."""
        points = self.session.checkpoints
        return bool(points) and points[-1].global_step > self.session.global_step

    @property
    def shows_training_steps(self) -> bool:
        """Whether the player shows the training environment rather than fresh episodes."""
        return self.player_mode != "policy"

    @property
    def group(self) -> SeedGroup | None:
        """The further seeds of the present run, if any are wanted; a new run begins new ones."""
        further = self.seeds - 1
        if self._group is not None and not self._group.belongs_to(self.session, further):
            self._group.abandon()
            self._group = None
        if further and self._group is None:
            self._group = SeedGroup(self.session, further, shared_workers())
        return self._group

    @property
    def shown_session(self) -> TrainingSession:
        """The run that player and heatmaps show; a further seed is as it last came back."""
        group = self.group
        if group is None or not 1 <= self.shown_seed <= len(group.members):
            return self.session
        return group.members[self.shown_seed - 1].session

    @property
    def busy(self) -> bool:
        """Whether ticks are wanted: the run goes on, or further seeds have to catch up with it."""
        return self.running or (self.group is not None and self.group.behind)

    @property
    def finished(self) -> bool:
        """Whether the run takes no further step."""
        return self.session.finished

    def show_seed(self, index: int) -> None:
        """Let player and heatmaps show this seed, counted from 0, the run's own."""
        self.shown_seed = index

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
        if live and self.rewound:
            self.fork()
        ended = self.session.finished and not self.session.could_go_on(config)
        if live and self.session.global_step and not ended:
            self.session.change(**{name: getattr(config, name) for name in changed})
        else:
            self._restart(config)

    def reset(self) -> None:
        """Start again from the same start with the settings now in force."""
        self._restart(self.session.config)
        self.running = False

    def rewind(self, checkpoint: Checkpoint) -> None:
        """Go to another point of this run, back or forward again, and stop there."""
        if not self.rewound:
            self._reached = self.summary()
        self.session.rewind(checkpoint)
        self.running = False
        self.player_mode = "policy"
        self.pacemaker.start()

    def fork(self) -> None:
        """Let another run go on from here; this one is kept as it was when it was furthest."""
        number = self.run_number
        self._keep()
        self.session.forget_later_checkpoints()
        self.forked = (number, self.session.global_step)

    def continue_beyond_end(self) -> AgentConfig:
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
        self.problem = None
        self.pacemaker.start()

    def pause(self) -> None:
        """Stop at once; the player then shows what the policy does now."""
        self.running = False
        if self.speed == FULL_SPEED or self.speed > REAL_TIME:
            self.player_mode = "policy"

    def advance(self, unit: Unit) -> None:
        """Pause, then train on by exactly one step, episode or update."""
        self.running = False
        self.session.advance(unit)
        modes: dict[Unit, PlayerMode] = {"step": "training step", "episode": "training episode"}
        self.player_mode = modes.get(unit, "policy")

    def tick(self) -> None:
        """Train for one redraw of the page, at the chosen speed."""
        self.pacemaker.tick()
        seconds = self.pacemaker.training_seconds
        if not self._may_go_on(seconds):
            return
        if self.speed == FULL_SPEED:
            self.session.advance(seconds=seconds)
        else:
            before, due = self.session.global_step, self.pacemaker.steps_due(self.speed)
            self.session.advance("step", due, seconds=seconds)
            self.pacemaker.note_steps(self.session.global_step - before)
        slow = self.speed != FULL_SPEED and self.speed <= REAL_TIME
        self.player_mode = "training step" if slow else "policy"
        self.pacemaker.note_position(self.session.global_step)
        if self.session.finished:
            self.running = False

    def _may_go_on(self, seconds: float) -> bool:
        """Let further seeds be trained; whether the run itself may go on in this tick."""
        groups = [self.group] if self.group is not None else []
        try:
            go_on = keep_up(groups, seconds, running=self.running)
        except RuntimeError as error:
            self.problem = str(error)
            self.running = go_on = False
        if not go_on:
            self.pacemaker.note_position(self.session.global_step)
        return go_on

    def seed_curves(self) -> list[Curve]:
        """Smoothed returns of the further seeds."""
        return self.group.curves() if self.group is not None else []

    def spread(self) -> UsualBand | None:
        """Median and quartiles over all seeds, as far as they all have come."""
        group = self.group
        if group is None:
            return None
        sessions = [self.session, *(member.session for member in group.members)]
        curves = [smoothed_curve(session) for session in sessions]
        return band_of(curves, [stop_of(session) for session in sessions], group.steps)

    def curve(self) -> Curve:
        """Return of every episode of the current run."""
        episodes = self.session.history.episodes
        return Curve(episodes["global_step"], episodes["episode_return"])

    @property
    def furthest(self) -> int:
        """The step that this run has come to, also if it went back."""
        reached = self._reached.global_step if self.rewound and self._reached else 0
        return max(self.session.global_step, reached)

    def earlier_curves(self, label: Callable[[PastRun], str] = lambda _past: "") -> list[Curve]:
        """Smoothed curves of the most recent earlier runs in the same environment, and `beside`."""
        env_id = self.session.config.env_id
        earlier = [*self.past, self._reached] if self.rewound and self._reached else self.past
        comparable = [past for past in earlier if past.config.env_id == env_id]
        curves = [
            Curve(past.steps, past.returns, label(past)) for past in comparable[-OVERLAYS_KEPT:]
        ]
        return curves if self.beside is None else [*curves, self.beside]

    def summary(self) -> PastRun:
        """What will be kept of the current run."""
        group = self._group
        further = [m.session for m in group.members] if group and self.session is group.run else []
        run = _summary(self.run_number, self.session, self.forked)
        return replace(run, further=tuple(map(_result, further)))

    def snapshots(self) -> list[Snapshot]:
        """The networks of the runs of this visit, as far as they are kept, in order."""
        kept = [snapshot for past in self.past for snapshot in past.snapshots]
        return kept + _snapshots(self.run_number, self.session)

    def _keep(self) -> None:
        """Remember the run in hand among the earlier ones, the networks of the last few only."""
        self.past.append(self._reached if self.rewound and self._reached else self.summary())
        for index, past in enumerate(self.past[:-OVERLAYS_KEPT]):
            self.past[index] = replace(past, snapshots=())

    def _restart(self, config: AgentConfig) -> None:
        session = TrainingSession(config)  # first, so that a refused one leaves the run in place
        if self.session.global_step or self.rewound:
            self._keep()
        self.session = session
        self.forked = None
        self.player_mode = "policy"
        self.pacemaker.start()


def _result(session: TrainingSession) -> SeedResult:
    history = session.history
    return SeedResult(
        session.config.seed,
        session.global_step,
        len(history.episodes),
        history.mean_return(),
        session.outcome,
        history.reading,
    )


def _summary(number: int, session: TrainingSession, forked: tuple[int, int] | None) -> PastRun:
    history = session.history
    snapshots = _snapshots(number, session)
    per_network = 4 * parameter_count(*session.networks.values())
    few = thinned(len(snapshots), max(1, min(SNAPSHOTS_PER_RUN, SNAPSHOT_BYTES // per_network)))
    curve = smoothed_curve(session)
    kept = kept_by_place(curve.steps, curve.returns, POINTS_PER_OVERLAY)
    return PastRun(
        number=number,
        config=session.initial_config,
        changes=tuple(history.changes),
        steps=curve.steps[kept].astype(np.float32),
        returns=curve.returns[kept].astype(np.float32),
        global_step=session.global_step,
        episodes=len(history.episodes),
        mean_return=history.mean_return(),
        outcome=session.outcome,
        reading=history.reading,
        forked=forked,
        snapshots=tuple(snapshots[index] for index in few),
    )


def _snapshots(number: int, session: TrainingSession) -> list[Snapshot]:
    """The networks at the run's checkpoints and as they are now."""
    known: dict[int, tuple[AgentConfig, Mapping[str, nn.Module]]] = {
        point.global_step: (point.run.config, point.networks) for point in session.checkpoints
    }
    if session.global_step not in known:
        known[session.global_step] = session.config, copy.deepcopy(session.networks)
    return [Snapshot(number, step, *known[step]) for step in sorted(known)]
