"""The codes of rooms, and the limit for wrong codes.

A room has a full code of 13 characters. The first five characters are the *short code*, which
people read from the projector and type. The QR code contains the full code.

**What guessing may find.** There are N = 29⁵ = 20,511,149 short codes. A room has an *open door*
while its short code can open it. If d rooms have an open door, a guess opens one of these rooms
with the probability d / N. Such a guess uses d of the attempts of a day. So the guesses of any 24
hours open a room with a probability of at most

    ATTEMPTS / N = 18 / 20,511,149 = 8.8 · 10⁻⁷ < 10⁻⁶.

This holds even if the numbers of open doors and of visitors change. The limit is low because the
code is short: with 20 open doors, the second guess would already exceed 10⁻⁶. Three rules make the
limit fair:

- A door is open only for `DOOR_SECONDS` after the teacher has opened it, so d is small. Without an
  open door, a guess can find nothing, and a wrong code uses no attempt.
- If the same wrong code is tried again, it uses no further attempt, because it tells nothing new.
- When all attempts are used, no short code opens a room. But the full code always opens its room:
  people can scan it, open a link with it, or type it. The projector shows the full code. One
  visitor can use only `ATTEMPTS_OF_VISITOR` attempts, so a single person cannot make all short
  codes useless.

**Full codes** need no limit, because there are 29¹³ ≈ 10¹⁹ of them. Even 100,000 guesses a second,
which are more than a server can answer, find one of 20 open rooms within a day with a probability
of only 2 · 10⁻⁸.
"""

from __future__ import annotations

import math
import re
import secrets

from pglab.library.store.rooms.guesses import Limits

# Digits and capital letters that people confuse are one character, so people may type either.
ALPHABET = "0123456789ACDEFGHJKMNPQRTVWXY"
_CONFUSED = str.maketrans("OILBSZU", "011852V")
SHORT, FULL = 5, 13  # characters
_BETWEEN = re.compile(r"[\s\-–—−_.·]+")
_SHOWN_GROUPS = (5, 9, 13)  # ends of the groups of characters in which a full code is shown

CODES = len(ALPHABET) ** SHORT
MOST_CHANCE = 1e-6  # that guessing finds an open room within a day
# A little less, because a guesser tries no code twice, and no two rooms have the same code.
ATTEMPTS = math.floor(0.9 * MOST_CHANCE * CODES)
ATTEMPTS_OF_VISITOR = ATTEMPTS * 2 // 3
LIMITS = Limits(ATTEMPTS, ATTEMPTS_OF_VISITOR)
DOOR_SECONDS = 900.0
_FULL_GUESSES = 86_400 * 100_000.0  # within a day, more than a server can answer


def random_code() -> str:
    """Make a random full code."""
    return "".join(secrets.choice(ALPHABET) for _character in range(FULL))


def shown_code(code: str) -> str:
    """Write a short or full code as people read it, for example "K7M3P-2XQ9-RA4T"."""
    ends = [end for end in _SHOWN_GROUPS if end <= len(code)]
    return "-".join(code[start:end] for start, end in zip([0, *ends], ends, strict=False))


def read_code(text: str) -> str | None:
    """Read a short or full code that somebody has typed; None if the text cannot be a code.

    Upper and lower case are the same, spaces and hyphens are ignored, and characters that look
    alike are the same.
    """
    if len(text) > 10 * FULL:
        return None
    code = _BETWEEN.sub("", text).upper().translate(_CONFUSED)
    is_code = len(code) in (SHORT, FULL) and all(character in ALPHABET for character in code)
    return code if is_code else None


def chance_of_guessing(doors: int, rooms: int = 0, full_guesses: float = _FULL_GUESSES) -> float:
    """Compute the probability that at least one guess of a day finds a room.

    The guesser uses up all attempts and tries no code twice, so n guesses miss all d open doors
    with the probability Π (1 − d / (N − k)) over k = 0 … n − 1.

    Args:
        doors: the number of rooms with an open door during the whole day, at least 1.
        rooms: the number of all open rooms; a number below `doors` counts as `doors`.
        full_guesses: the number of guessed full codes.
    """
    guesses = ATTEMPTS // doors
    missed = sum(math.log1p(-doors / (CODES - number)) for number in range(guesses))
    missed += full_guesses * math.log1p(-max(doors, rooms) / len(ALPHABET) ** FULL)
    return -math.expm1(missed)
