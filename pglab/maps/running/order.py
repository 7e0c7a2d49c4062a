"""The order of a map's runs: first a coarse grid of cells, then the most uncertain cells."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from pglab.maps.plan import FEWEST_SEEDS, Cell, Plan


def coarse_to_fine(shape: Sequence[int]) -> list[Cell]:
    """All cells of a map; the first cells are far apart, and the later cells fill the gaps."""
    ranks = [_ranks(length) for length in shape]
    cells = [tuple(map(int, cell)) for cell in np.ndindex(*shape)]
    return sorted(
        cells, key=lambda cell: max(r[place] for r, place in zip(ranks, cell, strict=True))
    )


def _ranks(length: int) -> list[int]:
    """The rank of each place on an axis: first the ends, then the middle, then the quarters."""
    ranks = [0] * length
    gaps = [(0, length - 1)]
    level = 1
    while gaps:
        halves = []
        for low, high in gaps:
            middle = (low + high) // 2
            if low < middle < high:
                ranks[middle] = level
                halves += [(low, middle), (middle, high)]
        gaps, level = halves, level + 1
    return ranks


class Order:
    """Chooses the run of a map that comes next."""

    def __init__(self, plan: Plan) -> None:
        self._cells = coarse_to_fine(plan.shape)
        self._seeds = plan.seeds

    def next_run(
        self, begun: Mapping[Cell, Collection[int]], values: Mapping[Cell, Sequence[float]]
    ) -> tuple[Cell, int] | None:
        """The next run, or None if all runs have begun.

        Every cell gets a first seed, then every cell gets a second seed, then every cell gets a
        third seed. After that, the next seed goes to the cell with the largest standard error of
        its values.

        Args:
            begun: for each cell, the seeds whose training has begun or ended.
            values: for each cell, the measure of each trained seed.
        """
        open_cells = [cell for cell in self._cells if len(begun.get(cell, ())) < self._seeds]
        if not open_cells:
            return None
        cell = min(open_cells, key=lambda one: _rank(one, begun, values))
        return cell, min(set(range(self._seeds)) - set(begun.get(cell, ())))


def _rank(
    cell: Cell, begun: Mapping[Cell, Collection[int]], values: Mapping[Cell, Sequence[float]]
) -> tuple[float, ...]:
    count = len(begun.get(cell, ()))
    if count < FEWEST_SEEDS:
        return count, 0.0
    known = np.array([value for value in values.get(cell, ()) if not math.isnan(value)])
    spread = float(known.std()) if len(known) else 0.0
    return FEWEST_SEEDS, -spread / math.sqrt(count)
