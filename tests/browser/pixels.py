"""Compares two pictures, and tolerates that the edges of lines are smoothed differently."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.int16]

SAME = 64  # of 255; colours whose distance is not greater count as equal
AROUND = (-1, 0, 1)


def difference(one: Pixels, other: Pixels) -> float:
    """The number of pixels per 10,000 whose colour the other picture lacks at that place.

    The pictures are [rows, columns, 3]. A neighbouring pixel counts as the same place.
    """
    places = np.nonzero(np.abs(one - other).max(axis=2) > SAME)
    most = max(_missing(one, other, places), _missing(other, one, places))
    rows, columns, _colours = one.shape
    return 10_000 * float(most) / float(rows * columns)


def _missing(one: Pixels, other: Pixels, places: tuple[NDArray[np.intp], ...]) -> int:
    """The number of places whose colour the other picture has neither there nor next to it."""
    around = np.pad(other, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows, columns = places
    nearest = np.min(
        [
            np.abs(one[places] - around[rows + 1 + down, columns + 1 + right]).max(
                axis=1, initial=0
            )
            for down in AROUND
            for right in AROUND
        ],
        axis=0,
    )
    return int((nearest > SAME).sum())
