"""Compiles functions with Numba, and keeps the compiled code on disk.

`compiled` is for sums and products of many numbers, `exact` for functions that must round as Python
does. The compiled code is stored in a directory named after a digest of this package's sources:
Numba itself looks only at the file of the function that is called, not at the functions in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

# The compiler may reorder sums, so that vector units can compute them. NaN and infinity keep their
# meaning.
REORDERING = {"reassoc", "contract", "nsz", "arcp"}


def compiled(function: Kernel) -> Kernel:
    """Compile a function; the compiler may reorder sums.

    The error model of NumPy removes the check for division by zero, which prevents the use of
    vector units. A called function is copied into its caller: otherwise it could have several
    compiled copies that round differently, and the order of loading would choose between them.
    """
    return _jit(function, fastmath=REORDERING)


def exact(function: Kernel) -> Kernel:
    """Compile a function as `compiled` does, but round every operation as Python does."""
    return _jit(function, fastmath=False)


def _jit(function: Kernel, **options: Any) -> Kernel:
    kernel: Any = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, **options)(
        function
    )
    return cast(Kernel, kernel)
