"""Brings back a stored run, together with the earlier runs of its visit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, replace
from typing import Any

from pglab.config import ConfigError
from pglab.library.contents import Facts
from pglab.library.encoding import decoded
from pglab.library.snapshot import session_from
from pglab.library.state.taking import StateError
from pglab.library.store.library import Library
from pglab.session.bench import Bench
from pglab.session.past_run import PastRun, SeedResult, past_run
from pglab.session.training_session import TrainingSession

MOST_EARLIER = 20  # runs of the visit that come back; all of them stay in the library
OF_COMPARISON = "comparison"  # names the fact with the address of a comparison


@dataclass(frozen=True, kw_only=True)
class Found:
    """A stored run or comparison that was found at an address, paused at its saved step."""

    mine: bool  # whether this visitor's browser has saved it
    shown_elsewhere: bool = False  # whether another tab of this browser shows it
    is_side: bool = False  # whether it is the run of one side of a stored comparison


@dataclass(frozen=True, kw_only=True)
class Reopened(Found):
    """A stored run that was opened again."""

    bench: Bench
    addresses: dict[int, str]  # of the visit's runs, by their numbers in the bench
    visit: Facts  # what else was stored with the visitor's own run, such as guesses; not checked


def visit_facts(bench: Bench, addresses: Mapping[int, str]) -> Facts:
    """Describe a visit's earlier runs, so that `reopened` can load them with the current run."""
    runs = [
        {
            "address": addresses[run.number],
            "forked": run.forked,
            "further": [astuple(result) for result in run.further],
        }
        for run in bench.past[-MOST_EARLIER:]
        if run.number in addresses
    ]
    return {"earlier": runs, "forked": bench.forked}


def reopened(library: Library, address: str, owner: str) -> Reopened | None:
    """Load a run and the earlier runs of its visit; return None if no run has this address.

    Raises:
        ConfigError: the environment cannot be used.
        LibraryUnavailable: the library cannot be read now.
        StateError: the stored run is damaged.
    """
    stored = library.load(address)
    if stored is None:
        return None
    session = session_from(decoded(stored.data, stored.blocks))
    mine = stored.belongs_to(owner)
    stored_visit = visit_of(library, address)
    # Earlier runs and guesses of another person are not shown: he has shared this run alone.
    visit = stored_visit if mine else {}
    past, addresses = list[PastRun](), dict[int, str]()
    for known, facts, before in _earlier(library, visit, owner):
        number = len(past) + 1
        past.append(replace(past_run(number, before, _fork(facts)), further=tuple(_further(facts))))
        addresses[number] = known
    bench = Bench.continued(session, past, _fork(visit) if past else None)
    return Reopened(
        bench=bench,
        addresses={**addresses, bench.run_number: address},
        visit=visit,
        mine=mine,
        is_side=OF_COMPARISON in stored_visit,
    )


def visit_of(library: Library, address: str) -> Facts:
    """Load the facts that are stored beside a run or a comparison; they may be empty.

    Raises:
        LibraryUnavailable: the library cannot be read now.
    """
    text = library.load_visit(address)
    visit = json.loads(text) if text else {}
    return visit if isinstance(visit, dict) else {}


def _earlier(
    library: Library, visit: Facts, owner: str
) -> Iterator[tuple[str, Facts, TrainingSession]]:
    """Load the visit's earlier runs, oldest first; leave out deleted and damaged runs."""
    for facts in list(visit.get("earlier") or ())[-MOST_EARLIER:]:
        stored = library.load(facts["address"])
        if stored is None or not stored.belongs_to(owner):
            continue
        try:
            yield facts["address"], facts, session_from(decoded(stored.data, stored.blocks))
        except (ConfigError, StateError):
            continue  # a damaged earlier run must not keep the visitor from the current run


def _fork(facts: Facts) -> tuple[int, int] | None:
    forked: Any = facts.get("forked")
    return (int(forked[0]), int(forked[1])) if forked else None


def _further(facts: Facts) -> Iterator[SeedResult]:
    for row in facts.get("further") or ():
        yield SeedResult(*row)
