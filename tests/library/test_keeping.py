"""The runs of a page are saved beside training, and come back with the runs before them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.library.encoding import encoded
from pglab.library.keeping.reopening import Reopened, reopened
from pglab.library.keeping.run_keeper import RunKeeper
from pglab.library.keeping.saver import Saver, SharedLibrary
from pglab.library.snapshot import contents_of
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.problems import LibraryUnavailable
from pglab.session.bench import Bench
from pglab.session.training_session import TrainingSession
from tests.oracles import short_config

OWNER, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = open_library(f"sqlite:///{tmp_path}/runs.sqlite3")
    yield opened
    opened.close()


def address_of(keeper: RunKeeper) -> str:
    assert keeper.address is not None
    return keeper.address


def back(library: Library, address: str, owner: str = OWNER) -> Reopened:
    found = reopened(library, address, owner)
    assert found is not None
    return found


def is_running(bench: Bench) -> bool:
    return bench.running


def is_taken_over(keeper: RunKeeper) -> bool:
    return keeper.taken_over


def state(session: TrainingSession) -> bytes:
    return encoded(replace(contents_of(session), training_seconds=0.0))


def test_a_run_that_has_not_begun_is_not_saved(library: Library) -> None:
    keeper = RunKeeper(Bench(short_config()), OWNER)
    keeper.save(library)
    assert keeper.address is None
    assert library.runs_of(OWNER) == []


def test_a_paused_run_is_saved_at_once_and_a_running_one_now_and_then(library: Library) -> None:
    bench = Bench(short_config(total_steps=5_000))
    keeper = RunKeeper(bench, OWNER)
    bench.advance("step")
    keeper.save(library)
    bench.advance("step")
    keeper.save(library)
    assert back(library, address_of(keeper)).bench.session.global_step == 2
    bench.run()
    bench.session.advance("step", 5)
    keeper.save(library)
    assert back(library, address_of(keeper)).bench.session.global_step == 2
    keeper.save(library, at_once=True)
    assert back(library, address_of(keeper)).bench.session.global_step == 7


@pytest.mark.parametrize(
    "config", [ReinforceConfig(), ActorCriticConfig.split_replay(replay_capacity=1_000)]
)
def test_a_run_comes_back_with_the_runs_before_it(
    library: Library, config: ReinforceConfig | ActorCriticConfig
) -> None:
    bench = Bench(config)
    keeper = RunKeeper(bench, OWNER)
    keeper.visit = lambda: {"chosen": "x"}
    first = ""
    for steps in (1_500, 1_300):
        bench.reset()
        bench.session.advance("step", steps)
        keeper.save(library)
        first = first or address_of(keeper)
    found = back(library, address_of(keeper))
    assert found.mine
    assert found.visit["chosen"] == "x"
    assert found.addresses == {1: first, 2: keeper.address}
    (past,), (known,) = found.bench.past, bench.past
    assert (past.global_step, past.episodes, past.mean_return) == (
        known.global_step,
        known.episodes,
        known.mean_return,
    )
    assert past.returns.tobytes() == known.returns.tobytes()
    for session in (bench.session, found.bench.session):
        session.advance("step", 1_000)
    assert state(found.bench.session) == state(bench.session)


def test_a_fork_gets_an_address_of_its_own_and_the_old_run_stays(library: Library) -> None:
    bench = Bench(short_config(total_steps=9_000))
    keeper = RunKeeper(bench, OWNER)
    bench.session.advance("step", 2_000)
    keeper.save(library)
    old = address_of(keeper)
    bench.rewind(bench.session.checkpoints[1])
    keeper.save(library)
    assert back(library, old).bench.session.global_step == 2_000
    bench.fork()
    bench.session.advance("step", 10)
    keeper.save(library)
    assert keeper.address != old
    assert back(library, old).bench.session.global_step == 2_000
    assert back(library, address_of(keeper)).bench.forked == (1, bench.forked[1])  # type: ignore[index]


def test_another_person_gets_a_copy_and_no_earlier_runs(library: Library) -> None:
    bench = Bench(short_config())
    keeper = RunKeeper(bench, OWNER)
    for _ in range(2):
        bench.reset()
        bench.session.advance("step", 50)
        keeper.save(library)
    shared = back(library, address_of(keeper), OTHER)
    assert not shared.mine
    assert shared.bench.past == []
    copy = RunKeeper(shared.bench, OTHER)
    copy.copy()
    copy.save(library)
    assert library.runs_of(OTHER) == []
    shared.bench.session.advance("step", 10)
    copy.save(library)
    assert address_of(copy) != address_of(keeper)
    assert back(library, address_of(keeper)).bench.session.global_step == 50
    assert len(library.runs_of(OTHER)) == 1


def test_the_tab_that_opened_a_run_last_saves_it(library: Library) -> None:
    bench = Bench(short_config())
    keeper = RunKeeper(bench, OWNER)
    bench.advance("step")
    keeper.save(library)
    found = back(library, address_of(keeper))
    RunKeeper(found.bench, OWNER, found.addresses).adopt(library)
    bench.advance("step")
    keeper.save(library)
    assert is_taken_over(keeper)
    assert back(library, found.addresses[1]).bench.session.global_step == 1
    keeper.copy()
    bench.advance("step")
    keeper.save(library)
    assert not is_taken_over(keeper)
    assert len(library.runs_of(OWNER)) == 2


@pytest.mark.parametrize("is_reopened", [False, True])
def test_a_deleted_run_stays_deleted_and_what_continues_is_a_new_run(
    library: Library, is_reopened: bool
) -> None:
    bench = Bench(short_config(total_steps=5_000))
    keeper, facts = RunKeeper(bench, OWNER), {"guess": 1}
    bench.session.advance("step", 50)
    keeper.save(library)
    deleted = address_of(keeper)
    if is_reopened:
        found = back(library, deleted)
        bench = found.bench
        keeper = RunKeeper(bench, OWNER, found.addresses)
        keeper.adopt(library)
    keeper.visit = lambda: facts
    library.delete(OWNER, [deleted])
    facts = {"guess": 2}
    keeper.save_now(library)
    assert library.runs_of(OWNER) == [], "nothing was trained"
    assert (keeper.address, keeper.shown_address) == (None, deleted)
    for step in (51, 52):
        bench.advance("step")
        keeper.save(library)
        (row,) = library.runs_of(OWNER)
        assert row.summary.global_step == step
        assert row.address == keeper.address == keeper.shown_address != deleted
    assert back(library, address_of(keeper)).visit["guess"] == 2


def test_a_run_that_trains_while_it_is_deleted_loses_nothing(library: Library) -> None:
    bench = Bench(short_config(total_steps=5_000))
    keeper = RunKeeper(bench, OWNER)
    bench.run()
    bench.session.advance("step", 50)
    keeper.save(library)
    assert not keeper.has_moved
    library.delete(OWNER, [address_of(keeper)])
    bench.session.advance("step", 50)
    keeper.release(library)
    (row,) = library.runs_of(OWNER)
    assert row.summary.global_step == 100
    assert keeper.has_moved, "the page must show the new address"


def test_a_reloaded_page_takes_the_run_where_it_stood(library: Library) -> None:
    saver = Saver(SharedLibrary(lambda: library))
    bench = Bench(short_config(total_steps=5_000))
    keeper = RunKeeper(bench, OWNER)
    saver.add(keeper)
    bench.advance("step")
    keeper.save(library)
    bench.run()
    bench.session.advance("step", 7)
    watched = True
    keeper.is_watched = lambda: watched
    assert saver.hand_over(library, address_of(keeper), OWNER)
    assert is_running(bench)
    address, watched = address_of(keeper), False
    assert not saver.hand_over(library, address, OTHER)
    assert is_running(bench)
    assert not saver.hand_over(library, address, OWNER)
    assert not is_running(bench)
    assert back(library, address).bench.session.global_step == 8


def test_without_a_library_the_app_goes_on_and_tries_again() -> None:
    calls: list[int] = []

    def opening() -> Library:
        calls.append(1)
        raise LibraryUnavailable("The disk is full.")

    shared = SharedLibrary(opening)
    assert shared.get() is None
    assert shared.get() is None
    assert (len(calls), shared.problem) == (1, "The disk is full.")
