"""Saves the run of an agent's page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pglab.library.contents import Facts
from pglab.library.keeping.keeper import Keeper
from pglab.library.keeping.reopening import visit_facts
from pglab.library.store.runs.kept import new_address
from pglab.session.bench import Bench
from pglab.session.training_session import TrainingSession


class RunKeeper(Keeper):
    """Saves the runs of one visitor's page. Each run of the page has its own address."""

    def __init__(
        self, bench: Bench, owner: str, addresses: Mapping[int, str] | None = None
    ) -> None:
        """Make a keeper that has saved nothing yet.

        Args:
            bench: holds the current run and the earlier ones.
            owner: the key of the visitor's browser.
            addresses: the addresses of the runs that an earlier visit has stored, by run number.
        """
        super().__init__(owner)
        self.bench = bench
        # What else comes back with a run, such as the visitor's guesses.
        self.visit: Callable[[], Facts] = dict
        self._addresses = dict(addresses or {})

    @property
    def driven(self) -> Bench:
        """The bench of the page."""
        return self.bench

    def _place(self) -> str:
        return self._addresses.setdefault(self.bench.run_number, new_address())

    def _leave_place(self) -> None:
        self._addresses.pop(self.bench.run_number, None)

    def _runs(self) -> dict[str, TrainingSession]:
        return {self._place(): self.bench.session}

    def _facts(self) -> dict[str, Facts]:
        return {self._place(): visit_facts(self.bench, self._addresses) | self.visit()}

    def _may_be_saved(self) -> bool:
        # A run that was rewound keeps its furthest step until it is forked.
        return not self.bench.rewound
