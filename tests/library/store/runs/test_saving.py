"""A run comes back from the library as it was saved, and only its owner can change it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select, update

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.library.contents import RunContents
from pglab.library.encoding import decoded, encoded
from pglab.library.snapshot import contents_of, session_from
from pglab.library.state.taking import StateError
from pglab.library.store.library import Library
from pglab.library.store.problems import RunDeleted, TakenOver
from pglab.library.store.runs.kept import hash_of, is_address, new_address
from pglab.library.store.runs.summary import MOST_POINTS, curve_of
from pglab.library.store.tables import blocks, contents, runs, visits
from pglab.session.training_session import TrainingSession
from tests.library.store.samples import ADA, BOB, address, blocks_at, invented, real

SMALL: dict[str, Any] = {"hidden_sizes": (8,), "seed": 5}
CONFIGS: dict[str, AgentConfig] = {
    "reinforce": ReinforceConfig(**SMALL),
    "shared_on_policy": ActorCriticConfig.shared_on_policy(**SMALL),
    "split_replay": ActorCriticConfig.split_replay(replay_capacity=2_500, **SMALL),
}


# --- Continuing


@pytest.mark.parametrize("name", CONFIGS)
def test_a_run_continues_exactly_from_each_save(library: Library, name: str) -> None:
    """The buffer of the agent with replay grows, wraps round, and drops its first blocks."""
    whole = TrainingSession(CONFIGS[name])
    session = TrainingSession(CONFIGS[name])
    known: RunContents | None = None
    for steps in (700, 324, 1_500, 2_000, 51):
        session.advance("step", steps)
        known = contents_of(session, known.state.blocks if known else ())
        library.save(real(known))
        stored = library.load(address())
        assert stored is not None
        session = session_from(decoded(stored.data, stored.blocks))
    session.advance("step", 425)
    whole.advance("step", 5_000)
    assert same_state(session, whole)


def same_state(session: TrainingSession, other: TrainingSession) -> bool:
    """True if two runs are equal bit for bit, except the time that they have needed."""
    one, two = (dataclasses.replace(contents_of(s), training_seconds=0.0) for s in (session, other))
    return encoded(one) == encoded(two) and one.state.blocks == two.state.blocks


def test_other_transitions_in_the_same_rows_replace_the_stored_ones(library: Library) -> None:
    """After a rewind with other settings, a whole block has other transitions."""
    library.save(invented(blocks=blocks_at(3_000, 10_000)))
    other = blocks_at(3_000, 10_000, salt="other")
    library.save(invented(data=b"later", blocks=other))
    stored = library.load(address())
    assert stored is not None
    assert (stored.data, stored.blocks) == (b"later", other)


def test_damaged_bytes_are_refused(library: Library) -> None:
    library.save(invented(1, data=b"data", blocks=blocks_at(100, 200)))
    library.save(invented(2, data=b"data", blocks=blocks_at(100, 200)))
    with library._writing.begin() as connection:
        connection.execute(
            update(contents).where(contents.c.address == address(1)).values(data=b"dada")
        )
        connection.execute(update(blocks).where(blocks.c.address == address(2)).values(packed=b"0"))
    for number in (1, 2):
        with pytest.raises(StateError, match=r"The stored run is damaged\."):
            library.load(address(number))


# --- What is written


def test_only_new_blocks_are_written_and_dropped_ones_deleted(library: Library) -> None:
    library.save(invented(data=b"1", blocks=blocks_at(3_000, 4_096)))
    written: list[Any] = []
    count_writes(library._writing, written)
    library.save(invented(data=b"2", blocks=blocks_at(3_050, 4_096)))
    assert written == ["DELETE pglab_blocks", "INSERT pglab_blocks", *UPDATES]
    assert block_rows(library) == [(0, 1_024), (1_024, 2_048), (2_048, 3_050)]
    library.save(invented(data=b"3", blocks=blocks_at(6_500, 4_096)))  # rows 0 to 2,048 are dropped
    assert block_rows(library) == [
        *((2_048, 3_072), (3_072, 4_096), (4_096, 5_120), (5_120, 6_144), (6_144, 6_500))
    ]


def test_a_save_of_an_unchanged_run_writes_nothing(library: Library) -> None:
    kept = invented(blocks=blocks_at(3_000, 4_096))
    library.save(kept)
    written: list[Any] = []
    count_writes(library._writing, written)
    library.save(kept)
    assert written == []
    library.save(dataclasses.replace(kept, data=b"other"))
    assert written == UPDATES


UPDATES = ["UPDATE pglab_runs", "UPDATE pglab_contents"]


def count_writes(engine: Engine, written: list[str]) -> None:
    """Append the kind and the table of each command that writes."""

    @event.listens_for(engine, "after_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        words = statement.replace(" INTO ", " ").replace(" FROM ", " ").split()
        if words[0] in ("INSERT", "UPDATE", "DELETE"):
            written.append(f"{words[0]} {words[1]}")


def block_rows(library: Library) -> list[tuple[int, int]]:
    with library._reading.begin() as connection:
        found = connection.execute(
            select(blocks.c.first_row, blocks.c.end_row).order_by(blocks.c.first_row)
        )
        return [(first, end) for first, end in found]


def test_neither_the_owners_key_nor_the_key_of_a_visit_is_stored(library: Library) -> None:
    library.save(invented())
    library.save_visit("key of a visit", "{}")
    with library._reading.begin() as connection:
        found = [*connection.execute(select(runs)), *connection.execute(select(visits))]
    text = repr(found)
    assert hash_of(ADA) in text
    assert ADA not in text
    assert "key of a visit" not in text


# --- Owners and visits


def test_only_the_owner_can_change_a_run(library: Library) -> None:
    library.save(invented())
    with pytest.raises(TakenOver, match="belongs to somebody else"):
        library.save(invented(owner=BOB, data=b"his"))
    with pytest.raises(TakenOver, match="belongs to somebody else"):
        library.take_over(address(), BOB, "tab")
    assert not library.annotate(BOB, address(), name="his")
    assert library.delete(BOB, [address()]) == 0
    stored = library.load(address())
    assert stored is not None
    assert (stored.data, stored.name) == (b"data", "")
    assert stored.belongs_to(ADA)
    assert not stored.belongs_to(BOB)


def test_a_run_is_written_by_the_visit_that_took_it_over(library: Library) -> None:
    library.save(invented(data=b"1", writer="old tab"))
    library.take_over(address(), ADA, "new tab")
    with pytest.raises(TakenOver, match="Another tab continues this run now"):
        library.save(invented(data=b"2", writer="old tab"))
    library.save(invented(data=b"3", writer="new tab"))
    stored = library.load(address())
    assert stored is not None
    assert stored.data == b"3"


def test_addresses_cannot_be_guessed_and_are_checked(library: Library) -> None:
    made = {new_address() for _n in range(100)}
    assert len(made) == 100
    assert all(is_address(text) and len(text) == 24 for text in made)
    for text in (
        "",
        "short",
        "a" * 65,
        "a" * 23 + "ä",
        "a" * 24 + "\n",
        "'; DROP TABLE pglab_runs",
    ):
        assert library.load(text) is None
        assert not library.annotate(ADA, text, name="x")
        assert library.delete(ADA, [text]) == 0
        library.take_over(text, ADA, "tab")
        with pytest.raises(ValueError, match="the address of a run has 22 to 64 letters"):
            library.save(dataclasses.replace(invented(), address=text))
    assert library.load(address()) is None
    library.take_over(address(), ADA, "tab")


def test_a_save_keeps_name_note_pin_and_first_date(library: Library) -> None:
    library.save(invented(data=b"1"))
    library.annotate(ADA, address(), name="Best", note="of all", pinned=True)
    (before,) = library.runs_of(ADA)
    library.save(invented(data=b"22", global_step=2_000))
    (after,) = library.runs_of(ADA)
    assert (after.name, after.note, after.pinned) == ("Best", "of all", True)
    assert after.started == before.started == before.saved < after.saved
    assert (after.summary.global_step, after.size) == (2_000, 2)
    assert library.runs_of(ADA, search="best") == [after]


# --- Facts of a visit


def test_the_facts_of_a_visit_come_back(library: Library) -> None:
    assert library.load_visit("key") is None
    library.save_visit("key", '{"guess": "ä"}')
    library.save_visit("other \ud800 \0", "[]")
    library.save_visit("key", '{"guess": 2}')
    assert library.load_visit("key") == '{"guess": 2}'
    assert library.load_visit("other \ud800 \0") == "[]"


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ('"' + "ä" * 100_000 + '"', "more than 200000 bytes"),
        ("no JSON", "Expecting value"),
        ('"\0"', "Invalid control character"),
        ('"\ud800"', "surrogates not allowed"),
    ],
)
def test_the_facts_of_a_visit_are_bounded_json(library: Library, facts: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        library.save_visit("key", facts)
    assert library.load_visit("key") is None


# --- The summary


def test_the_summary_of_a_run() -> None:
    session = TrainingSession(CONFIGS["split_replay"])
    nothing = real(contents_of(session)).summary
    assert (nothing.episodes, nothing.mean_return, nothing.curve) == (0, None, b"")
    session.advance("step", 5_000)
    session.change(gamma=0.5)
    summary = real(contents_of(session)).summary
    assert summary.agent == "split_replay"
    assert (summary.environment, summary.seed) == ("CartPole-v1", 5)
    assert '"gamma": 0.5' in summary.settings
    assert (summary.global_step, summary.outcome) == (5_000, None)
    assert summary.episodes == len(session.history.episodes)
    assert summary.mean_return == session.history.mean_return()
    assert summary.training_seconds == session.training_seconds
    curve = curve_of(summary)
    assert len(curve.steps) == len(curve.returns) == MOST_POINTS < summary.episodes
    assert curve.steps[-1] == session.history.episodes["global_step"][-1]
    assert curve.returns[-1] == pytest.approx(session.history.mean_return(20))
    assert len(curve_of(nothing).steps) == 0


def test_a_run_that_was_deleted_is_not_inserted_again(library: Library) -> None:
    known = [dataclasses.replace(invented(n, data=b"x"), was_stored=True) for n in (1, 2)]
    library.save(invented(1), invented(2))
    library.save(*known)
    library.delete(ADA, [address(2)])
    with pytest.raises(RunDeleted):
        library.save(dataclasses.replace(known[0], data=b"y"), known[1])
    (row,) = library.runs_of(ADA)
    stored = library.load(row.address)
    assert stored is not None
    assert (stored.address, stored.data) == (address(1), b"x"), "all runs or none are changed"


def test_nothing_is_left_of_a_deleted_run(library: Library) -> None:
    library.save(invented(1, blocks=blocks_at(2_000, 4_096)))
    library.save(invented(2))
    assert library.delete(ADA, [address(1), address(3)]) == 1
    with library._reading.begin() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (runs, contents, blocks)
        ]
    assert counts == [1, 1, 0]
