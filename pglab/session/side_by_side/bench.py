"""The `ComparisonBench` holds a visitor's current comparison and the earlier comparisons."""

from __future__ import annotations

from collections.abc import Sequence

from pglab.session.side_by_side.comparison import Comparison, PastComparison


class ComparisonBench:
    """A visitor's current comparison, the results of earlier comparisons, and the guess."""

    def __init__(
        self,
        comparison: Comparison,
        past: Sequence[PastComparison] = (),
        guess: int | None = None,
    ) -> None:
        """Make a bench with a current comparison; `past` are the earlier comparisons."""
        self.comparison = comparison
        self.past = list(past)
        self.guess = guess  # index of an agent; the number of agents means "about equal"

    def begin(self, comparison: Comparison) -> None:
        """Replace the current comparison by `comparison`.

        If the current comparison has begun, its results are added to `past`. Hold the lock of the
        current comparison while you call this method.
        """
        former, self.comparison = self.comparison, comparison
        if former.global_step:
            number = self.past[-1].number + 1 if self.past else 1
            self.past.append(former.summary(number))
        self.guess = None
