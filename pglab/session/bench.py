"""The `Bench` holds a visitor's current run of one algorithm, and the visitor's earlier runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, Self

from pglab.algorithms.agents import AgentConfig
from pglab.config import differences, settings_of
from pglab.curves import Curve, GuessRegion, UsualBand
from pglab.session.pacing import FIRST_SPEED, FULL_SPEED, REAL_TIME, TURN, Pacemaker
from pglab.session.past_run import PastRun, past_run, seed_result, snapshots_of
from pglab.session.rewinding.checkpoints import Checkpoint, Snapshot
from pglab.session.seeds.group import SeedGroup
from pglab.session.seeds.lockstep import SeedFailed, train_together
from pglab.session.seeds.statistics import band_of, smoothed_curve, stop_of
from pglab.session.sharing.gate import Gate
from pglab.session.training_session import TrainingSession, Unit

OVERLAYS_KEPT = 6

PlayerMode = Literal["policy", "training step", "training episode"]


class Bench:
    """A visitor's current run, the earlier runs, and the controls of the current run.

    When a visitor presses a button, the page calls a method of the bench. Hold `lock` while you use
    a bench, because two executions of a page's script may overlap.
    """

    def __init__(self, config: AgentConfig, session: TrainingSession | None = None) -> None:
        """Make a paused bench for the run `session`, or for a new run with the settings `config`.

        Raises:
            ConfigError: the environment cannot be used.
        """
        self.lock = Gate()
        self.session = session or TrainingSession(config)
        self.past: list[PastRun] = []
        self.forked: tuple[int, int] | None = None  # number and step of the run that was continued
        self._reached: PastRun | None = None  # if the run was rewound: the run at its furthest step
        self.running = False
        self.speed = FIRST_SPEED
        self._pause_at: int | None = None  # a step to which the run trains at full speed
        self.player_mode: PlayerMode = "policy"
        self.guess: GuessRegion | None = None  # the visitor's guess of the mean return
        self.beside: Curve | None = None  # curve of a stored run, which is drawn for comparison
        self.sketch: Curve | None = None  # the curve that the visitor expects in a lesson
        self.seeds = 1  # number of seeds, including the seed of the run itself
        self.shown_seed = 0  # index of the seed that player and heatmaps show; 0 is the run's seed
        self.problem: str | None = None  # error message if a further seed could not be trained
        self._group: SeedGroup | None = None
        self.pacemaker = Pacemaker()

    @classmethod
    def continued(
        cls, session: TrainingSession, past: Sequence[PastRun], forked: tuple[int, int] | None
    ) -> Self:
        """Make a paused bench that continues the run `session`; `past` are the earlier runs."""
        bench = cls(session.config, session)
        bench.past, bench.forked = list(past), forked
        return bench

    @property
    def run_number(self) -> int:
        """The number of the current run; the first run of a visit has number 1."""
        return self.past[-1].number + 1 if self.past else 1

    @property
    def rewound(self) -> bool:
        """True if the run was rewound and is still before its furthest step."""
        points = self.session.checkpoints
        return bool(points) and points[-1].global_step > self.session.global_step

    @property
    def shows_training_steps(self) -> bool:
        """True if the player shows steps of training; False if the player plays new episodes."""
        return self.player_mode != "policy"

    @property
    def group(self) -> SeedGroup | None:
        """The further seeds of the current run; None if the visitor chose only one seed."""
        further = self.seeds - 1
        if self._group is not None and not self._group.belongs_to(self.session, further):
            self._group = None
        if further and self._group is None:
            self._group = SeedGroup(self.session, further)
        return self._group

    @property
    def seeds_without_results(self) -> set[int]:
        """The further seeds that are too far behind the run to have results.

        After a reload, for example, all further seeds begin at step 0. While the run trains, its
        further seeds are always a little behind. So during training, the result contains only
        further seeds at step 0.
        """
        group = self.group
        if group is None:
            return set()
        waiting = filter(group.is_behind, group.members)
        return {m.config.seed for m in waiting if not (self.running and m.global_step)}

    @property
    def shown_session(self) -> TrainingSession:
        """The run that the player and the heatmaps show: the current run or a further seed."""
        group = self.group
        if group is None or not 1 <= self.shown_seed <= len(group.members):
            return self.session
        return group.members[self.shown_seed - 1]

    @property
    def busy(self) -> bool:
        """True while the run trains, or while a further seed has not reached the run's step."""
        waits = self.problem is not None  # after an error, seeds wait until Run is pressed
        return self.running or (not waits and self.group is not None and self.group.behind)

    @property
    def finished(self) -> bool:
        """True if the run has ended."""
        return self.session.finished

    def show_seed(self, index: int) -> None:
        """Choose the seed that the player and the heatmaps show; 0 is the run's own seed."""
        self.shown_seed = index

    def use(self, config: AgentConfig) -> None:
        """Apply new settings to the current run, or begin a new run with the new settings.

        The current run continues if all changed settings may change during training. A rewound run
        is forked (see `fork`) before it continues. In three cases, a new run replaces the current
        run: a changed setting is fixed during training, the current run has not begun, or the
        current run has ended and cannot continue with the new settings.

        Raises:
            ConfigError: the environment cannot be used; in this case, the bench keeps the current
                run.
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
        """Replace the current run by a new, paused run with the same settings."""
        self._restart(self.session.config)
        self.running = False

    def rewind(self, checkpoint: Checkpoint) -> None:
        """Move this run back or forward to a checkpoint, and pause the run there."""
        if not self.rewound:
            self._reached = self.summary()
        self.session.rewind(checkpoint)
        self.running = False
        self.player_mode = "policy"
        self.pacemaker.start()

    def fork(self) -> None:
        """Make a new run that continues from the present step.

        The old run is added to the earlier runs, with its whole curve up to its furthest step.
        """
        number = self.run_number
        self._keep()
        self.session.forget_later_checkpoints()
        self.forked = (number, self.session.global_step)

    def continue_beyond_end(self) -> AgentConfig:
        """Let the current run continue after its end.

        A run that stopped because the task was solved continues with `stop_when_solved` set to
        False. A run that reached its `total_steps` gets twice as many `total_steps`, but at most
        the maximum of this setting.

        Returns:
            The new settings.
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
        """Start or continue the run: from now on, each call of `take_turn` trains the run."""
        self.running = not self.session.finished
        self._pause_at = None
        self.problem = None
        self.pacemaker.start()
        self._choose_player_mode()

    def run_to(self, step: int) -> None:
        """Let the run train at full speed up to the environment step `step`, and then pause."""
        if step > self.session.global_step:
            self.run()
            self._pause_at = step

    @property
    def _pace(self) -> float:
        """Full speed while the run trains to the step of `run_to`; otherwise, the chosen speed."""
        return FULL_SPEED if self.running and self._pause_at is not None else self.speed

    @property
    def _is_slow(self) -> bool:
        """True if training is slow enough for the player to show every step."""
        return FULL_SPEED < self._pace <= REAL_TIME

    def _choose_player_mode(self) -> None:
        self.player_mode = "training step" if self._is_slow and self.running else "policy"

    def pause(self) -> None:
        """Pause the run at once.

        If training was too fast for the player to show every step, the player now plays new
        episodes with the present policy.
        """
        self.running = False
        if not self._is_slow:
            self.player_mode = "policy"

    def advance(self, unit: Unit) -> None:
        """Pause the run, then train exactly one more step, episode or update."""
        self.running = False
        self.session.advance(unit)
        modes: dict[Unit, PlayerMode] = {"step": "training step", "episode": "training episode"}
        self.player_mode = modes.get(unit, "policy")

    def take_turn(self) -> None:
        """Train the run at the chosen speed for one turn, which lasts at most about `TURN`."""
        self.pacemaker.begin_turn()
        before = self.session.global_step
        if not self.running:
            self._train_to(before)
        else:
            last = self.session.config.total_steps
            last = last if self._pause_at is None else min(self._pause_at, last)
            self._train_to(before + self.pacemaker.steps_due(self._pace, last - before))
            self.pacemaker.note_steps(self.session.global_step - before)
            if self.session.global_step == self._pause_at:
                self.pause()
            self._choose_player_mode()
        self.pacemaker.note_position(self.session.global_step)
        if self.session.finished:
            self.running = False

    @property
    def next_turn(self) -> float:
        """The time of the next turn, on the clock of the pacemaker; infinity if no turn is due."""
        return self.pacemaker.next_turn(self._pace, running=self.running, busy=self.busy)

    @property
    def milliseconds_per_1000_steps(self) -> float | None:
        """Mean processor time of training 1000 steps of the run; None before the first step."""
        return self.session.milliseconds_per_1000_steps

    def _train_to(self, limit: int) -> None:
        """For one turn, train the run up to step `limit` and further seeds up to the run's step."""
        if self.group is None:
            self.session.advance("step", limit - self.session.global_step, seconds=TURN)
            return
        try:
            train_together([self.session], [self.group], limit, TURN)
        except SeedFailed as error:
            self.problem = str(error)
            self.running = False

    def seed_curves(self) -> list[Curve]:
        """Smoothed learning curves of the further seeds."""
        return self.group.curves() if self.group is not None else []

    def spread(self) -> UsualBand | None:
        """A band with the median and the quartiles of all seeds' returns.

        The band contains only steps that all unfinished seeds have reached.
        """
        group = self.group
        if group is None:
            return None
        sessions = [self.session, *group.members]
        curves = [smoothed_curve(session) for session in sessions]
        return band_of(curves, [stop_of(session) for session in sessions], group.steps)

    @property
    def furthest(self) -> int:
        """The furthest step that this run ever reached, even if the run was rewound later."""
        reached = self._reached.global_step if self.rewound and self._reached else 0
        return max(self.session.global_step, reached)

    def earlier_curves(self, label: Callable[[PastRun], str] = lambda _past: "") -> list[Curve]:
        """Smoothed learning curves of the most recent earlier runs in the current environment.

        If a stored run is shown for comparison, its curve comes after these curves. If the visitor
        has drawn a sketch, the sketch comes last.
        """
        env_id = self.session.config.env_id
        earlier = [*self.past, self._reached] if self.rewound and self._reached else self.past
        comparable = [past for past in earlier if past.config.env_id == env_id]
        curves = [
            Curve(past.steps, past.returns, label(past)) for past in comparable[-OVERLAYS_KEPT:]
        ]
        return curves + [curve for curve in (self.beside, self.sketch) if curve is not None]

    def summary(self) -> PastRun:
        """The present state of the current run as a `PastRun`."""
        group = self._group
        further = group.members if group and self.session is group.run else []
        run = past_run(self.run_number, self.session, self.forked)
        return replace(run, further=tuple(map(seed_result, further)))

    def snapshots(self) -> list[Snapshot]:
        """All copies of networks from the visitor's runs, ordered by run and step."""
        kept = [snapshot for past in self.past for snapshot in past.snapshots]
        return kept + snapshots_of(self.run_number, self.session)

    def _keep(self) -> None:
        """Add the current run to the earlier runs. Only the last few runs keep their networks."""
        self.past.append(self._reached if self.rewound and self._reached else self.summary())
        for index, past in enumerate(self.past[:-OVERLAYS_KEPT]):
            self.past[index] = replace(past, snapshots=())

    def _restart(self, config: AgentConfig) -> None:
        session = TrainingSession(config)  # made first: after an error, the current run stays
        if self.session.global_step or self.rewound:
            self._keep()
        self.session = session
        self.forked = None
        self.player_mode = "policy"
        self.pacemaker.start()
