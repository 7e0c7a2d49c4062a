"""A lesson's file and link bring back exactly the same lesson; damage becomes a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings

from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import Lesson
from pglab.classroom.lesson_file import read_lesson, written_lesson
from pglab.classroom.lesson_link import MOST_IN_LINK, complete_text, read_complete_text
from tests.classroom.hostile import TEXTS, damaged_files, damaged_links, packed
from tests.classroom.lessons import EXAMPLE, LESSONS

# As people write it, with other spaces than the app.
BY_HAND = """
---
title: From returns: to gradients
pglab-lesson: 1

---

Aims.

## Look

minutes: 5
open: http://localhost:8501/reinforce?gamma=0.9&lesson=x&lesson_step=2#a

minutes: 7 is part of the task.
\\## no title

### question

What?

* [ ] no
* [X]   yes

###  Notes
"""


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(LESSONS)
def test_every_lesson_comes_back_by_file_and_by_link(lesson: Lesson) -> None:
    file = written_lesson(lesson)
    assert read_lesson(file) == lesson
    assert read_lesson(file.replace("\n", "\r\n").encode("utf-8-sig")) == lesson
    assert read_complete_text(complete_text(lesson)) == lesson


def test_a_file_written_by_hand_is_read() -> None:
    lesson = read_lesson(BY_HAND)
    (step,) = lesson.steps
    assert (lesson.title, lesson.minutes) == ("From returns: to gradients", None)
    assert lesson.introduction == "Aims."
    assert (step.page, step.parameters, step.minutes) == ("reinforce", (("gamma", "0.9"),), 5)
    assert step.task == "minutes: 7 is part of the task.\n## no title"
    assert step.question is not None
    assert vars(step.question) == {"text": "What?", "choices": ("no", "yes"), "right": (1,)}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("pglab-lesson: 1", "pglab-lesson: 2", "A newer version of the app has made this lesson."),
        ("---\npglab", "pglab", "This is no lesson. Its file begins with"),
        ("title: One", "titel: One", "The line “titel: One body or two?” in the head of the"),
        ("title: One body or two?", "title:", "The title of the lesson is empty. Write it."),
        ("minutes: 90", "minutes: 9e1", "The number of minutes cannot be “9e1”."),
        ("open: compare", "open: comparison", "Step 1: The page “comparison” does not exist."),
        ("open: reinforce\n", "", "Step 2: Below the title “Sketch”, write which page opens"),
        ("?pair=bodies", "?pair=a&pair=b", "Step 1: The address contains “pair” twice."),
        ("?pair=bodies", "?pair=%FF", "Step 1: The address “compare?pair=%FF"),
        ("minutes: 10", "minutes: 0", "Step 1: The number of minutes must be a whole number"),
        ("- [ ] Shared\n", "", "Step 1: A question needs 2 to 12 choices."),
        ("- [ ] Shared", "- [ ] Split", "Step 1: Two choices are the same."),
        ("- [ ] Shared", "- [ ] Shared\nor", "Step 1: The line “or” is no choice."),
        ("sketch: return", "sketch: loss", "Step 2: A question can ask for a sketch of: return."),
        ("### Notes", "### Answer", "Step 1: There are two parts “answer”."),
        ("Most students", "x" * 4_000, "Step 1: The text of the notes has 4,013 characters"),
        ("Predict", "P" * 121, "Step 1: The title of the step has 121 characters, but 120 are"),
    ],
)
def test_a_mistake_becomes_a_sentence(old: str, new: str, sentence: str) -> None:
    file = written_lesson(EXAMPLE)
    assert old in file
    with pytest.raises(LessonError) as caught:
        read_lesson(file.replace(old, new, 1))
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_hostile_text_in_each_place_is_only_text(text: str) -> None:
    file = written_lesson(EXAMPLE)
    for place in ("One body or two?", "*Aims*", "Predict", "Look at", "Which one", "Most", "noise"):
        outcome(read_lesson, file.replace(place, text, 1))


@pytest.mark.parametrize(
    ("read", "damaged"),
    [(read_lesson, list(damaged_files(300))), (read_complete_text, list(damaged_links(300)))],
    ids=["files", "links"],
)
def test_damage_is_a_sentence_or_another_lesson(
    read: Callable[[bytes | str], Lesson], damaged: Iterable[bytes | str]
) -> None:
    outcomes = [outcome(read, text) for text in damaged]
    assert len(outcomes) == 300
    assert 100 < outcomes.count(False) < 300


def outcome(read: Callable[[bytes | str], Lesson], text: bytes | str) -> bool:
    """True if a valid lesson was read; False if a sentence says why not."""
    try:
        lesson = read(text)
    except LessonError as error:
        sentence = str(error)
        assert sentence.endswith((".", "”."))
        assert sentence.isprintable()
        assert len(sentence) < 500
        return False
    assert read_lesson(written_lesson(lesson)) == lesson
    return True


def test_a_link_that_would_become_too_large_is_refused() -> None:
    bomb = packed(written_lesson(EXAMPLE).encode() + b"x" * 5_000_000)
    assert len(bomb) < MOST_IN_LINK
    with pytest.raises(LessonError, match="The link to the lesson is damaged"):
        read_complete_text(bomb)


def test_a_lesson_that_is_too_long_for_a_link_is_refused() -> None:
    letters = "".join(chr(0x4E00 + number * 37 % 20_000) for number in range(4_000))
    long = Lesson("Long", EXAMPLE.steps, introduction=letters)
    with pytest.raises(LessonError, match="too long for a link"):
        complete_text(long)
    assert read_lesson(written_lesson(long)) == long
