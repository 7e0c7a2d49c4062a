"""Compiles functions with Numba, and keeps the compiled code on disk.

`compiled` is for sums and products of many numbers, `exact` for functions that must round as
Python does, and `inlined` for a function with one caller, or one that returns a view of an array.

Numba compiles a stored function again only if the file of this function changes. Here, functions
call functions of other files, so the compiled code is stored in a directory whose name is a digest
of all files of this package.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

_njit: Any = numba.njit  # its types lack some of its options
_config: Any = numba.config

# The compiler may reorder sums, so that vector units can compute them. NaN and infinity keep their
# meaning.
REORDERING = {"reassoc", "contract", "nsz", "arcp"}


def compiled(function: Kernel) -> Kernel:
    """Compile a function; the compiler may reorder sums."""
    return _compile(function, fastmath=REORDERING)


def exact(function: Kernel) -> Kernel:
    """Compile a function so that every operation is rounded as in Python, also within its callers.

    The function must not be `inlined`.
    """
    return _compile(function, fastmath=False)


def inlined(function: Kernel) -> Kernel:
    """Let Numba copy a function into its callers before it compiles them.

    The function then costs no compilation of its own, and rounds as its caller does. Only such a
    function can return a view of an array.
    """
    return cast(Kernel, _njit(inline="always", _nrt=False)(function))


def _compile(function: Kernel, **options: Any) -> Kernel:
    """Compile a function at its first call for each type of arguments.

    The error model of NumPy removes the check for division by zero, which prevents the use of
    vector units. Without `_nrt`, views of arrays are not counted, which would take longer than
    making them; so a function cannot make or return arrays. A called function is copied into its
    caller: otherwise it could have several compiled copies that round differently, and the order
    of loading would choose between them.
    """
    former = _config.CACHE_DIR
    _config.CACHE_DIR = cache_directory() or former  # Numba reads it here and now
    try:
        kernel: Any = _njit(
            cache=cache_directory() is not None,
            nogil=True,
            error_model="numpy",
            forceinline=True,
            _nrt=False,
            **options,
        )(function)
    finally:
        _config.CACHE_DIR = former
    return cast(Kernel, kernel)


@cache
def cache_directory() -> str | None:
    """The directory of the compiled code; None if no directory can be written.

    The first choice is Numba's own setting `NUMBA_CACHE_DIR`, the second is beside this package,
    and the third is the user's cache directory.
    """
    name = f"compiled-{_digest()}"
    for parent in _places():
        directory = parent / name
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=directory):
                return str(directory)
        except OSError:
            continue
    return None


def _places() -> Iterator[Path]:
    if _config.CACHE_DIR:
        yield Path(_config.CACHE_DIR)
    yield Path(__file__).parent / "__pycache__"
    if os.environ.get("XDG_CACHE_HOME"):
        yield Path(os.environ["XDG_CACHE_HOME"]) / "pglab"
    try:
        yield Path.home() / ".cache" / "pglab"
    except RuntimeError:  # a user without a home directory
        return


def _digest() -> str:
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


@exact
def is_finite(number):
    """True if a number is neither infinite nor NaN.

    In a function whose sums may be reordered, `math.isfinite` fails: it computes x − x.
    """
    return math.isfinite(number)
