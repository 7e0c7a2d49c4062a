"""Worksheets: the students' page has no answers, and no page loads or runs anything."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import (
    MOST_IN_CHOICE,
    MOST_IN_TEXT,
    MOST_IN_TITLE,
    ChoiceQuestion,
    Lesson,
    SketchQuestion,
    Step,
)
from pglab.classroom.qr import MOST_BYTES, qr_svg
from pglab.classroom.texts.printed_text import formula_mathml
from pglab.classroom.worksheet import worksheet_for_lecturer, worksheet_for_students
from pglab.library.cleaned_text import cleaned
from tests.classroom.hostile import TEXTS
from tests.classroom.lessons import EXAMPLE

LINK = "https://app.test/?lesson=0123456789ABCDEF&lesson_step=1"
MATHML = "math|mrow|m[ino]|mtext|mspace|m(sub|sup|subsup)|m(under|over|underover)|mfrac"
HTML = (
    "html|head|meta|title|style|body|header|div|h[123]|p|strong|em|span|section|[uo]l|li|pre|code"
    "|blockquote|hr|br|svg|g|path|text|table|thead|tbody|t[rhd]"
)


class Tags(HTMLParser):
    """Collects the tags and the names of the attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile_lesson(text: str) -> Lesson:
    line = cleaned(text).replace("\n", " ")
    return Lesson(
        title=line[:MOST_IN_TITLE],
        introduction=text[:MOST_IN_TEXT],
        steps=(
            Step(
                title=line[:MOST_IN_TITLE],
                page="home",
                task=text[:MOST_IN_TEXT],
                question=ChoiceQuestion(
                    text[:MOST_IN_TEXT], (line[: MOST_IN_CHOICE - 2] + "1", "2"), (0,)
                ),
                answer=text[:MOST_IN_TEXT],
                notes=text[:MOST_IN_TEXT],
            ),
        ),
    )


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_hostile_texts_are_only_text(text: str) -> None:
    for page in (
        worksheet_for_students(hostile_lesson(text), text),
        worksheet_for_lecturer(hostile_lesson(text)),
    ):
        found = Tags(page)
        assert [tag for tag in found.tags if not re.fullmatch(f"{HTML}|{MATHML}", tag)] == []
        assert not {name for name in found.attributes if name.startswith("on")}
        assert not found.attributes & {"href", "src", "action", "srcset"}
        assert "url(" not in page.split("</style>")[0]


def test_students_see_no_answers() -> None:
    students, lecturer = (
        worksheet_for_students(EXAMPLE, LINK),
        worksheet_for_lecturer(EXAMPLE, LINK),
    )
    everything = Tags(lecturer).text
    shown = Tags(students).text
    for secret in ("The split one.", "Most students say", "what a shared body does", "✓", "right"):
        assert secret in everything
        assert secret not in shown.split("}")[-1]
    for told in ("One body or two?", "1. Predict", "Look at", "Which one learns faster?", "Split"):
        assert told in everything
        assert told in shown
    assert "&amp;lesson_step=1" in students
    assert students.count('class="axes"') == 1
    assert "axes" not in lecturer.split("</style>")[1]


def test_a_step_without_a_task_and_with_a_sketch_is_printed() -> None:
    lesson = Lesson("a", (Step("b", "home", question=SketchQuestion("Draw")),))
    assert "mean return" in worksheet_for_students(lesson)
    assert "Draw" in worksheet_for_lecturer(replace(lesson, minutes=1))


def test_a_formula_becomes_mathml() -> None:
    written = formula_mathml("\\nabla_\\theta a < b", is_block=False)
    assert "<msub><mo>∇</mo><mi>θ</mi></msub>" in written
    assert "<mo>&lt;</mo>" in written


@pytest.mark.parametrize(
    "formula", ["{", "^", "\\left(", "\\href{x}{y}", "\\text{</math><script>}\\frac", "a_b_c"]
)
def test_a_formula_that_cannot_be_written_is_shown_as_code(formula: str) -> None:
    written = formula_mathml(formula, is_block=True)
    assert written.startswith("<code>")
    assert Tags(written).tags == {"code"}
    assert Tags(written).text == formula


def test_text_in_a_formula_is_only_text() -> None:
    written = formula_mathml("\\text{<script>alert(1)</script>} \\text{&lt;b&gt;}", is_block=False)
    assert Tags(written).tags == {"math", "mrow", "mtext"}


def test_a_code_has_the_squares_of_its_version_and_a_margin() -> None:
    assert 'viewBox="0 0 109 109"' in qr_svg("x" * MOST_BYTES)
    assert set(re.findall(r"<(\w+)", qr_svg(LINK))) == {"svg", "title", "path"}
    with pytest.raises(LessonError, match="The link has 930 characters, but a QR code holds 929"):
        qr_svg("x" * (MOST_BYTES + 1))
