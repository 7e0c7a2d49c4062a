"""Lets members join a room with a code, and return to it with the secret keys of their phones."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from unicodedata import category, normalize

from sqlalchemy import Connection

from pglab.classroom.progress import Answer
from pglab.classroom.room.answer_facts import answers_of
from pglab.classroom.room.codes import LIMITS, SHORT, read_code
from pglab.classroom.room.opening import NoSuchRoom, Room, load_room
from pglab.classroom.room.state import RoomError, state_of
from pglab.language import N_, _
from pglab.library.cleaned_text import cleaned_line
from pglab.library.store.library import Library
from pglab.library.store.rooms import answers, members, rooms
from pglab.library.store.rooms.members import Joined as JoinedRow
from pglab.library.store.rooms.members import MemberRow, Newcomer, Refusal
from pglab.library.store.runs.kept import is_key, new_key

MOST_IN_NICKNAME = 30  # characters
_MOST_MARKS = 3  # on one letter
_MOST_READ = 1_000  # characters of a text that somebody sends as a nickname

_WHY_NOT: dict[Refusal, str] = {
    "no attempts": N_(
        "Short codes do not work now. Scan the QR code, or type the long code below it."
    ),
    "no room": N_("This code opens no room. Compare it with the wall, and try again."),
    "full": N_("This room is full. Look at the screen of somebody else."),
    "too many joins": N_(
        "Too many people have joined from your network within an hour. Use another network, or "
        "try again later."
    ),
}


@dataclass(frozen=True)
class Member:
    """A member of a room. The nickname may contain any text, so pages must escape it."""

    room: str
    number: int  # from 1, in the order of joining
    nickname: str  # may be empty
    step: int  # the lesson step at which the member is


@dataclass(frozen=True)
class Joined:
    """A member, and the secret key that identifies the member's phone from now on."""

    member: Member
    key: str


@dataclass(frozen=True)
class MemberView:
    """Everything that a member's phone shows."""

    room: Room
    member: Member
    answers: dict[int, Answer]  # by lesson step

    @property
    def step(self) -> int:
        """The lesson step on the phone: the member's step in a free room, else the room's step."""
        return self.member.step if self.room.state.mode == "free" else self.room.state.step


def join(
    library: Library, code: str, nickname: str = "", *, visitor: str, key: str | None = None
) -> Joined:
    """Join the room that a code opens.

    Args:
        library: the library that stores the room.
        code: a short or a full code, which somebody has typed or which was in a link.
        nickname: the nickname; it is cleaned, and cut to `MOST_IN_NICKNAME` characters.
        visitor: the network address of the visitor. The number of wrong codes from each address is
            limited.
        key: the key of this phone, if it has one. If a phone joins the same room again with its
            key, it stays the same member.

    Raises:
        RoomError: the code opens no room, or the visitor may not try short codes now. The message
            does not tell whether a room with this code exists.
        LibraryUnavailable: the library cannot be used now.
    """
    read = read_code(code)
    if read is None:
        raise RoomError(
            _("A code has {n} letters and digits. Look at the wall, and type them again.").format(
                n=SHORT
            )
        )
    own_key = key if key is not None and is_key(key) else new_key()
    newcomer = Newcomer(own_key, new_key(), cleaned_nickname(nickname), visitor)
    found = _tried(library, read, newcomer)
    if isinstance(found, str):
        raise RoomError(_(_WHY_NOT[found]))
    row, kept_key = found
    return Joined(_member(row), kept_key)


def member_of_key(library: Library, key: str) -> Member | None:
    """Load the member whose phone has this key; None if the member or the room does not exist.

    Raises:
        LibraryUnavailable: the library cannot be used now.
    """
    if not is_key(key):
        return None
    row = library.read(lambda connection: members.load_by_key(connection, key, time.time()))
    return None if row is None else _member(row)


def view_of_member(library: Library, member: Member) -> MemberView:
    """Load what a member's phone shows now, for example after a reload or a lost connection.

    Raises:
        RoomError: the room does not exist any more.
        LibraryUnavailable: the library cannot be used now.
    """
    room = load_room(library, member.room)

    def load(connection: Connection) -> tuple[MemberRow | None, dict[int, str]]:
        row = members.load(connection, member.room, member.number)
        return row, answers.of_member(connection, member.room, member.number)

    row, texts = library.read(load)
    return MemberView(room, member if row is None else _member(row), answers_of(texts, room.lesson))


def move_to(library: Library, member: Member, step: int) -> Member:
    """Move a member to another lesson step.

    Raises:
        RoomError: there is no such step, or only the teacher can move members now.
        LibraryUnavailable: the library cannot be used now.
    """

    def work(connection: Connection) -> None:
        now = time.time()
        row = rooms.load_unchanged(connection, member.room, now)
        if row is None:
            raise NoSuchRoom
        state = state_of(row)
        state.at_step(step)  # raises an error if there is no such step, or if the room has ended
        if state.mode != "free":
            raise RoomError(_("The teacher moves the class to the next step. Wait for it."))
        members.change(connection, member.room, member.number, now, step=step)

    library.write(work)
    return replace(member, step=step)


def rename(library: Library, member: Member, nickname: str) -> Member:
    """Give a member another nickname, which is cleaned and cut as in `join`.

    Raises:
        LibraryUnavailable: the library cannot be used now.
    """
    cleaned = cleaned_nickname(nickname)
    library.write(
        lambda c: members.change(c, member.room, member.number, time.time(), nickname=cleaned)
    )
    return replace(member, nickname=cleaned)


def note_present(library: Library, present: Iterable[Member]) -> None:
    """Store that these members are present now; repeat this before `PRESENT_SECONDS` have passed.

    Raises:
        LibraryUnavailable: the library cannot be used now.
    """
    pairs = sorted({(member.room, member.number) for member in present})
    by_room = {
        room: [number for _room, number in group]
        for room, group in groupby(pairs, key=lambda pair: pair[0])
    }

    def work(connection: Connection) -> None:
        for room, numbers in by_room.items():
            members.note_present(connection, room, numbers, time.time())

    if by_room:
        library.write(work)


def cleaned_nickname(text: str) -> str:
    """Clean a nickname, and return one short line of plain text, which may be empty.

    A letter keeps only a few marks, such as accents, because many marks would cover other lines.
    """
    line = cleaned_line(text[:_MOST_READ])
    return cleaned_line(_without_heaps(line)[:MOST_IN_NICKNAME])


def _without_heaps(text: str) -> str:
    """Return the text with at most `_MOST_MARKS` marks, such as accents, on each letter."""
    kept: list[str] = []
    marks = 0
    for character in normalize("NFC", text):
        marks = marks + 1 if category(character).startswith("M") else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _tried(library: Library, code: str, newcomer: Newcomer) -> JoinedRow | Refusal:
    short, rest = code[:SHORT], code[SHORT:]
    if rest:
        return library.write(
            lambda c: members.join_by_full_code(c, short, rest, newcomer, time.time())
        )
    # While short codes do not work, trying them does not make others wait who write.
    if not library.read(
        lambda c: members.may_try_short_code(c, newcomer.visitor, LIMITS, time.time())
    ):
        return "no attempts"
    return library.write(
        lambda c: members.join_by_short_code(c, short, newcomer, LIMITS, time.time())
    )


def _member(row: MemberRow) -> Member:
    return Member(row.room, row.number, row.nickname, row.step)
