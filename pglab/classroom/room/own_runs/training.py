"""Lets the members of a room train, and computes the median and quartiles of their runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from pglab.algorithms.agents import AgentConfig
from pglab.classroom.room.membership import Member
from pglab.classroom.room.names import with_names
from pglab.classroom.room.own_runs.training_plan import TrainingPlan, read_plan, written_plan
from pglab.classroom.room.state import RoomError, RoomState
from pglab.classroom.room.steering import change_room
from pglab.curves import Curve, UsualBand
from pglab.language import _
from pglab.library.store.library import Library
from pglab.library.store.rooms import contributions
from pglab.library.store.rooms.contributions import RunOfMember
from pglab.library.store.rooms.rooms import RoomRow
from pglab.session.seeds.statistics import band_of, grid_spacing, smoothed_curve
from pglab.session.training_session import TrainingSession

_LARGEST = 1e9  # of each return


@dataclass(frozen=True)
class StudentRun:
    """A member's run at one moment."""

    seed: int
    value: float | None  # of the setting that the members choose
    global_step: int
    ended: bool
    curve: Curve  # smoothed returns, thinned


@dataclass(frozen=True)
class MemberRun:
    """A run and its member. If the room hides nicknames, the nickname is empty."""

    number: int
    nickname: str
    run: StudentRun


@dataclass(frozen=True)
class Training:
    """A plan that the members train in a lesson step, or have trained until it was stopped."""

    plan: TrainingPlan
    is_running: bool


def let_train(library: Library, key: str, version: int, plan: TrainingPlan | None) -> RoomState:
    """Let all members train a plan in the step that the room shows; None stops the training.

    All saved runs stay in the export. `runs_of` returns the runs of the plan that was started last.
    If a plan is started again in the same step, its earlier runs are returned again. For the
    arguments and errors, see `steering.go_to_step`.

    Raises:
        RoomError: the step already has too many plans, or an error of `go_to_step` occurs.
    """
    text = None if plan is None else written_plan(plan)

    def same(state: RoomState, _lesson: object) -> RoomState:
        state.require_open()
        return state

    def save(connection: Connection, row: RoomRow) -> None:
        if text is None:
            contributions.stop_training(connection, row.room, row.step, time.time())
        elif not contributions.start_training(connection, row.room, row.step, text, time.time()):
            raise RoomError(
                _("The class has trained {n} times in this step. Go on in another step.").format(
                    n=contributions.MOST_TRAININGS
                )
            )

    return change_room(library, key, version, same, part=save)


def training_of(library: Library, room: str, step: int) -> Training | None:
    """Load the training that was started last in a lesson step; None if there is none.

    Raises:
        RoomError: the plan is damaged.
        LibraryUnavailable: the library cannot be used now.
    """
    row = library.read(lambda connection: contributions.load_training(connection, room, step))
    return None if row is None else Training(read_plan(row.plan), row.stopped is None)


def plan_of(library: Library, room: str, step: int) -> TrainingPlan | None:
    """Load the plan that the members train now in a lesson step; None if they train nothing.

    For the errors, see `training_of`.
    """
    training = training_of(library, room, step)
    return None if training is None or not training.is_running else training.plan


def student_run(session: TrainingSession, plan: TrainingPlan) -> StudentRun:
    """Return the present state of a member's run."""
    value = None if plan.setting is None else getattr(session.config, plan.setting)
    return StudentRun(
        session.config.seed,
        value,
        int(session.global_step),
        session.finished,
        thinned_for_band(smoothed_curve(session), plan.steps),
    )


def is_run_of(session: TrainingSession, config: AgentConfig) -> bool:
    """True if a run has had these settings from its beginning until now."""
    unchanged = session.initial_config == session.config and not session.history.changes
    return unchanged and session.config == config


def thinned_for_band(curve: Curve, steps: int) -> Curve:
    """Return the points of a curve that `band` needs for runs with this number of steps.

    These points are the first, the last, and for each step of the band's grid, the latest point at
    or before this step. `band` gives the same result without the other points.
    """
    if not len(curve.steps):
        return curve
    spacing = grid_spacing(steps)
    grid = np.arange(0, curve.steps[-1], spacing)
    latest = np.searchsorted(curve.steps, grid, side="right") - 1
    kept = np.unique([0, *latest[latest >= 0], len(curve.steps) - 1])
    return Curve(curve.steps[kept], curve.returns[kept], curve.label)


def save_run(
    library: Library, member: Member, step: int, plan: TrainingPlan, run: StudentRun
) -> None:
    """Store a member's run in a lesson step, unless a later state of this run is already stored.

    Args:
        library: the library that stores the run.
        member: the member who trains.
        step: the lesson step.
        plan: the plan that the member trains.
        run: the member's run. For each value of the chosen setting, a member has a separate run.

    Raises:
        RoomError: the run belongs to another member, its numbers cannot be used, the member has
            tried too many values, or the class does not train this plan any more.
        LibraryUnavailable: the library cannot be used now.
    """
    _require_usable(run, plan, member.number)
    text = written_plan(plan)
    points = np.stack([run.curve.steps, run.curve.returns]).astype("<f8")
    row = RunOfMember(
        member.number, run.value, run.seed, run.global_step, run.ended, points.tobytes()
    )
    refusal = library.write(
        lambda c: contributions.save_run(c, member.room, step, row, text, time.time())
    )
    if refusal == "not trained":
        raise RoomError(
            _("The class does not train this any more. Look at the wall for the next step.")
        )
    if refusal == "too many":
        raise RoomError(
            _("You have tried {n} values, and more do not count. Your runs are kept.").format(
                n=contributions.MOST_TRIES
            )
        )


def runs_of(library: Library, room: str, step: int) -> list[MemberRun]:
    """Load the runs of the plan that was started last, in the order of the members' numbers.

    The runs of one member are in the order of their last saves.

    Raises:
        RoomError: the room does not exist any more.
        LibraryUnavailable: the library cannot be used now.
    """
    found, names = with_names(library, room, lambda c: contributions.runs_of(c, room, step))
    return [MemberRun(run.number, names.get(run.number, ""), _read(run)) for run in found]


def latest_runs(runs: Sequence[MemberRun]) -> list[MemberRun]:
    """For each member, return the run that was saved last."""
    return list({member.number: member for member in runs}.values())


def band(runs: Sequence[MemberRun], plan: TrainingPlan) -> UsualBand | None:
    """Compute, at each step, the median and quartiles of the runs that have reached this step.

    When all runs have ended, the band is the same as if one process had trained the same seeds. The
    band ends where fewer than half of the runs have arrived.

    Returns:
        The band; None if fewer than two runs have ended an episode.
    """
    spacing = grid_spacing(plan.steps)
    begun = [member.run for member in runs if len(member.run.curve.steps)]
    # Between the points of the grid, thinned curves are not exact.
    reached = [
        plan.steps if run.global_step >= plan.steps else run.global_step // spacing * spacing
        for run in begun
    ]
    return band_of([run.curve for run in begun], reached, plan.steps, spacing)


def points_of(curve: bytes) -> NDArray[np.float64]:
    """Return the steps and the returns of a stored curve: [2, N]."""
    points: NDArray[np.float64] = np.frombuffer(curve, "<f8").reshape(2, -1)
    return points


def _read(row: RunOfMember) -> StudentRun:
    points = points_of(row.curve)
    curve = Curve(points[0], points[1], str(row.seed))
    return StudentRun(row.seed, row.value, row.global_step, row.ended, curve)


def _require_usable(run: StudentRun, plan: TrainingPlan, number: int) -> None:
    """Raise a RoomError if this cannot be the run of a member."""
    if run.seed != plan.config_of(number, run.value).seed:
        raise RoomError(_("This run has the seed of somebody else. Open the step again."))
    steps, returns = np.asarray(run.curve.steps, float), np.asarray(run.curve.returns, float)
    is_curve = steps.ndim == 1 and steps.shape == returns.shape
    is_usable = (
        is_curve
        and steps.nbytes + returns.nbytes <= contributions.MOST_BYTES
        and type(run.global_step) is int
        and 0 <= run.global_step <= plan.steps
        and bool((np.diff(steps, prepend=0, append=run.global_step) >= 0).all())
        and bool((np.abs(returns) <= _LARGEST).all())
    )
    if not is_usable:
        raise RoomError(_("The curve of this run cannot be used. Train the run again."))
