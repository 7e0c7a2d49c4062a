"""The lessons that come with the app: their form, and that they say what the stored results say."""

from __future__ import annotations

import re

import pytest

from pglab.classroom.lesson import ChoiceQuestion, Lesson, Step
from pglab.classroom.lesson_file import read_lesson
from pglab.classroom.ready import ready_lessons
from pglab.language import content
from pglab.studies.lessons import check_lessons, lesson_runs
from pglab.studies.lessons.lesson_sentences import SENTENCES
from pglab.studies.register import all_checks, chosen_checks

LESSONS = ready_lessons()
STEPS = [(name, step) for name, lesson in LESSONS.items() for step in lesson.steps]
NAMES = [f"{name}-{step.title}" for name, step in STEPS]
CHECKED = re.compile(r"^The answer is checked by: `pglab check ([\w/ -]+)`$", re.MULTILINE)
ROW = re.compile(r"^\| (\d+)–(\d+) \| (\d+)\. (.*) \|$", re.MULTILINE)


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_the_timetable_fills_a_seminar_of_90_minutes(lesson: Lesson) -> None:
    end, expected = 0, []
    for number, step in enumerate(lesson.steps, start=1):
        assert step.minutes is not None
        expected.append((str(end), str(end + step.minutes), str(number), step.title))
        end += step.minutes
    assert (lesson.minutes, end) == (90, 90)
    assert 6 <= len(lesson.steps) <= 9
    assert ROW.findall(lesson.introduction) == expected


@pytest.mark.parametrize(("name", "step"), STEPS, ids=NAMES)
def test_each_step_has_a_task_and_a_question_and_its_notes_say_what_checks_the_answer(
    name: str, step: Step
) -> None:
    assert 0 < len(step.task) < 500, name
    assert step.notes
    assert step.question is not None
    if isinstance(step.question, ChoiceQuestion):
        assert step.question.right
    (checks,) = CHECKED.findall(step.notes)
    known = all_checks()
    for check in checks.split():
        assert chosen_checks([check], known)


def test_the_lessons_say_what_the_stored_results_say() -> None:
    assert set(SENTENCES) == set(LESSONS)
    assert check_lessons.missing() == []
    assert check_lessons.untrue(lesson_runs.load()) == []


def test_a_wrong_figure_and_an_untrue_claim_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    text = content("lessons/why_did_it_collapse").replace("12 of 16", "11 of 16")
    with monkeypatch.context() as patch:
        patch.setattr(
            check_lessons,
            "content",
            lambda name: text if "collapse" in name else content(name),
        )
        found = check_lessons.missing()
    assert len(found) == 2  # the sentence with the number of runs stands in two answers
    assert all(sentence.startswith("why_did_it_collapse does not say: 12 of") for sentence in found)
    stored = lesson_runs.load()
    collapses = {**stored["collapse"], "smaller": stored["collapse"]["unchanged"]}
    refuted = check_lessons.untrue({**stored, "collapse": collapses})
    assert refuted == ["no fork with a smaller α collapses"]


def test_the_lessons_survive_a_teachers_editor() -> None:
    for name in LESSONS:
        text = content(f"lessons/{name}")
        assert read_lesson(text.replace("\n", "\r\n").encode()) == LESSONS[name]


def test_a_run_that_differs_is_reported() -> None:
    stored = lesson_runs.load()
    assert lesson_runs.compared(stored).numbers == []
    update = {**stored["first_update"], "likelier": [45, *stored["first_update"]["likelier"][1:]]}
    assert lesson_runs.compared({**stored, "first_update": update}).numbers == [
        "first_update, likelier: 1 of 8 numbers differ, by up to 1"
    ]
