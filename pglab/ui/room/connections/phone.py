"""The WebSocket of a phone: it shows the live state of a room, and takes the member's answers.

The phone sends JSON objects: `{"step": 2, "answer": {"chosen": [0]}}`, `{"go": 3}` to move in a
free room, and `{"ping": true}` to learn whether the connection still works. The server sends
`view` (see `view.py`), `me` (the member and the member's answers) and `notice` (a sentence about
the room). It replies to messages of the phone with `received`, `refused`, `later` or `pong`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from contextlib import suppress
from dataclasses import replace
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import ChoiceQuestion, Question
from pglab.classroom.progress import Answer, ChoiceAnswer, answer_facts, read_answer
from pglab.classroom.room.answering import give_answer
from pglab.classroom.room.membership import MemberView, move_to, view_of_member
from pglab.language import _
from pglab.library.store.problems import LibraryUnavailable
from pglab.ui.room.connections.followed import FollowedRoom, Follower
from pglab.ui.room.sharing import SharedRooms, in_thread
from pglab.ui.stage.duplex import until_one_ends

MOST_CHARACTERS = 10_000  # of a message; a sketch of the most points has fewer
MOST_MESSAGES = 40  # from one phone within `WINDOW` seconds
WINDOW = 10.0

# Codes that tell the phone why the server closes the connection.
REFUSED, UNKNOWN, REPLACED, TOO_MANY, AGAIN_LATER = 4403, 4404, 4409, 4429, 4503


class Phone:
    """The connection of one phone to a room."""

    def __init__(
        self, socket: WebSocket, rooms: SharedRooms, followed: FollowedRoom, view: MemberView
    ) -> None:
        self.member = view.member
        self._socket, self._rooms, self._followed = socket, rooms, followed
        self._answers = dict(view.answers)
        self._own_step = view.member.step  # what the phone shows in a free room
        self._outbox: deque[dict[str, Any]] = deque()
        self._news = asyncio.Event()
        self._shown = ""  # the last view that the phone has got
        self._told = ""  # the last sentence about the room
        self._messages: deque[float] = deque(maxlen=MOST_MESSAGES)  # when they came
        self._send_member()

    async def serve(self) -> None:
        """Receive and send messages, until receiving or sending ends."""
        await until_one_ends(self._receive(), self._send())

    async def close(self, code: int) -> None:
        """Close the connection, unless it is closed already."""
        if self._socket.application_state == WebSocketState.CONNECTED:
            with suppress(WebSocketDisconnect, ConnectionError, RuntimeError):
                await self._socket.close(code)

    # --- Called for this phone by the room and by other connections of the same member

    def note_news(self) -> None:
        """Note that the room has changed, or that there is a sentence about the room."""
        self._news.set()

    def note_answer(self, step: int, answer: Answer) -> None:
        """Note that the library has stored this answer of the member."""
        self._answers[step] = answer
        self._put({"received": {"step": step, "answer": answer_facts(answer)}})

    def note_move(self, step: int) -> None:
        """Note that the member has moved to another step."""
        self.member, self._own_step = replace(self.member, step=step), step
        self._news.set()

    # --- Sending

    async def _send(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._outbox:
                await self._socket.send_text(json.dumps(self._outbox.popleft()))
            await self._send_view()

    async def _send_view(self) -> None:
        """If the content that the phone shows has changed, send the new content."""
        sentence, shown = self._followed.sentence, self._followed.shown
        if sentence != self._told:
            self._told = sentence
            await self._socket.send_text(json.dumps({"notice": sentence}))
        if shown is None:
            return
        if shown.state.mode == "paced":
            self._own_step = shown.state.step  # where the member is when the room becomes free
        number = self._own_step
        text = await self._followed.text(number, has_answered=number in self._answers)
        if text != self._shown:
            self._shown = text
            await self._socket.send_text(text)

    def _put(self, message: dict[str, Any]) -> None:
        self._outbox.append(message)
        self._news.set()

    def _send_member(self) -> None:
        answers = {step: answer_facts(answer) for step, answer in self._answers.items()}
        member = {"number": self.member.number, "nickname": self.member.nickname}
        self._put({"me": {**member, "answers": answers}})

    # --- Receiving

    async def _receive(self) -> None:
        while True:
            message = _read(await self._socket.receive_text())
            if message is None or self._sends_too_much():
                await self.close(REFUSED if message is None else TOO_MANY)
                return
            match message:
                case {"ping": True}:
                    self._put({"pong": True})
                case {"go": int(step)}:
                    await self._go(step)
                case {"step": int(step), "answer": dict(facts)}:
                    await self._answer(step, facts)
                case _:
                    await self.close(REFUSED)
                    return

    def _sends_too_much(self) -> bool:
        now = time.monotonic()
        is_full = len(self._messages) == MOST_MESSAGES
        too_much = is_full and self._messages[0] > now - WINDOW
        self._messages.append(now)
        return too_much

    async def _go(self, step: int) -> None:
        """Move the member to another step, on all connections of the member."""
        try:
            await in_thread(move_to, self._rooms.library(), self.member, step)
        except LessonError:
            self._shown = ""  # the phone gets its view again
            self._news.set()
        except LibraryUnavailable as error:
            self._put({"notice": str(error)})
        else:
            for phone in self._of_member():
                phone.note_move(step)

    async def _answer(self, step: int, facts: dict[str, Any]) -> None:
        """Store an answer, then send it to all connections of the member."""
        try:
            answer = fitting_answer(facts, self._question(step))
            await in_thread(give_answer, self._rooms.library(), self.member, step, answer)
        except LessonError as error:
            await self._refuse(step, str(error))
        except LibraryUnavailable as error:
            self._put({"later": {"step": step, "sentence": str(error)}})
        else:
            for phone in self._of_member():
                phone.note_answer(step, answer)

    async def _refuse(self, step: int, sentence: str) -> None:
        """Tell the phone why an answer was refused, and which answers the library has."""
        self._put({"refused": {"step": step, "sentence": sentence}})
        try:
            view = await in_thread(view_of_member, self._rooms.library(), self.member)
        except (LessonError, LibraryUnavailable) as error:
            self._put({"notice": str(error)})
        else:
            self._answers = dict(view.answers)
            self._send_member()

    def _question(self, step: int) -> Question | None:
        steps = self._followed.room.lesson.steps
        is_step = type(step) is int and 1 <= step <= len(steps)  # True is no number of a step
        return steps[step - 1].question if is_step else None

    def _of_member(self) -> list[Follower]:
        """Return all connections of the same member, including this connection."""
        return [
            phone for phone in self._followed.phones if phone.member.number == self.member.number
        ]


def fitting_answer(facts: object, question: Question | None) -> Answer:
    """Return the answer that a phone has sent, if it fits the question.

    Raises:
        LessonError: the answer does not fit the question. For example, it has several choices,
            although the question takes only one choice.
    """
    answer = read_answer(facts, question)
    if isinstance(answer, ChoiceAnswer) and isinstance(question, ChoiceQuestion):
        most = len(question.choices) if question.takes_several else 1
        answer = answer if 1 <= len(answer.chosen) <= most else None
    if answer is None:
        raise LessonError(_("The answer does not fit the question. Answer again."))
    return answer


def _read(text: str) -> dict[str, Any] | None:
    """Return the JSON object in a message, or None if there is no object."""
    try:
        message = json.loads(text) if len(text) <= MOST_CHARACTERS else None
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
