"""A comparison is saved beside training, and comes back with all sides at one moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.curves import Curve
from pglab.library.encoding import encoded
from pglab.library.keeping.comparison_facts import MOST_EARLIER, comparison_facts, past_facts
from pglab.library.keeping.comparison_keeper import ComparisonKeeper
from pglab.library.keeping.reopening import reopened
from pglab.library.keeping.reopening_comparison import ReopenedComparison, reopened_comparison
from pglab.library.keeping.saver import Saver, SharedLibrary
from pglab.library.snapshot import contents_of
from pglab.library.state.taking import StateError
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.runs.kept import new_address
from pglab.library.store.visits import MOST_BYTES
from pglab.session.side_by_side.bench import ComparisonBench
from pglab.session.side_by_side.comparison import LENGTHS, PAIRS, Comparison
from tests.session.test_comparison import ABSURD, bring_up, steps_of

OWNER, OTHER = "a" * 32, "b" * 32
SMALL: dict[str, Any] = {"hidden_sizes": (8,), "total_steps": 3_000}
AGENTS = (
    ReinforceConfig(**SMALL, min_batch_steps=40),
    ActorCriticConfig.split_replay(**SMALL, replay_capacity=500),
)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = open_library(f"sqlite:///{tmp_path}/runs.sqlite3")
    yield opened
    opened.close()


def bench_at(steps: int, seeds: int = 1) -> ComparisonBench:
    bench = ComparisonBench(Comparison(AGENTS, seeds, first_seed=3, length=LENGTHS[0]))
    bench.comparison.advance(steps)
    return bench


def kept(library: Library, bench: ComparisonBench, owner: str = OWNER) -> ComparisonKeeper:
    keeper = ComparisonKeeper(bench, owner)
    keeper.save(library)
    return keeper


def address_of(keeper: ComparisonKeeper) -> str:
    assert keeper.address is not None
    return keeper.address


def back(library: Library, address: str, owner: str = OWNER) -> ReopenedComparison:
    found = reopened_comparison(library, address, owner)
    assert found is not None
    return found


def stored_steps(library: Library, address: str) -> list[int]:
    return steps_of(back(library, address).bench.comparison)


def is_taken_over(keeper: ComparisonKeeper) -> bool:
    return keeper.taken_over


def is_running(comparison: Comparison) -> bool:
    return comparison.running


def states(comparison: Comparison) -> list[bytes]:
    """Everything that is stored of the runs of all sides and seeds, but for the time they took."""
    sessions = [session for side in comparison.sides for session in side.sessions]
    return [encoded(replace(contents_of(s), training_seconds=0.0)) for s in sessions]


def test_a_comparison_that_has_not_begun_is_not_saved(library: Library) -> None:
    keeper = kept(library, bench_at(0))
    assert keeper.address is None
    assert keeper.shown_address is None
    assert library.runs_of(OWNER) == []
    keeper.driven.run()
    assert keeper.address is not None


def test_a_comparison_comes_back_and_goes_on_exactly(library: Library) -> None:
    bench = bench_at(700, seeds=2)
    bring_up(bench.comparison)
    bench.guess = 2
    found = back(library, address_of(kept(library, bench)))
    again = found.bench.comparison
    assert found.mine
    assert found.bench.guess == 2
    assert (again.configs, again.seeds, again.first_seed) == (AGENTS, 2, 3)
    assert (again.length, again.running) == (LENGTHS[0], False)
    assert steps_of(again) == [700, 700]
    assert again.busy, "the second seeds must train by themselves"
    bring_up(again)
    assert steps_of(again) == [700, 700]
    assert states(again) == states(bench.comparison)
    assert [f.mean_return for f in again.summary(1).facts] == [
        f.mean_return for f in bench.comparison.summary(1).facts
    ]
    for comparison in (bench.comparison, again):
        comparison.advance(500)
        bring_up(comparison)
    assert states(again) == states(bench.comparison)
    assert not any(s.checkpoints for side in again.sides for s in side.sessions)


def test_each_side_is_an_ordinary_run_at_an_address_that_stays(library: Library) -> None:
    bench = bench_at(100)
    keeper = kept(library, bench)
    address, first = address_of(keeper), {run.address for run in library.runs_of(OWNER)}
    bench.comparison.advance(100)
    keeper.save(library)
    rows = library.runs_of(OWNER)
    assert {run.address for run in rows} == first
    assert [row.summary.global_step for row in rows] == [200, 200]
    assert {row.summary.agent for row in rows} == {"reinforce", "split_replay"}
    assert address_of(keeper) == address
    assert address not in first
    side = reopened(library, rows[0].address, OWNER)
    assert side is not None
    assert side.is_side, "it must be opened as a copy"
    assert reopened_comparison(library, rows[0].address, OWNER) is None


def test_a_reset_keeps_the_former_comparison_and_its_row(library: Library) -> None:
    bench = bench_at(600)
    bench.guess = 1
    keeper = kept(library, bench)
    former, row = address_of(keeper), bench.comparison.summary(1)
    bench.begin(Comparison(AGENTS[::-1], 1))
    assert keeper.address is None
    bench.comparison.advance(300)
    keeper.save(library)
    assert address_of(keeper) != former
    found = back(library, address_of(keeper)).bench
    assert (found.guess, stored_steps(library, former)) == (None, [600, 600])
    (past,) = found.past
    assert replace(past, middles=()) == replace(row, middles=())
    for curve, known in zip(past.middles, row.middles, strict=True):
        np.testing.assert_array_equal(curve.steps, known.steps)
        np.testing.assert_allclose(curve.returns, known.returns, rtol=1e-8)
    found.begin(Comparison(AGENTS, 1))
    assert [past.number for past in found.past] == [1, 2]


def test_another_person_gets_a_copy_without_guess_and_earlier_comparisons(library: Library) -> None:
    bench = bench_at(100)
    bench.begin(Comparison(AGENTS, 1))
    bench.guess = 0
    bench.comparison.advance(200)
    original = address_of(kept(library, bench))
    found = back(library, original, OTHER)
    assert (found.mine, found.bench.past, found.bench.guess) == (False, [], None)
    copy = ComparisonKeeper(found.bench, OTHER, found.addresses)
    copy.copy()
    copy.save(library)
    assert (copy.address, copy.shown_address) == (None, original)
    assert library.runs_of(OTHER) == []
    found.bench.comparison.advance(50)
    copy.save(library)
    assert copy.address == copy.shown_address != original
    assert stored_steps(library, original) == [200, 200]
    assert stored_steps(library, address_of(copy)) == [250, 250]
    assert len(library.runs_of(OTHER)) == len(library.runs_of(OWNER)) == 2


def test_the_tab_that_opened_a_comparison_last_saves_it(library: Library) -> None:
    bench = bench_at(100)
    keeper = kept(library, bench)
    address = address_of(keeper)
    found = back(library, address)
    ComparisonKeeper(found.bench, OWNER, found.addresses).adopt(library)
    bench.comparison.advance(100)
    keeper.save(library)
    assert is_taken_over(keeper)
    assert (keeper.address, keeper.shown_address) == (None, address)
    assert stored_steps(library, address) == [100, 100]
    keeper.copy()
    bench.comparison.advance(1)
    keeper.save(library)
    assert not is_taken_over(keeper)
    assert stored_steps(library, address_of(keeper)) == [201, 201]


def test_if_one_side_cannot_be_saved_all_sides_stay_as_they_were(library: Library) -> None:
    bench = bench_at(100)
    keeper = kept(library, bench)
    address, sides = address_of(keeper), back(library, address_of(keeper)).addresses.sides
    library.take_over(sides[1], OWNER, "another tab")
    bench.comparison.advance(100)
    keeper.save(library)
    assert is_taken_over(keeper)
    assert stored_steps(library, address) == [100, 100]


def test_a_reloaded_page_takes_the_comparison_where_it_stood(library: Library) -> None:
    saver = Saver(SharedLibrary(lambda: library))
    bench = bench_at(100)
    keeper = kept(library, bench)
    address, comparison = address_of(keeper), bench.comparison
    saver.add(keeper)
    comparison.run()
    comparison.advance(50)
    watched = True
    keeper.is_watched = lambda: watched
    assert saver.hand_over(library, address, OWNER)
    watched = False
    (side, *_others) = back(library, address).addresses.sides
    assert not saver.hand_over(library, side, OWNER)
    assert is_running(comparison), "one side was opened as a copy"
    assert stored_steps(library, address) == [150, 150]
    comparison.advance(50)
    assert not saver.hand_over(library, address, OWNER)
    assert not is_running(comparison)
    assert is_taken_over(keeper)
    assert stored_steps(library, address) == [200, 200]


def test_a_side_that_diverged_comes_back(library: Library) -> None:
    bench = ComparisonBench(Comparison((AGENTS[0], ABSURD), 1))
    bench.comparison.advance(1_000)
    problem = bench.comparison.problem
    again = back(library, address_of(kept(library, bench))).bench.comparison
    assert problem is not None
    assert again.problem == problem
    assert again.finished
    assert steps_of(again) == steps_of(bench.comparison)


def test_a_comparison_with_a_deleted_side_cannot_be_found(library: Library) -> None:
    address = address_of(kept(library, bench_at(100)))
    library.delete(OWNER, [library.runs_of(OWNER)[0].address])
    assert reopened_comparison(library, address, OWNER) is None
    assert reopened_comparison(library, new_address(), OWNER) is None


def test_a_comparison_with_a_deleted_side_goes_on_at_new_addresses(library: Library) -> None:
    bench = bench_at(100)
    bench.guess = 0
    keeper = kept(library, bench)
    former = {row.address for row in library.runs_of(OWNER)}
    deleted, other = former
    library.delete(OWNER, [deleted])
    bench.guess = 1
    keeper.save(library)
    assert {row.address for row in library.runs_of(OWNER)} == {other}
    bench.comparison.advance(1)
    keeper.save(library)
    new = {row.address for row in library.runs_of(OWNER)} - {other}
    assert len(new) == 2
    assert deleted not in new
    assert stored_steps(library, address_of(keeper)) == [101, 101]


def without_a_side(facts: Any) -> None:
    facts["sides"].pop()


def with_sides_exchanged(facts: Any) -> None:
    facts["sides"].reverse()


def with_another_seed(facts: Any) -> None:
    facts["first_seed"] = 4


def with_too_many_seeds(facts: Any) -> None:
    facts["seeds"] = 10**9


def with_a_guess_of_nobody(facts: Any) -> None:
    facts["guess"] = 3


def with_a_curve_of_words(facts: Any) -> None:
    facts["earlier"][0]["middles"][0]["steps"] = ["one"]


def with_an_unknown_setting(facts: Any) -> None:
    facts["configs"][0]["settings"]["gama"] = 1


@pytest.mark.parametrize(
    "damage",
    [
        without_a_side,
        with_sides_exchanged,
        with_another_seed,
        with_too_many_seeds,
        with_a_guess_of_nobody,
        with_a_curve_of_words,
        with_an_unknown_setting,
    ],
)
def test_a_damaged_comparison_is_refused(library: Library, damage: Callable[[Any], None]) -> None:
    bench = bench_at(100)
    bench.begin(Comparison(AGENTS, 1, first_seed=3, length=LENGTHS[0]))
    bench.comparison.advance(100)
    address = address_of(kept(library, bench))
    facts = json.loads(library.load_visit(address) or "")
    damage(facts)
    library.save_visit(address, json.dumps(facts))
    with pytest.raises(StateError):
        reopened_comparison(library, address, OWNER)


def test_what_is_stored_beside_the_runs_stays_below_its_limit() -> None:
    comparison = Comparison(PAIRS["cells"].configs, 16)
    steps = 12.0 * np.arange(1, 20_000)
    long = Curve(steps, 500 * np.random.default_rng(0).random(len(steps)))
    past = replace(comparison.summary(1), middles=(long,) * 4)
    sides = [new_address() for _side in comparison.sides]
    facts = comparison_facts(comparison, sides, None, [past_facts(past)] * MOST_EARLIER)
    assert MOST_BYTES / 10 < len(json.dumps(facts)) < MOST_BYTES
