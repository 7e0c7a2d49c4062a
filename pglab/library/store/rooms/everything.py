"""Reads all stored data of a room's members for an export, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, select

from pglab.library.store.rooms import tables

AnyRow = Row[*tuple[Any, ...]]


def members_of(connection: Connection, room: str) -> Sequence[AnyRow]:
    """Load all members of a room, without their keys."""
    columns = (tables.members.c[name] for name in ("number", "nickname", "step", "joined", "seen"))
    chosen = select(*columns).where(tables.members.c.room == room)
    return connection.execute(chosen.order_by(tables.members.c.number)).all()


def answers_of(connection: Connection, room: str) -> Sequence[AnyRow]:
    """Load all answers of a room."""
    return _by_step(connection, tables.answers, room)


def runs_of(connection: Connection, room: str) -> Sequence[AnyRow]:
    """Load all runs of a room's members, each with the plan of its training."""
    runs, trainings = tables.student_runs, tables.trainings
    same = [runs.c[name] == trainings.c[name] for name in ("room", "step", "training")]
    both = select(runs, trainings.c.plan).join(trainings, and_(*same))
    order = runs.c.step, runs.c.number, runs.c.training, runs.c.saved
    return connection.execute(both.where(runs.c.room == room).order_by(*order)).all()


def returns_of(connection: Connection, room: str) -> Sequence[AnyRow]:
    """Load all returns that the members of a room have reached by hand."""
    return _by_step(connection, tables.hand_returns, room)


def _by_step(connection: Connection, table: Table, room: str) -> Sequence[AnyRow]:
    ordered = select(table).where(table.c.room == room).order_by(table.c.step, table.c.number)
    return connection.execute(ordered).all()
