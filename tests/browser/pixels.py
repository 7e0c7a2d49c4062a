"""Compares two pictures. Differently smoothed edges of lines count as equal."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.int16]

SAME = 64  # of 255; up to this distance, two colours count as equal
AROUND = (-1, 0, 1)


def difference(one: Pixels, other: Pixels) -> float:
    """The number of different pixels per 10,000 pixels.

    A pixel is different if the other picture does not have its colour at the same place or at a
    neighbouring pixel. The shape of the pictures is [rows, columns, 3].
    """
    places = np.nonzero(np.abs(one - other).max(axis=2) > SAME)
    most = max(_missing(one, other, places), _missing(other, one, places))
    rows, columns, _colours = one.shape
    return 10_000 * float(most) / float(rows * columns)


def _missing(one: Pixels, other: Pixels, places: tuple[NDArray[np.intp], ...]) -> int:
    """Count the places where `other`, even at the neighbouring pixels, lacks the colour."""
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
