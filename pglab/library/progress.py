"""Lets long work report its progress and be cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from pglab.language import _

Item = TypeVar("Item")
Progress = Callable[[float], None]  # receives the share of the work that is done, from 0 to 1
IsCancelled = Callable[[], bool]


class Cancelled(Exception):
    """The visitor has cancelled the work."""


def unreported(_share: float) -> None:
    """Ignore the progress."""


def never() -> bool:
    """Return False, because nobody cancels the work."""
    return False


def steps(items: Sequence[Item], progress: Progress, cancelled: IsCancelled) -> Iterator[Item]:
    """Yield each item. After the work for an item is done, report the progress.

    Raises:
        Cancelled: `cancelled` has returned True before an item.
    """
    for done, item in enumerate(items, start=1):
        require_going_on(cancelled)
        yield item
        progress(done / len(items))


def require_going_on(cancelled: IsCancelled) -> None:
    """Raise a Cancelled error if the work is cancelled."""
    if cancelled():
        raise Cancelled(_("The work was cancelled."))
