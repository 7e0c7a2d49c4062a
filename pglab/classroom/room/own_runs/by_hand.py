"""Stores and loads the best returns that members have reached by hand."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from pglab.classroom.room.membership import Member
from pglab.classroom.room.names import with_names
from pglab.classroom.room.state import RoomError
from pglab.language import _
from pglab.library.store.library import Library
from pglab.library.store.rooms import contributions

_LARGEST = 1e9
_MOST_STEPS = 1_000  # of a lesson, far more than possible


@dataclass(frozen=True)
class HandReturn:
    """A member's best return by hand. If the room hides nicknames, the nickname is empty."""

    number: int
    nickname: str
    best: float
    tries: int


def note_return(library: Library, member: Member, step: int, value: float) -> None:
    """Count a member's attempt to play by hand in a lesson step, and keep the best return.

    Raises:
        RoomError: the return or the step cannot be used, or the room has ended.
        LibraryUnavailable: the library cannot be used now.
    """
    if not (math.isfinite(value) and abs(value) <= _LARGEST and 1 <= step <= _MOST_STEPS):
        raise RoomError(_("This return cannot be used. Play another episode."))
    if not library.write(
        lambda c: contributions.note_return(
            c, member.room, step, member.number, float(value), time.time()
        )
    ):
        raise RoomError(_("The room has ended, so this return is not kept."))


def best_returns(library: Library, room: str, step: int) -> list[HandReturn]:
    """Load each member's best return by hand in a lesson step, from the highest to the lowest.

    Raises:
        RoomError: the room does not exist any more.
        LibraryUnavailable: the library cannot be used now.
    """
    found, names = with_names(library, room, lambda c: contributions.returns_of(c, room, step))
    return [HandReturn(one.number, names.get(one.number, ""), one.best, one.tries) for one in found]
