"""Reads the environment variables that set the limits of a server."""

from __future__ import annotations

import os
import warnings


def whole_number(variable: str, most: int) -> int | None:
    """Return the whole number in an environment variable; None if the variable is not set.

    If the value is not a number from 1 to `most`, the function warns and returns None.
    """
    chosen = os.environ.get(variable)
    if chosen is None:
        return None
    try:
        number = int(chosen)
    except ValueError:
        number = 0
    if 1 <= number <= most:
        return number
    warnings.warn(
        f"{variable} is not a whole number from 1 to {most}, so it has no effect.", stacklevel=3
    )
    return None
