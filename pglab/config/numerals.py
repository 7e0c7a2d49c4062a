"""Reads numbers from text, and accepts only the digits 0 to 9."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)


def whole_number(text: str) -> int:
    """Read an integer from a text.

    Raises:
        ValueError: the text is not a whole number written in the digits 0 to 9, or has more than
            20 digits. For example, "1_000", "٣" and "1e3" are refused.
    """
    if _WHOLE.fullmatch(text.strip()) is None:
        raise ValueError("not a whole number in plain digits")
    return int(text)


def decimal_number(text: str) -> float:
    """Read a number from a text. If the number is too large for a float, the result is infinite.

    Raises:
        ValueError: the text is not a number written in the digits 0 to 9. For example, "nan", "inf"
            and "1_000" are refused.
    """
    if _DECIMAL.fullmatch(text.strip()) is None:
        raise ValueError("not a number in plain digits")
    return float(text)
