"""The tables of the database; `migrations` creates them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()

schema = Table(
    "pglab_schema",
    metadata,
    Column("version", Integer, nullable=False),
)

# One small row for each run, so that lists do not read the contents.
runs = Table(
    "pglab_runs",
    metadata,
    Column("address", Text, primary_key=True),
    Column("owner_hash", Text, nullable=False),
    Column("writer", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("global_step", BigInteger, nullable=False),
    Column("episodes", BigInteger, nullable=False),
    Column("mean_return", Double),
    Column("outcome", Text),
    Column("seed", BigInteger, nullable=False),
    Column("curve", LargeBinary, nullable=False),
    Column("training_seconds", Double, nullable=False),
    Column("name", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("searched", Text, nullable=False),  # the texts in which a search looks, in lower case
    Column("started", Double, nullable=False),  # seconds since 1970, as in the other tables
    Column("saved", Double, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),  # SHA-256 of the contents
    Index("pglab_runs_of_owner", "owner_hash", "saved"),
)

contents = Table(
    "pglab_contents",
    metadata,
    Column("address", Text, ForeignKey(runs.c.address, ondelete="CASCADE"), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

# The transitions `first_row` to `end_row` − 1 of a run's replay buffer.
blocks = Table(
    "pglab_blocks",
    metadata,
    Column("address", Text, ForeignKey(runs.c.address, ondelete="CASCADE"), primary_key=True),
    Column("first_row", BigInteger, primary_key=True, autoincrement=False),
    Column("end_row", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("lengths", Text, nullable=False),  # of the pieces in `packed`, as JSON
    Column("packed", LargeBinary, nullable=False),
)

visits = Table(
    "pglab_visits",
    metadata,
    Column("key_hash", Text, primary_key=True),
    Column("facts", Text, nullable=False),
    Column("saved", Double, nullable=False),
)

results = Table(
    "pglab_results",
    metadata,
    Column("key", Text, primary_key=True),
    Column("saved", Double, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("pglab_results_by_age", "saved"),
)

lessons = Table(
    "pglab_lessons",
    metadata,
    Column("address", Text, primary_key=True),
    Column("owner_hash", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("content", Text, nullable=False),  # the lesson's file
    Column("created", Double, nullable=False),
    Column("used", Double, nullable=False),  # saved or loaded last, to the day
    Index("pglab_lessons_of_owner", "owner_hash", "created"),
)

lesson_progress = Table(
    "pglab_lesson_progress",
    metadata,
    Column("owner_hash", Text, primary_key=True),
    Column("lesson", Text, primary_key=True),
    Column("facts", Text, nullable=False),  # the answers, as JSON
    Column("saved", Double, nullable=False),
)
