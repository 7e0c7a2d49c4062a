"""Saves the comparisons of the page *Compare*.

For each side, the run with the first seed is stored as an ordinary run. The runs with the other
seeds can be trained again, because the settings of a run determine its results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from weakref import WeakKeyDictionary

from pglab.library.contents import Facts
from pglab.library.keeping.comparison_facts import MOST_EARLIER, comparison_facts, past_facts
from pglab.library.keeping.keeper import Keeper
from pglab.library.keeping.reopening import OF_COMPARISON
from pglab.library.store.runs.kept import new_address
from pglab.session.side_by_side.bench import ComparisonBench
from pglab.session.side_by_side.comparison import Comparison
from pglab.session.training_session import TrainingSession


@dataclass(frozen=True)
class ComparisonAddresses:
    """The address of a comparison, and the addresses of its sides' runs."""

    comparison: str
    sides: tuple[str, ...]

    @classmethod
    def new(cls, sides: int) -> Self:
        """Make new addresses that nobody can guess."""
        return cls(new_address(), tuple(new_address() for _side in range(sides)))


class ComparisonKeeper(Keeper):
    """Saves the comparisons of one visitor; each comparison has its own addresses."""

    def __init__(
        self, bench: ComparisonBench, owner: str, addresses: ComparisonAddresses | None = None
    ) -> None:
        """Make a keeper that has saved nothing yet.

        Args:
            bench: holds the current comparison and the earlier ones.
            owner: the key of the visitor's browser.
            addresses: the addresses of the current comparison, if an earlier visit has stored it.
        """
        super().__init__(owner)
        self.bench = bench
        self._addresses: WeakKeyDictionary[Comparison, ComparisonAddresses] = WeakKeyDictionary()
        if addresses is not None:
            self._addresses[bench.comparison] = addresses
        self._earlier: dict[int, Facts] = {}  # the earlier comparisons by their numbers

    @property
    def driven(self) -> Comparison:
        """The current comparison."""
        return self.bench.comparison

    def _current(self) -> ComparisonAddresses:
        comparison = self.bench.comparison
        known = self._addresses.get(comparison)
        if known is None:
            new = ComparisonAddresses.new(len(comparison.sides))
            known = self._addresses.setdefault(comparison, new)
        return known

    def _place(self) -> str:
        return self._current().comparison

    def _leave_place(self) -> None:
        self._addresses.pop(self.bench.comparison, None)

    def _runs(self) -> dict[str, TrainingSession]:
        sessions = (side.session for side in self.bench.comparison.sides)
        return dict(zip(self._current().sides, sessions, strict=True))

    def _facts(self) -> dict[str, Facts]:
        bench, current = self.bench, self._current()
        earlier = bench.past[-MOST_EARLIER:]
        for past in earlier:
            if past.number not in self._earlier:
                self._earlier[past.number] = past_facts(past)
        facts = comparison_facts(
            bench.comparison,
            current.sides,
            bench.guess,
            [self._earlier[past.number] for past in earlier],
        )
        of_side: Facts = {OF_COMPARISON: current.comparison}
        return {current.comparison: facts, **dict.fromkeys(current.sides, of_side)}
