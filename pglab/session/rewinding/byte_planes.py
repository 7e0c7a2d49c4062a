"""Lossless compression of numbers, by byte planes.

Neighbouring numbers of an array often have the same sign and similar exponents, but random last
digits. So this module sorts the bytes by their place within a number: first the first bytes of all
numbers, then the second bytes of all numbers, and so on. In this order, Zstandard finds the similar
bytes. It needs a twentieth of zlib's time for nearly the same size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow
from numpy.typing import NDArray

LEVEL = 1  # of compression: higher levels need much more time and gain little


def compressed_bytes(data: bytes) -> bytes:
    """Compress bytes."""
    codec = pyarrow.Codec("zstd", compression_level=LEVEL)
    compressed: bytes = codec.compress(data, asbytes=True)
    return compressed


def decompressed_bytes(data: bytes) -> bytes:
    """Restore the bytes that `compressed_bytes` has compressed."""
    stream = pyarrow.CompressedInputStream(pyarrow.BufferReader(data), "zstd")
    restored: bytes = stream.read()
    return restored


def compressed(numbers: NDArray[Any]) -> bytes:
    """Compress an array. To restore the array, `decompressed` needs the array's data type."""
    raw = np.ascontiguousarray(numbers).reshape(-1).view(np.uint8)
    return compressed_bytes(raw.reshape(-1, numbers.itemsize).T.tobytes())


def decompressed(data: bytes, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Restore a compressed array as a one-dimensional array [N]."""
    planes = np.frombuffer(decompressed_bytes(data), np.uint8).reshape(dtype.itemsize, -1)
    return planes.T.copy().view(dtype).reshape(-1)
