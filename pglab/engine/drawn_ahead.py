"""Draws the random numbers for compiled code before the compiled code runs.

In compiled code, a call of a NumPy random generator would be slow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_KEPT = 1_024  # the largest number of unused random numbers that are kept between two calls


class DrawnAhead:
    """Draws uniform random numbers ahead of their use, and can undo the draws not yet used."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator
        self._start = generator.bit_generator.state
        self._given = 0
        self.numbers: NDArray[np.float64] = np.empty(0)

    def ensure(self, count: int) -> NDArray[np.float64]:
        """Draw numbers until at least `count` are unused, and return all unused numbers."""
        missing = count - len(self.numbers)
        if missing > 0:
            self.numbers = np.concatenate([self.numbers, self._generator.random(missing)])
        return self.numbers

    def use(self, count: int) -> None:
        """Remove the first `count` numbers, because the compiled code has used them."""
        self._given += count
        if len(self.numbers) - count > MOST_KEPT:
            self.give_back()
        else:
            self.numbers = self.numbers[count:].copy()  # a view would keep all numbers in memory

    def give_back(self) -> None:
        """Reset the generator to its state after the last used number."""
        bits: Any = self._generator.bit_generator
        bits.state = self._start
        bits.advance(self._given)
        self._start, self._given = bits.state, 0
        self.numbers = np.empty(0)
