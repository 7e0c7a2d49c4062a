"""Reads the environment variables with which those who run a server set its limits."""

from __future__ import annotations

import os
import warnings


def whole_number(variable: str, most: int) -> int | None:
    """Return the number from 1 to `most` in an environment variable; None if there is none.

    A warning tells about any other value, which has no effect.
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
