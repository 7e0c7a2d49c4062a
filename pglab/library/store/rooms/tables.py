"""The tables of the rooms. All times are seconds since 1970."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from pglab.library.store.tables import metadata

rooms = Table(
    "pglab_rooms",
    metadata,
    Column("room", Text, primary_key=True),
    Column("code", Text, nullable=False),  # the short code
    Column("rest", Text, nullable=False),  # what follows the short code in the full one
    Column("key_hash", Text, nullable=False),  # of the teacher's key
    Column("owner_hash", Text, nullable=False),  # of the teacher's browser
    Column("opened", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Column("ended", Double),  # None: the teacher has not ended the room
    Column("door_from", Double, nullable=False),  # while the short code opens the room
    Column("door_until", Double, nullable=False),
    Column("version", BigInteger, nullable=False),  # grows with each change by the teacher
    Column("mode", Text, nullable=False),
    Column("step", Integer, nullable=False),  # the lesson step that the room shows, from 1
    Column("questions", Text, nullable=False),  # the state of each step's question, as JSON
    Column("names", Boolean, nullable=False),  # whether nicknames are shown
    Column("lesson", Text, nullable=False),  # its file; behind what is read most often
    # The run that all phones show, by the name with which others watch it; empty if there is none.
    Column("live_name", Text, nullable=False),
    Column("live_title", Text, nullable=False),
    Index("pglab_rooms_by_code", "code", unique=True),
    Index("pglab_rooms_by_key", "key_hash", unique=True),
)

# The short codes that no new room may have until `kept`; they outlive their rooms.
codes = Table(
    "pglab_room_codes",
    metadata,
    Column("code", Text, primary_key=True),
    Column("kept", Double, nullable=False),
)

# The wrong short codes of the last day.
guesses = Table(
    "pglab_room_guesses",
    metadata,
    Column("code", Text, primary_key=True),
    Column("tried", Double, primary_key=True),
    Column("visitor_hash", Text, nullable=False),
    Column("doors", Integer, nullable=False),  # how many rooms the code could have opened
)

# How many members have joined from each network address within an hour.
joins = Table(
    "pglab_room_joins",
    metadata,
    Column("visitor_hash", Text, primary_key=True),
    Column("since", Double, nullable=False),  # the beginning of the hour
    Column("joined", Integer, nullable=False),
)

members = Table(
    "pglab_room_members",
    metadata,
    Column("room", Text, ForeignKey(rooms.c.room, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1
    Column("key_hash", Text, nullable=False),
    Column("nickname", Text, nullable=False),  # may be empty
    Column("step", Integer, nullable=False),  # where the member is, if the room is free
    Column("moves", Integer, nullable=False),  # grows when `step` or `nickname` changes
    Column("joined", Double, nullable=False),
    Column("seen", Double, nullable=False),
    Index("pglab_room_members_by_key", "key_hash", unique=True),
)


def _of_member() -> ForeignKeyConstraint:
    """Return the constraint that a row belongs to a member and is deleted with this member."""
    return ForeignKeyConstraint(
        ["room", "number"], [members.c.room, members.c.number], ondelete="CASCADE"
    )


answers = Table(
    "pglab_room_answers",
    metadata,
    Column("room", Text, primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("answer", Text, nullable=False),  # JSON
    Column("answered", Double, nullable=False),
    _of_member(),
)

# What the members train in a lesson step. The training that was started last is the present one.
trainings = Table(
    "pglab_room_trainings",
    metadata,
    Column("room", Text, ForeignKey(rooms.c.room, ondelete="CASCADE"), primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("training", Integer, primary_key=True, autoincrement=False),  # from 1 in each step
    Column("plan", Text, nullable=False),  # JSON
    Column("started", Double, nullable=False),
    Column("stopped", Double),  # None: the teacher has not stopped it
)

# A member has one run for each value that the member has chosen in a training.
student_runs = Table(
    "pglab_room_student_runs",
    metadata,
    Column("room", Text, primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("training", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("chosen", Text, primary_key=True),  # the value as text; empty if members choose nothing
    Column("seed", BigInteger, nullable=False),
    Column("global_step", BigInteger, nullable=False),
    Column("ended", Boolean, nullable=False),
    Column("curve", LargeBinary, nullable=False),
    Column("saves", Integer, nullable=False),
    Column("saved", Double, nullable=False),
    _of_member(),
)

# The best return that a member has reached by hand.
hand_returns = Table(
    "pglab_room_returns",
    metadata,
    Column("room", Text, primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("best", Double, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("saved", Double, nullable=False),
    _of_member(),
)
