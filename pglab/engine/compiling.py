"""Compiles functions with Numba, and stores the compiled code on disk.

The decorator `compiled` is for sums and products of many numbers. The decorator `exact` is for
functions that must round as Python does. The decorator `inlined` is for functions that have only
one caller or return a view of an array.

Numba recompiles a stored function only if the file of this function changes. But a function of
this package may call functions in other files. So the name of the directory for the compiled code
contains a digest of all files of this package.
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

_njit: Any = numba.njit  # the type hints of `njit` lack some options
_config: Any = numba.config

# With these options, the compiler may reorder sums, so that the processor's vector units can
# compute them. NaN and infinity keep their meaning.
REORDERING = {"reassoc", "contract", "nsz", "arcp"}


def compiled(function: Kernel) -> Kernel:
    """Compile a function. The compiler may reorder its sums."""
    return _compile(function, fastmath=REORDERING)


def exact(function: Kernel) -> Kernel:
    """Compile a function so that every operation is rounded as in Python.

    The rounding stays the same even in a caller whose sums may be reordered. A function with this
    decorator must not have the decorator `inlined` too.
    """
    return _compile(function, fastmath=False)


def inlined(function: Kernel) -> Kernel:
    """Let Numba copy the code of a function into its callers before the callers are compiled.

    So the function is not compiled separately, and rounds as its caller does. Only functions with
    this decorator can return a view of an array.
    """
    return cast(Kernel, _njit(inline="always", _nrt=False)(function))


def _compile(function: Kernel, **options: Any) -> Kernel:
    """Let Numba compile a function at its first call with each combination of argument types.

    The error model "numpy" removes the check for division by zero. This check would prevent the use
    of the processor's vector units. `_nrt=False` switches off the reference counting of arrays,
    which would take longer than making a view. So a function cannot make or return arrays. With
    `forceinline`, a called function is copied into its caller. Otherwise, the function could have
    several compiled versions that round differently, and the order in which they are loaded would
    decide which version runs.
    """
    former = _config.CACHE_DIR
    _config.CACHE_DIR = cache_directory() or former  # `njit` reads this setting when it is called
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
    """The directory for the compiled code; None if no directory is writable.

    The first choice is the directory of Numba's setting `NUMBA_CACHE_DIR`. The second choice is
    `__pycache__` in this package. The last choice is the user's cache directory.
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
    except RuntimeError:  # the user has no home directory
        return


def _digest() -> str:
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


@exact
def is_finite(number):
    """True if a number is neither infinite nor NaN.

    In a function whose sums may be reordered, `math.isfinite` gives wrong results, because
    `math.isfinite` computes x − x.
    """
    return math.isfinite(number)
