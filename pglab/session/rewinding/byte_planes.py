"""Lossless compression of numbers, by byte planes.

Neighbouring numbers of an array often have the same sign and similar exponents, but random last
digits. So this module sorts the bytes by their place within a number: first the first bytes of all
numbers, then the second bytes of all numbers, and so on. In this order, zlib finds the similar
bytes.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVEL = 1  # of compression: higher levels need much more time and gain little


def compressed(numbers: NDArray[Any]) -> bytes:
    """Compress an array. To restore the array, `decompressed` needs the array's data type."""
    raw = np.ascontiguousarray(numbers).reshape(-1).view(np.uint8)
    return zlib.compress(raw.reshape(-1, numbers.itemsize).T.tobytes(), LEVEL)


def decompressed(data: bytes, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Restore a compressed array as a one-dimensional array [N]."""
    planes = np.frombuffer(zlib.decompress(data), np.uint8).reshape(dtype.itemsize, -1)
    return planes.T.copy().view(dtype).reshape(-1)
