"""What exists of a lesson is valid: texts are cleaned, limits hold, wrong types are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import (
    MOST_STEPS,
    ChoiceQuestion,
    Lesson,
    SketchQuestion,
    Step,
)
from pglab.classroom.place import PAGES, read_address, relative_link
from tests.classroom.lessons import EXAMPLE

STEP = EXAMPLE.steps[0]
ROOT = Path(__file__).parents[2]


def test_texts_are_cleaned() -> None:
    step = Step(
        " a\tb\0\u202e\r\nc ", "home", task="\r\n \n    code\u2028x\r\n\n", answer="\x1b[1m"
    )
    assert (step.title, step.task, step.answer) == ("a b c", "    code x", "[1m")


def test_a_lesson_may_open_each_page_of_the_menu() -> None:
    scripts = {file.stem for file in (ROOT / "pages").glob("*.py")}
    assert set(PAGES) == scripts - {"watch", "lessons", "room", "wall"}


WRONG: dict[str, Callable[[], object]] = {
    "must be a text": lambda: Step(5, "home"),  # type: ignore[arg-type]
    "is empty": lambda: Step("\u200d \u202e", "home"),
    "The page “\\[1\\]” does not": lambda: Step("a", [1]),  # type: ignore[arg-type]
    "The page “lessons” does not": lambda: Step("a", "lessons"),
    "a parameter that cannot": lambda: Step("a", "home", (("a", "b\0"),)),
    "a parameter that cannot be": lambda: Step("a", "home", {"a": 1}),  # type: ignore[arg-type]
    "a parameter that cannot be used": lambda: Step("a", "home", (("a", "\ud800"),)),
    "longer than 2,000": lambda: Step("a", "home", (("a", "é" * 400),)),
    "number from 1 to 600": lambda: replace(STEP, minutes=True),
    "whole number from 1 to 600": lambda: replace(STEP, minutes=10**400),
    "must be a question with": lambda: replace(STEP, question="What?"),  # type: ignore[arg-type]
    "2 to 12 choices": lambda: ChoiceQuestion("?", tuple("abcdefghijklm")),
    "Two choices are the same": lambda: ChoiceQuestion("?", ("a", "a ")),
    "A choice must be a text": lambda: ChoiceQuestion("?", ("a", None)),  # type: ignore[arg-type]
    "a whole number from 0 to 1": lambda: ChoiceQuestion("?", ("a", "b"), (2,)),
    "question is empty": lambda: SketchQuestion(" \n"),
    "a sketch of: return": lambda: SketchQuestion("?", of="loss"),
    "at least one step": lambda: Lesson("a", ()),
    "at least one step. Add": lambda: Lesson("a", ("step",)),  # type: ignore[arg-type]
    "31 steps, but 30": lambda: Lesson("a", (STEP,) * (MOST_STEPS + 1)),
    "4,001 characters, but 4,000": lambda: replace(STEP, task="x" * 4_001),
    "but 60,000 are possible": lambda: Lesson("a", (replace(STEP, task="x" * 3_900),) * 16),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_what_cannot_be_used_is_refused(sentence: str) -> None:
    with pytest.raises(LessonError, match=sentence):
        WRONG[sentence]()


def test_the_largest_lesson_is_possible() -> None:
    assert len(Lesson("a", (replace(STEP, task="x" * 1_800),) * MOST_STEPS).steps) == MOST_STEPS


@pytest.mark.parametrize(
    ("address", "page", "parameters"),
    [
        ("", "home", ()),
        ("/", "home", ()),
        ("https://host:8501/base/?lang=en", "home", (("lang", "en"),)),
        ("https://host", "home", ()),
        ("/base/compare/?a.gamma=0.9#x?y", "compare", (("a.gamma", "0.9"),)),
        ("maps?lesson=one&x=a+b&lesson_step=3&step=5", "maps", (("x", "a b"), ("step", "5"))),
        ("home?empty=&%C3%A9=%26%3D%23", "home", (("empty", ""), ("é", "&=#"))),
    ],
)
def test_an_address_is_read(address: str, page: str, parameters: Any) -> None:
    assert read_address(address) == (page, parameters)
    assert read_address(Step("a", page, parameters).address) == (page, parameters)
    assert read_address(relative_link(page, parameters)) == (page, parameters)


@pytest.mark.parametrize("address", ["evil", "home?" + "a=1&" * 101, "home?a=" + "x" * 9_000])
def test_an_address_that_no_lesson_opens(address: str) -> None:
    with pytest.raises(LessonError):
        read_address(address)
