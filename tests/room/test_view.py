"""What phones get to know of a room, and what they do not get to know."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from pglab import language
from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import ChoiceQuestion, Lesson, Question, SketchQuestion, Step
from pglab.classroom.place import Parameters
from pglab.classroom.room.state import Mode, QuestionState, RoomState
from pglab.classroom.room.tallies import Tally
from pglab.curves import UsualBand
from pglab.ui.room.connections.phone import fitting_answer
from pglab.ui.room.view import Shown, view_of
from tests.classroom.hostile import TEXTS

CHOICES = ChoiceQuestion("Asked?", ("One", "Two"), right=(1,))
SEVERAL = ChoiceQuestion("Asked?", ("One", "Two", "Three"), right=(0, 1))


def lesson(question: Question | None = CHOICES) -> Lesson:
    step = Step("Title", "reinforce", (), task="Task", question=question, answer="Solution")
    return Lesson("Lesson", (step, Step("Secret", "reinforce", notes="Notes")))


def view(
    state: QuestionState,
    mode: Mode = "paced",
    *,
    has_answered: bool = False,
    question: Question | None = CHOICES,
    **more: Any,
) -> dict[str, Any]:
    shown = Shown(RoomState(mode, 1, (state, "waiting")), **more)
    return view_of(lesson(question), shown, 1, has_answered=has_answered)


@pytest.mark.parametrize("has_answered", [False, True])
@pytest.mark.parametrize("state", ["waiting", "open", "closed"])
def test_in_a_paced_room_nobody_knows_the_answer_before_it_is_revealed(
    state: QuestionState, has_answered: bool
) -> None:
    tallies = {1: Tally(2, (1, 1))}
    shown = view(state, has_answered=has_answered, tallies=tallies)
    text = json.dumps(shown)
    assert "Task" in text
    assert ("Asked" in text) == (state != "waiting")
    assert shown["accepts"] == (state == "open")
    assert not shown["right"]
    assert shown["result"] is None
    for hidden in ("Solution", "Secret", "Notes"):
        assert hidden not in text


def test_the_revealed_answers_are_shown() -> None:
    shown = view("revealed", tallies={1: Tally(3, (1, 2))})
    assert shown["result"] == {"answered": 3, "counts": [1, 2], "band": None}
    assert shown["right"] == [1]
    assert "Solution" in shown["answer"]
    assert not shown["accepts"]


def test_in_a_free_room_the_answer_follows_the_own_one() -> None:
    before, after = (view("waiting", "free", has_answered=known) for known in (False, True))
    assert before["accepts"]
    assert before["question"]["choices"] == ["One", "Two"]
    assert (before["answer"], before["right"]) == ("", [])
    assert "Solution" in after["answer"]
    assert after["right"] == [1]
    assert after["result"] is None


def test_a_sketch_has_axes_and_a_band() -> None:
    band = UsualBand(
        np.array([0.0, 10]), np.array([1.0, 2]), np.array([2.0, 3]), np.array([3, 1 / 3]), ""
    )
    shown = view("revealed", question=SketchQuestion("Asked?"), tallies={1: Tally(1, band=band)})
    axes = shown["question"]["axes"]
    assert len(axes["steps"]) >= 2
    assert axes["low"] < axes["high"]
    assert shown["result"]["band"] == {
        "steps": [0.0, 10.0],
        "low": [1.0, 2.0],
        "median": [2.0, 3.0],
        "high": [3.0, 0.33],
    }


def test_the_own_run_is_offered_until_the_room_ends() -> None:
    training = frozenset({1})
    assert view("open", training=training)["trains"]
    ended = Shown(RoomState("paced", 1, ("open", "waiting"), ended=True), training=training)
    shown = view_of(lesson(), ended, 1, has_answered=False)
    assert (shown["trains"], shown["accepts"], shown["ended"]) == (False, False, True)


@pytest.mark.parametrize(
    ("page", "parameters", "address"),
    [
        ("compare", (("pair", "bodies"), ("hide", "settings,chapters")),
         "compare?pair=bodies&hide=settings,chapters"),
        ("reinforce", (("room", "K7M3P"), ("room_step", "2"), ("lang", "xx"), ("gamma", "0.9")),
         "reinforce?gamma=0.9"),
        ("reinforce", (("x", "\"><b>&y=1#z"),), "reinforce?x=%22%3E%3Cb%3E%26y%3D1%23z"),
        ("home", (("hide", "menu"),), "./?hide=menu"),
        ("home", (("room", "K7M3P"),), ""),
    ],
)  # fmt: skip
def test_the_page_of_a_step_has_an_address_without_the_room(
    page: str, parameters: Parameters, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Lesson("l", (Step("t", page, parameters),))
    shown = Shown(RoomState("paced", 1, ("waiting",)))
    assert view_of(asked, shown, 1, has_answered=False)["page"] == address
    monkeypatch.setattr(language, "languages", lambda: ("en", "ru"))
    token = language._language.set("ru")
    try:
        translated = view_of(asked, shown, 1, has_answered=False)["page"]
    finally:
        language._language.reset(token)
    assert translated == (address and f"{address}&lang=ru")


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_of_a_lesson_becomes_markup(text: str) -> None:
    text = text[:3_000]
    question = ChoiceQuestion(f"{text}?", (f"a {text}"[:300], "b"))
    step = Step("t", "reinforce", task=text, question=question, answer=text)
    shown = Shown(RoomState("paced", 1, ("revealed",)))
    made = view_of(Lesson("l", (step,)), shown, 1, has_answered=True)
    asked = made["question"]
    for html in (made["task"], made["answer"], asked["text"], *asked["choices"]):
        for mark in ("<script", "<img", "<a ", "<div", "style=", "href="):
            assert mark not in html.lower()


@pytest.mark.parametrize(
    ("question", "facts", "fits"),
    [
        (CHOICES, {"chosen": [1]}, True),
        (CHOICES, {"chosen": [0, 1]}, False),  # this would be two votes
        (CHOICES, {"chosen": []}, False),
        (CHOICES, {"chosen": [2]}, False),
        (CHOICES, {"chosen": "0"}, False),
        (CHOICES, {"points": [[0, 1], [1, 2]]}, False),
        (CHOICES, {}, False),
        (SEVERAL, {"chosen": [2, 0, 0]}, True),
        (SketchQuestion("?"), {"points": [[0, 1], [1, 2]]}, True),
        (SketchQuestion("?"), {"points": [[0, 1], [1, float("nan")]]}, False),
        (SketchQuestion("?"), {"points": [[0, 1]] * 300}, False),
        (SketchQuestion("?"), {"chosen": [0]}, False),
        (None, {"chosen": [0]}, False),
    ],
)
def test_only_an_answer_to_the_question_is_taken(
    question: Question | None, facts: object, fits: bool
) -> None:
    if fits:
        fitting_answer(facts, question)
        return
    with pytest.raises(LessonError, match="does not fit"):
        fitting_answer(facts, question)
