"""Stores the members' runs, and the returns that members reach when they play by hand.

Each function runs in the caller's transaction. Nothing is stored for a member whose room has ended
or does not exist any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, and_, func, insert, select, update

from pglab.library.store.inserting import insert_new
from pglab.library.store.rooms import rooms, tables

MOST_BYTES = 20_000  # of a plan, and of the curve of one run
MOST_TRAININGS = 30  # of a lesson step
MOST_TRIES = 20  # runs of a member in one training, each with another value

_trainings, _runs, _returns = tables.trainings, tables.student_runs, tables.hand_returns

Refusal = Literal["not trained", "too many"]


@dataclass(frozen=True)
class TrainingRow:
    """A training in a lesson step: the members train a plan until the training is stopped."""

    training: int  # from 1 in each step
    plan: str
    stopped: float | None


@dataclass(frozen=True)
class RunOfMember:
    """The last saved state of a member's run."""

    number: int  # of the member
    value: float | None  # of the setting that the members choose
    seed: int
    global_step: int
    ended: bool
    curve: bytes


@dataclass(frozen=True)
class ReturnByHand:
    """The best return that a member has reached by hand in a lesson step."""

    number: int  # of the member
    best: float
    tries: int


def start_training(connection: Connection, room: str, step: int, plan: str, now: float) -> bool:
    """Let the members train a plan in a lesson step; the runs of earlier trainings are kept.

    If the members have trained the same plan in this step before, the earlier training goes on.

    Returns:
        False if the lesson step already has too many trainings.
    """
    of_step = and_(_trainings.c.room == room, _trainings.c.step == step)
    known = connection.execute(
        select(_trainings.c.training, _trainings.c.plan).where(of_step)
    ).all()
    numbers = {row.plan: row.training for row in known}
    if plan in numbers:
        same = and_(of_step, _trainings.c.training == numbers[plan])
        connection.execute(update(_trainings).where(same).values(started=now, stopped=None))
        return True
    if len(known) >= MOST_TRAININGS:
        return False
    values = {"room": room, "step": step, "training": len(known) + 1, "plan": plan}
    connection.execute(insert(_trainings).values({**values, "started": now}))
    return True


def stop_training(connection: Connection, room: str, step: int, now: float) -> None:
    """Stop the training of a lesson step: accept no more runs, but keep the saved ones."""
    of_step = _trainings.c.room == room, _trainings.c.step == step
    running = update(_trainings).where(*of_step, _trainings.c.stopped.is_(None))
    connection.execute(running.values(stopped=now))


def load_training(connection: Connection, room: str, step: int) -> TrainingRow | None:
    """Load the training of a lesson step that was started last; None if there is none."""
    row = connection.execute(
        select(_trainings.c.training, _trainings.c.plan, _trainings.c.stopped)
        .where(_trainings.c.room == room, _trainings.c.step == step)
        .order_by(_trainings.c.started.desc(), _trainings.c.training.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else TrainingRow(**row._mapping)


def save_run(
    connection: Connection, room: str, step: int, run: RunOfMember, plan: str, now: float
) -> Refusal | None:
    """Store a member's run, unless a later state of this run is already stored.

    Returns:
        "not trained" if the members do not train this plan now. "too many" if this member has too
        many runs already. None if the run was accepted.
    """
    if not _is_open(connection, room, now):  # first, because it keeps the training as it is
        return "not trained"
    training = load_training(connection, room, step)
    if training is None or training.stopped is not None or training.plan != plan:
        return "not trained"
    key = {"room": room, "step": step, "training": training.training, "number": run.number}
    of_member = and_(*(_runs.c[name] == value for name, value in key.items()))
    chosen = "" if run.value is None else repr(run.value)
    tried = set(connection.scalars(select(_runs.c.chosen).where(of_member)))
    if chosen not in tried and len(tried) >= MOST_TRIES:
        return "too many"
    values = {
        "seed": run.seed,
        "global_step": run.global_step,
        "ended": run.ended,
        "curve": run.curve,
        "saved": now,
    }
    if not insert_new(connection, _runs, {**key, "chosen": chosen, **values, "saves": 1}):
        is_later = and_(_runs.c.chosen == chosen, _runs.c.global_step < run.global_step)
        changed = {**values, "saves": _runs.c.saves + 1}
        connection.execute(update(_runs).where(of_member, is_later).values(changed))
    return None


def runs_of(connection: Connection, room: str, step: int) -> list[RunOfMember]:
    """Load the runs of the training that was started last, in the order of the members' numbers.

    The runs of one member are in the order of their last saves.
    """
    training = load_training(connection, room, step)
    if training is None:
        return []
    columns = _runs.c.number, _runs.c.chosen, _runs.c.seed
    rows = connection.execute(
        select(*columns, _runs.c.global_step, _runs.c.ended, _runs.c.curve)
        .where(_runs.c.room == room, _runs.c.step == step)
        .where(_runs.c.training == training.training)
        .order_by(_runs.c.number, _runs.c.saved)
    )
    return [RunOfMember(row.number, chosen_value(row.chosen), *row[2:]) for row in rows]


def chosen_value(chosen: str) -> float | None:
    """Convert the text in the column `chosen` to a number; None if nothing is chosen."""
    return float(chosen) if chosen else None


def note_return(
    connection: Connection, room: str, step: int, number: int, value: float, now: float
) -> bool:
    """Count an attempt to play by hand, and keep the best return; False if the room has ended."""
    if not _is_open(connection, room, now):
        return False
    where = _returns.c.room == room, _returns.c.step == step, _returns.c.number == number
    key = {"room": room, "step": step, "number": number}
    if not insert_new(connection, _returns, {**key, "best": value, "tries": 1, "saved": now}):
        best = func.greatest if connection.dialect.name == "postgresql" else func.max
        changed: dict[str, Any] = {"best": best(_returns.c.best, value), "saved": now}
        changed["tries"] = _returns.c.tries + 1
        connection.execute(update(_returns).where(*where).values(changed))
    return True


def returns_of(connection: Connection, room: str, step: int) -> list[ReturnByHand]:
    """Load each member's best return by hand in a lesson step, from the highest to the lowest."""
    rows = connection.execute(
        select(_returns.c.number, _returns.c.best, _returns.c.tries)
        .where(_returns.c.room == room, _returns.c.step == step)
        .order_by(_returns.c.best.desc(), _returns.c.saved, _returns.c.number)
    )
    return [ReturnByHand(row.number, row.best, row.tries) for row in rows]


def _is_open(connection: Connection, room: str, now: float) -> bool:
    row = rooms.load_unchanged(connection, room, now)
    return row is not None and row.ended is None
