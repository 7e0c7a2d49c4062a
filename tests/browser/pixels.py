"""How much two pictures differ, besides the edges of lines, which are smoothed in several ways."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.int16]

SAME = 64  # of 255: colours that are no further apart count as the same
AROUND = (-1, 0, 1)


def difference(one: Pixels, other: Pixels) -> float:
    """Of 10,000 pixels [rows, columns, 3], those whose colour the other picture has not there.

    Beside the place counts as there.
    """
    places = np.nonzero(np.abs(one - other).max(axis=2) > SAME)
    most = max(_missing(one, other, places), _missing(other, one, places))
    rows, columns, _colours = one.shape
    return 10_000 * float(most) / float(rows * columns)


def _missing(one: Pixels, other: Pixels, places: tuple[NDArray[np.intp], ...]) -> int:
    """At how many places the colour of one picture is neither there nor beside it in the other."""
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
