"""Random numbers for compiled code. They are drawn before the compiled code runs.

Compiled code cannot call a random generator of NumPy quickly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_KEPT = 1_024  # the largest number of unused random numbers that are kept between two calls


class DrawnAhead:
    """Draws uniform random numbers from a generator, and gives unused numbers back to it."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator
        self._start = generator.bit_generator.state
        self._given = 0
        self.numbers: NDArray[np.float64] = np.empty(0)

    def ensure(self, count: int) -> NDArray[np.float64]:
        """Return at least `count` numbers that are not used yet."""
        missing = count - len(self.numbers)
        if missing > 0:
            self.numbers = np.concatenate([self.numbers, self._generator.random(missing)])
        return self.numbers

    def use(self, count: int) -> None:
        """Remove the first `count` numbers, because they are used now."""
        self._given += count
        if len(self.numbers) - count > MOST_KEPT:
            self.give_back()
        else:
            self.numbers = self.numbers[count:].copy()  # a view would keep all numbers in memory

    def give_back(self) -> None:
        """Set the generator to the state that it has after only the used numbers were drawn."""
        bits: Any = self._generator.bit_generator
        bits.state = self._start
        bits.advance(self._given)
        self._start, self._given = bits.state, 0
        self.numbers = np.empty(0)
