"""A room with members, for tests."""

from __future__ import annotations

from pglab.classroom.lesson import ChoiceQuestion, Lesson, SketchQuestion, Step
from pglab.classroom.progress import ChoiceAnswer, SketchAnswer
from pglab.classroom.room.membership import Member, join
from pglab.classroom.room.opening import OpenedRoom, open_room, room_of_key
from pglab.classroom.room.state import RoomState
from pglab.library.store.library import Library

ADA, BOB = "key of Ada's browser", "key of Bob's browser"
LESSON = Lesson(
    title="Collapse",
    steps=(
        Step("Predict", "reinforce", question=ChoiceQuestion("Will it fall?", ("Yes", "=No"))),
        Step("Sketch", "reinforce", question=SketchQuestion("How will the return grow?")),
        Step("Look", "reinforce"),
    ),
)
YES, NO = ChoiceAnswer((0,)), ChoiceAnswer((1,))
LINE = SketchAnswer(((0.0, 0.0), (100.0, 50.0)))


def opened(library: Library, owner: str = ADA) -> OpenedRoom:
    return open_room(library, owner, LESSON)


def joined(library: Library, room: OpenedRoom, nickname: str = "") -> Member:
    return join(library, room.full_code, nickname, visitor="10.0.0.1").member


def state(library: Library, room: OpenedRoom) -> RoomState:
    return room_of_key(library, room.key).state


def version(library: Library, room: OpenedRoom) -> int:
    return state(library, room).version
