"""Random numbers for compiled code, which cannot call a generator of NumPy quickly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_KEPT = 1_024  # numbers between two calls


class DrawnAhead:
    """Uniform random numbers from a generator, of which the unused ones are given back."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator
        self._start = generator.bit_generator.state
        self._given = 0
        self.numbers: NDArray[np.float64] = np.empty(0)

    def ensure(self, count: int) -> NDArray[np.float64]:
        """At least `count` numbers that are not used yet."""
        missing = count - len(self.numbers)
        if missing > 0:
            self.numbers = np.concatenate([self.numbers, self._generator.random(missing)])
        return self.numbers

    def use(self, count: int) -> None:
        """Count the first `count` numbers as used."""
        self._given += count
        if len(self.numbers) - count > MOST_KEPT:
            self.give_back()
        else:
            self.numbers = self.numbers[count:].copy()  # a view would keep all numbers

    def give_back(self) -> None:
        """Set the generator to where it would be after drawing the used numbers one by one."""
        bits: Any = self._generator.bit_generator
        bits.state = self._start
        bits.advance(self._given)
        self._start, self._given = bits.state, 0
        self.numbers = np.empty(0)
