"""Takes stored arrays one after another, and checks each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pglab.config import quoted
from pglab.language import _
from pglab.library.contents import Arrays


class StateError(ValueError):
    """A stored state cannot be used; the message is a sentence for the visitor."""


def take(
    arrays: Arrays, name: str, shape: tuple[int, ...], dtype: DTypeLike, *, finite: bool = True
) -> NDArray[Any]:
    """Remove an array from `arrays`, and return a copy of it.

    Args:
        arrays: the stored arrays by their names.
        name: the name of the array.
        shape: the shape that the array must have.
        dtype: the type that the array must have.
        finite: if true, an array with a number that is not finite is refused.

    Raises:
        StateError: the array is missing, or it is not as required.
    """
    array = arrays.pop(name, None)
    if array is None:
        raise StateError(_("The array “{name}” is missing in the file.").format(name=name))
    if array.shape != shape or array.dtype != np.dtype(dtype):
        raise StateError(
            _("The array “{name}” in the file has the wrong shape or type.").format(name=name)
        )
    if finite and array.dtype.kind == "f" and not np.isfinite(array).all():
        raise StateError(
            _("The array “{name}” in the file contains a number that is not finite.").format(
                name=name
            )
        )
    return array.copy()


def require_all_taken(arrays: Arrays) -> None:
    """Raise a StateError if an array is left over, because no run has such an array."""
    if arrays:
        name = quoted(min(arrays))
        raise StateError(_("The file contains {name}, which no run has.").format(name=name))
