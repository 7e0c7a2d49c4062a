r"""Reads and writes the file of a lesson: Markdown that people can edit by hand.

    ---
    pglab-lesson: 1
    title: From returns to gradients
    minutes: 90
    ---
    The introduction, for the lecturer.

    ## The title of the first step
    open: reinforce?gamma=0.9
    minutes: 10

    The task.

    ### Question
    Its text
    - [ ] a choice
    - [x] a choice that is right

    ### Answer
    Appears after the student has answered.

    ### Notes
    For the lecturer.

Instead of choices, a question can have the line "sketch: return". If a line of a text looks like
one of these marks, a backslash is written before it: "\## no title". The reader removes this
backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pglab.classroom.checks import LessonError, in_step
from pglab.classroom.lesson import ChoiceQuestion, Lesson, Question, SketchQuestion, Step
from pglab.classroom.place import read_address
from pglab.config import quoted
from pglab.config.numerals import whole_number
from pglab.language import _

VERSION = 1
MOST_BYTES = 400_000
ENDING = ".md"

_FENCE = "---"
_VERSION_KEY, _TITLE, _MINUTES = "pglab-lesson", "title", "minutes"
_OPEN, _SKETCH = "open", "sketch"
_QUESTION, _ANSWER, _NOTES = "question", "answer", "notes"
# The lines that begin a part of the file, or of a question.
_STEP_MARK = r"##(?:\s.*)?"
_PART_MARK = r"###\s+(?:question|answer|notes)\s*"
_CHOICE_MARK = r"[-*+] \[[ x]\](?:\s.*)?"
_SKETCH_MARK = r"sketch:.*"


def _marks(*marks: str) -> re.Pattern[str]:
    """Make a pattern for lines that begin with any number of backslashes and one of these marks."""
    return re.compile(rf"\\*(?:{'|'.join(marks)})", re.IGNORECASE)


_STEP = _marks(_STEP_MARK)
_PART = _marks(_PART_MARK)
_CHOICE = _marks(_CHOICE_MARK)
_REPLY = _marks(_CHOICE_MARK, _SKETCH_MARK)
_OF_TEXT = _marks(_STEP_MARK, _PART_MARK)
_OF_QUESTION = _marks(_STEP_MARK, _PART_MARK, _CHOICE_MARK, _SKETCH_MARK)


# --- Writing


def written_lesson(lesson: Lesson) -> str:
    """Write the file of a lesson, from which `read_lesson` reads exactly the same lesson."""
    head = [f"{_VERSION_KEY}: {VERSION}", f"{_TITLE}: {lesson.title}", *_minutes(lesson.minutes)]
    parts = [
        "\n".join([_FENCE, *head, _FENCE]),
        _escaped(lesson.introduction, _OF_TEXT),
        *(part for step in lesson.steps for part in _step_parts(step)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _step_parts(step: Step) -> Iterator[str]:
    """Yield the parts of a step's text, which are separated by empty lines in the file."""
    yield "\n".join([f"## {step.title}", f"{_OPEN}: {step.address}", *_minutes(step.minutes)])
    yield _escaped(step.task, _OF_TEXT)
    if step.question is not None:
        asked = _escaped(step.question.text, _OF_QUESTION)
        yield f"### Question\n{asked}\n\n{_reply(step.question)}"
    if step.answer:
        yield f"### Answer\n{_escaped(step.answer, _OF_TEXT)}"
    if step.notes:
        yield f"### Notes\n{_escaped(step.notes, _OF_TEXT)}"


def _reply(question: Question) -> str:
    """Write the lines that say how a student can answer."""
    if isinstance(question, SketchQuestion):
        return f"{_SKETCH}: {question.of}"
    return "\n".join(
        f"- [{'x' if index in question.right else ' '}] {choice}"
        for index, choice in enumerate(question.choices)
    )


def _minutes(minutes: int | None) -> list[str]:
    return [] if minutes is None else [f"{_MINUTES}: {minutes}"]


def _escaped(text: str, marks: re.Pattern[str]) -> str:
    """Return the text with a backslash before each line that would be read as a mark."""
    lines = text.split("\n")
    return "\n".join("\\" + line if marks.fullmatch(line) else line for line in lines)


# --- Reading


def read_lesson(file: bytes | str) -> Lesson:
    """Read the file of a lesson.

    Raises:
        LessonError: the file cannot be used; the message says what to change, and in which step.
    """
    lines = _decoded(file).split("\n")
    while lines and not lines[0].strip():
        del lines[0]
    if not lines or lines[0].rstrip() != _FENCE:
        raise LessonError(_no_lesson())
    ends = [number for number, line in enumerate(lines) if line.rstrip() == _FENCE]
    if len(ends) < 2:
        raise LessonError(_("The line “---” after the head of the file is missing. Add it."))
    title, minutes = _head(lines[1 : ends[1]])
    introduction, *steps = _cut(lines[ends[1] + 1 :], _STEP)
    return Lesson(
        title=title,
        minutes=minutes,
        introduction=_unescaped(introduction, _OF_TEXT),
        steps=tuple(_step(number, step) for number, step in enumerate(steps, start=1)),
    )


def _decoded(file: bytes | str) -> str:
    if len(file) > MOST_BYTES:
        raise LessonError(
            _("The file has more than {n:,} bytes. Shorten the lesson.").format(n=MOST_BYTES)
        )
    try:
        text = file if isinstance(file, str) else file.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LessonError(
            _("The file is not text in UTF-8. Save it again with this encoding.")
        ) from error
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _head(lines: Sequence[str]) -> tuple[str, int | None]:
    """Read the title and the minutes from the head of the file."""
    facts: dict[str, str] = {}
    for line in filter(str.strip, lines):
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon or name not in (_VERSION_KEY, _TITLE, _MINUTES) or name in facts:
            raise LessonError(
                _("The line {line} in the head of the file is unknown. Remove it.").format(
                    line=quoted(line)
                )
            )
        facts[name] = value.strip()
    _require_version(facts.get(_VERSION_KEY))
    return facts.get(_TITLE, ""), _number(facts[_MINUTES]) if _MINUTES in facts else None


def _require_version(text: str | None) -> None:
    try:
        version = whole_number(text or "")
    except ValueError:
        raise LessonError(_no_lesson()) from None
    if version > VERSION:
        raise LessonError(
            _("A newer version of the app has made this lesson. Update the app to open it.")
        )
    if version < VERSION:
        raise LessonError(_no_lesson())


def _step(number: int, lines: Sequence[str]) -> Step:
    """Read a step from its lines; the first line is the title of the step."""
    with in_step(number):
        title = lines[0]
        facts, rest = _facts(lines[1:])
        if _OPEN not in facts:
            raise LessonError(
                _(
                    "Below the title {title}, write which page opens, for example “open: "
                    "reinforce”. If the line is no title, begin it with “\\##”."
                ).format(title=quoted(title.removeprefix("##").strip()))
            )
        page, parameters = read_address(facts[_OPEN])
        task, *cut = _cut(rest, _PART)
        parts = _parts(cut)
        return Step(
            title=title.removeprefix("##"),
            page=page,
            parameters=parameters,
            minutes=_number(facts[_MINUTES]) if _MINUTES in facts else None,
            task=_unescaped(task, _OF_TEXT),
            question=_question(parts[_QUESTION]) if _QUESTION in parts else None,
            answer=_unescaped(parts.get(_ANSWER, ()), _OF_TEXT),
            notes=_unescaped(parts.get(_NOTES, ()), _OF_TEXT),
        )


def _facts(lines: Sequence[str]) -> tuple[dict[str, str], Sequence[str]]:
    """Read the lines "open: …" and "minutes: …" after a title, and return the remaining lines."""
    begin = next((number for number, line in enumerate(lines) if line.strip()), 0)
    facts: dict[str, str] = {}
    for number, line in enumerate(lines[begin:], start=begin):
        name, colon, value = line.partition(":")
        if not colon or name not in (_OPEN, _MINUTES) or name in facts:
            return facts, lines[number:]
        facts[name] = value.strip()
    return facts, ()


def _parts(cut: Sequence[Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return the lines of each part, by the part's name. The name is in the part's first line."""
    parts: dict[str, Sequence[str]] = {}
    for title, *lines in cut:
        name = title.lstrip("#").strip().lower()
        if name in parts:
            raise LessonError(
                _("There are two parts {name}. Remove one of them.").format(name=quoted(name))
            )
        parts[name] = lines
    return parts


def _question(lines: Sequence[str]) -> Question:
    """Read a question: first its text, then its choices or a line that says what to sketch."""
    first = next((n for n, line in enumerate(lines) if _is_mark(line, _REPLY)), len(lines))
    text = _unescaped(lines[:first], _OF_QUESTION)
    replies = [line.strip() for line in lines[first:] if line.strip()]
    if len(replies) == 1 and not _CHOICE.fullmatch(replies[0]):
        return SketchQuestion(text, of=replies[0].partition(":")[2].strip())
    for line in replies:
        if not _is_mark(line, _CHOICE):
            raise LessonError(
                _("The line {line} is no choice. Begin it with “- [ ]”.").format(line=quoted(line))
            )
    return ChoiceQuestion(
        text,
        choices=tuple(line[5:] for line in replies),
        right=tuple(number for number, line in enumerate(replies) if line[3] != " "),
    )


def _cut(lines: Sequence[str], mark: re.Pattern[str]) -> list[Sequence[str]]:
    """Split the lines into groups; each line with this mark begins a new group."""
    begins = [number for number, line in enumerate(lines) if _is_mark(line, mark)]
    return [lines[a:b] for a, b in zip([0, *begins], [*begins, len(lines)], strict=True)]


def _is_mark(line: str, marks: re.Pattern[str]) -> bool:
    return not line.startswith("\\") and marks.fullmatch(line) is not None


def _unescaped(lines: Sequence[str], marks: re.Pattern[str]) -> str:
    """Return the text of these lines, without the backslashes that `_escaped` adds."""
    return "\n".join(
        line[1:] if line.startswith("\\") and marks.fullmatch(line) else line for line in lines
    )


def _number(text: str) -> int:
    try:
        return whole_number(text)
    except ValueError:
        raise LessonError(
            _("The number of minutes cannot be {text}. Write a whole number.").format(
                text=quoted(text)
            )
        ) from None


def _no_lesson() -> str:
    return _("This is no lesson. Its file begins with the lines “---” and “pglab-lesson: 1”.")
