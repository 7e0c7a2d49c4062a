"""Lossless compression of numbers, by byte planes.

Neighbouring numbers of an array often have similar sign and exponent, but random last digits. If
all first bytes come first, then all second bytes, and so on, zlib finds what is similar.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVEL = 1  # of compression: higher levels need much more time and gain little


def compressed(numbers: NDArray[Any]) -> bytes:
    """Compress an array; `decompressed` needs its data type to restore it."""
    raw = np.ascontiguousarray(numbers).reshape(-1).view(np.uint8)
    return zlib.compress(raw.reshape(-1, numbers.itemsize).T.tobytes(), LEVEL)


def decompressed(data: bytes, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Restore the array, in one dimension: [N]."""
    planes = np.frombuffer(zlib.decompress(data), np.uint8).reshape(dtype.itemsize, -1)
    return planes.T.copy().view(dtype).reshape(-1)
