"""Compares new results of a study with the stored results, and describes the differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pglab.session.stored.provenance import other_versions

Provenance = Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """How new results differ from the stored ones.

    `numbers` says which numbers differ, and by how much. `claims` says which claims of the pages
    the new results do not confirm. `versions` says which software versions have changed since
    the stored results were made. It is empty if no version has changed.
    """

    numbers: list[str] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)
    versions: str = ""

    @property
    def holds(self) -> bool:
        """True if all claims are confirmed and all numbers are equal.

        If software versions have changed, the numbers need not be equal, because other versions may
        round differently.
        """
        return not self.claims and (not self.numbers or bool(self.versions))


def number_differences(name: str, new: object, stored: object) -> list[str]:
    """Say how numbers differ from the stored numbers; an empty list if they are equal bit for bit.

    `new` and `stored` are numbers, or arrays or lists of numbers. None and NaN both stand for an
    unknown number, and two unknown numbers count as equal.
    """
    own, other = (np.array(values, dtype=float) for values in (new, stored))
    if own.shape != other.shape:
        return [f"{name}: the shape is {own.shape}, stored: {other.shape}"]
    differ = (own != other) & ~(np.isnan(own) & np.isnan(other))
    if not differ.any():
        return []
    text = f"{name}: {differ.sum():,} of {differ.size:,} numbers differ"
    amounts = np.abs(own - other)[differ]
    known = amounts[~np.isnan(amounts)]
    return [f"{text}, by up to {known.max():.3g}" if len(known) else text]


def changed_versions(stored: Provenance, here: Provenance) -> str:
    """Say which versions have changed; the text is empty if none has."""
    return ", ".join(
        f"made with {name} {before}, here {now}"
        for name, (before, now) in other_versions(stored, here).items()
    )


def not_in(text: str, sentences: Sequence[str]) -> list[str]:
    """The sentences that a text does not contain. Line breaks do not matter."""
    flowing = " ".join(text.split())
    return [sentence for sentence in sentences if sentence not in flowing]
