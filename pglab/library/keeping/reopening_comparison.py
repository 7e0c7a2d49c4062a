"""Brings back a stored comparison, together with the earlier comparisons of its visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pglab.algorithms.agents import AgentConfig
from pglab.language import _
from pglab.library.encoding import decoded
from pglab.library.keeping.comparison_facts import described
from pglab.library.keeping.comparison_keeper import ComparisonAddresses
from pglab.library.keeping.reopening import Found, visit_of
from pglab.library.snapshot import session_from
from pglab.library.state.taking import StateError
from pglab.library.store.library import Library
from pglab.library.store.runs.kept import Stored
from pglab.session.side_by_side.bench import ComparisonBench
from pglab.session.side_by_side.comparison import Comparison
from pglab.session.side_by_side.side import first_config
from pglab.session.training_session import TrainingSession


@dataclass(frozen=True, kw_only=True)
class ReopenedComparison(Found):
    """A stored comparison that was opened again."""

    bench: ComparisonBench
    addresses: ComparisonAddresses


def reopened_comparison(library: Library, address: str, owner: str) -> ReopenedComparison | None:
    """Load a comparison and the earlier comparisons of its visit.

    The result is None if no comparison has this address, or if the run of a side was deleted.

    Raises:
        ConfigError: an environment or a setting cannot be used.
        LibraryUnavailable: the library cannot be read now.
        StateError: the stored comparison is damaged.
    """
    facts = visit_of(library, address)
    if "sides" not in facts:
        return None
    known = described(facts)
    stored = [run for run in library.load_together(known.sides) if run is not None]
    if len(stored) < len(known.sides):
        return None
    mine = all(run.belongs_to(owner) for run in stored)
    comparison = Comparison(
        known.configs,
        known.seeds,
        known.first_seed,
        known.length,
        _sessions(stored, known.configs, known.first_seed),
    )
    # The guess and the earlier comparisons of another person are not shown.
    bench = ComparisonBench(comparison, known.earlier, known.guess)
    return ReopenedComparison(
        bench=bench if mine else ComparisonBench(comparison),
        addresses=ComparisonAddresses(address, known.sides),
        mine=mine,
    )


def _sessions(
    stored: Sequence[Stored], configs: Sequence[AgentConfig], first_seed: int
) -> list[TrainingSession]:
    """Continue the runs of all sides, and check that the runs belong to this comparison."""
    sessions = []
    for run, config in zip(stored, configs, strict=True):
        contents = decoded(run.data, run.blocks)
        if contents.initial_config != first_config(config, first_seed) or contents.changes:
            raise StateError(_("The stored runs do not belong to this comparison."))
        sessions.append(session_from(contents, can_rewind=False))
    return sessions
