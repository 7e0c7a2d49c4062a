"""Numbers from text: plain digits only, so that a text of any length or form is safe to read."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)


def whole_number(text: str) -> int:
    """The integer that the text writes in digits.

    Raises:
        ValueError: It writes none: "1_000", "٣", "1e3", thousands of digits.
    """
    if _WHOLE.fullmatch(text.strip()) is None:
        raise ValueError("not a whole number in plain digits")
    return int(text)


def decimal_number(text: str) -> float:
    """The number that the text writes in digits, infinite if it is too large for a float.

    Raises:
        ValueError: It writes none: "nan", "inf", "1_000", "٣".
    """
    if _DECIMAL.fullmatch(text.strip()) is None:
        raise ValueError("not a number in plain digits")
    return float(text)
