"""Lessons are opened by name, by the library's address, and complete; answers are stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from pglab import language
from pglab.classroom.checks import LessonError
from pglab.classroom.keeping import keep_lesson
from pglab.classroom.lesson_file import written_lesson
from pglab.classroom.lesson_link import complete_text
from pglab.classroom.opening import identity_of, open_lesson
from pglab.classroom.progress import (
    ChoiceAnswer,
    Progress,
    SketchAnswer,
    StepProgress,
    checked_answer,
    fresh_progress,
    load_progress,
    read_progress,
    save_progress,
)
from pglab.classroom.ready import ready_lessons
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.tidying import Quotas
from tests.classroom.hostile import damaged_links
from tests.classroom.lessons import EXAMPLE
from tests.library.store.samples import ADA, BOB

OTHER = replace(EXAMPLE, title="Another")
ANSWERED = Progress(
    2,
    (
        StepProgress(ChoiceAnswer((1,)), (("pair", "bodies"), ("seeds", "4"))),
        StepProgress(SketchAnswer(((0.0, 10.0), (5e4, 200.5)))),
    ),
)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(open_library(f"sqlite:///{tmp_path}/runs.sqlite3")) as opened:
        yield opened


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lessons come with the app; one of them is translated."""
    for name, lesson in [("en/lessons/b_one", EXAMPLE), ("en/lessons/a_two", OTHER)]:
        file = tmp_path / "content" / f"{name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(written_lesson(lesson), encoding="utf-8")
    translated = tmp_path / "content" / "ru" / "lessons" / "b_one.md"
    translated.parent.mkdir(parents=True)
    translated.write_text(written_lesson(replace(EXAMPLE, title="Одно тело?")), encoding="utf-8")
    monkeypatch.setattr(language, "_ROOT", tmp_path)


@pytest.mark.usefixtures("ready")
def test_ready_lessons_are_listed_and_opened_in_the_visitors_language() -> None:
    assert ready_lessons() == {"a_two": OTHER, "b_one": EXAMPLE}
    assert open_lesson("b_one", None) == EXAMPLE
    token = language._language.set("ru")
    try:
        assert [lesson.title for lesson in ready_lessons().values()] == ["Another", "Одно тело?"]
    finally:
        language._language.reset(token)


def test_a_kept_lesson_is_opened_by_everybody_and_changed_by_its_owner(library: Library) -> None:
    address = keep_lesson(library, ADA, EXAMPLE)
    assert open_lesson(address, library) == EXAMPLE
    assert keep_lesson(library, ADA, OTHER, address) == address
    assert open_lesson(address, library) == OTHER
    copy = keep_lesson(library, BOB, EXAMPLE, address)
    assert copy != address
    assert open_lesson(address, library) == OTHER


def test_a_complete_lesson_is_opened_without_the_library() -> None:
    assert open_lesson(complete_text(EXAMPLE), None) == EXAMPLE


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ("no_such", "No lesson of the app is called “no_such”"),
        ("../../secret", "The link names no lesson"),
        ("", "The link names no lesson"),
        ("0123456789ABCDEF", "There is no lesson at this address"),
        ("0123456789ABCDEF\n", "The link names no lesson"),
        ("2.abc", "A newer version of the app has made this link"),
        ("1.!", "The link to the lesson is damaged"),
    ],
)
def test_what_names_no_lesson_is_refused(library: Library, named: str, sentence: str) -> None:
    with pytest.raises(LessonError, match=sentence):
        open_lesson(named, library)


def test_each_damaged_link_has_an_identity_and_is_refused(library: Library) -> None:
    for named in damaged_links(50):
        assert 0 < len(identity_of(named)) <= 64
        with suppress(LessonError):  # some damage leaves a valid lesson
            assert open_lesson(named, library).steps


def test_without_the_library_and_with_a_full_one_there_is_a_sentence(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LessonError, match="The library cannot be used now"):
        open_lesson("0123456789ABCDEF", None)
    monkeypatch.setattr(library, "quotas", Quotas(lessons=1))
    keep_lesson(library, ADA, EXAMPLE)
    with pytest.raises(LessonError, match="You have 1 lessons, and more are not possible"):
        keep_lesson(library, ADA, OTHER)


def test_a_damaged_lesson_in_the_library_is_a_sentence(library: Library) -> None:
    address = library.save_lesson(ADA, "title", "no lesson")
    with pytest.raises(LessonError, match="This is no lesson"):
        open_lesson(address, library)


# --- Progress


def test_answers_come_back_exactly_for_their_owner(library: Library) -> None:
    save_progress(library, ADA, "b_one", EXAMPLE, ANSWERED)
    assert load_progress(library, ADA, "b_one", EXAMPLE) == ANSWERED
    assert load_progress(library, BOB, "b_one", EXAMPLE) == fresh_progress(EXAMPLE)
    assert load_progress(library, ADA, "a_two", EXAMPLE) == fresh_progress(EXAMPLE)


def test_what_does_not_fit_a_changed_lesson_is_left_out(library: Library) -> None:
    save_progress(library, ADA, "b_one", EXAMPLE, ANSWERED)
    turned = replace(EXAMPLE, steps=(*EXAMPLE.steps[::-1], EXAMPLE.steps[0]))
    found = load_progress(library, ADA, "b_one", turned)
    assert found == Progress(2, (replace(ANSWERED.steps[0], answer=None), *[StepProgress()] * 2))
    shorter = replace(EXAMPLE, steps=EXAMPLE.steps[:1])
    assert load_progress(library, ADA, "b_one", shorter) == Progress(1, ANSWERED.steps[:1])


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[" * 100_000,
        "[]",
        '"x"',
        '{"step": true, "steps": 5}',
        '{"step": 1e400, "steps": [[], 1, null]}',
        '{"step": 3, "steps": [{"answer": {"chosen": [2]}, "parameters": [["a"]]}]}',
        '{"step": 0, "steps": [{"answer": {"chosen": [[]]}, "parameters": [["a", "\\u0000"]]}]}',
        '{"steps": [{"answer": {"chosen": "ab"}}, {"answer": {"points": [[0, NaN], [1, 1]]}}]}',
        '{"steps": [null, {"answer": {"points": [[0, true], [1, 1]]}}]}',
        f'{{"steps": [null, {{"answer": {{"points": [[0, {"9" * 400}], [1, 1]]}}}}]}}',
        '{"steps": [null, {"answer": {"points": [[0, 1]]}}]}',
    ],
)
def test_damaged_progress_is_left_out(text: str | None) -> None:
    progress = read_progress(text, EXAMPLE)
    without_choice = replace(progress, steps=tuple(replace(s, answer=None) for s in progress.steps))
    assert without_choice == fresh_progress(EXAMPLE)


@pytest.mark.parametrize("answer", [ChoiceAnswer((2,)), SketchAnswer(((0, 0), (1, 1))), "Split"])
def test_an_answer_that_does_not_fit_is_refused(answer: object) -> None:
    with pytest.raises(LessonError):
        checked_answer(answer, EXAMPLE.steps[0].question)


def test_choices_are_sorted() -> None:
    assert checked_answer(ChoiceAnswer((1, 0, 1)), EXAMPLE.steps[0].question) == ChoiceAnswer(
        (0, 1)
    )
