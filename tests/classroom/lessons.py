"""Lessons for tests: an example, and arbitrary ones from hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from pglab.classroom.lesson import ChoiceQuestion, Lesson, SketchQuestion, Step
from pglab.classroom.place import PAGES

EXAMPLE = Lesson(
    title="One body or two?",
    minutes=90,
    introduction="*Aims*: what a shared body does.\n\n- Bring paper.",
    steps=(
        Step(
            title="Predict",
            page="compare",
            parameters=(("pair", "bodies"), ("hide", "settings,chapters")),
            minutes=10,
            task="Look at **both** agents. $\\nabla \\log \\pi$",
            question=ChoiceQuestion("Which one learns faster?", ("Shared", "Split"), right=(1,)),
            answer="The split one.\n\nChecked by: `pglab check curves`",
            notes="Most students say: shared.",
        ),
        Step(
            title="Sketch",
            page="reinforce",
            question=SketchQuestion("How will the return grow?"),
            answer="With **noise**.",
        ),
    ),
)

# Lines that look like the marks of a lesson's file.
_MARKS = (
    "---",
    "## x",
    "##",
    "\\## x",
    "\\\\##",
    "### Question",
    "### answer ",
    "\\### Notes",
    "# x",
    "open: x",
    "minutes: 5",
    "sketch: return",
    "\\sketch: return",
    "- [ ] a",
    "\\- [X] a",
    "* [x]",
    "```",
    "    code",
    "\\",
    "",
)
_line = st.sampled_from(_MARKS) | st.text(max_size=12)
_text = st.lists(_line, max_size=6).map("\n".join)
_shown = st.characters(categories=["L", "M", "N", "P", "S"], include_characters=" ")
_title = st.text(max_size=20).map("{} t".format)
_minutes = st.none() | st.integers(1, 600)
_asked = _text.map("{}\n?".format)
_choices = st.lists(_line, min_size=2, max_size=4).map(
    lambda lines: tuple(f"{line} {number}" for number, line in enumerate(lines))
)
_questions = st.builds(SketchQuestion, _asked) | st.builds(
    ChoiceQuestion, _asked, _choices, st.sampled_from(((), (0,), (1, 0)))
)
_steps = st.builds(
    Step,
    title=_title,
    page=st.sampled_from(PAGES),
    parameters=st.dictionaries(
        st.text(_shown, min_size=1, max_size=5), st.text(_shown, max_size=8), max_size=3
    ).map(lambda parameters: tuple(parameters.items())),
    minutes=_minutes,
    task=_text,
    question=st.none() | _questions,
    answer=_text,
    notes=_text,
)
LESSONS = st.builds(
    Lesson,
    title=_title,
    minutes=_minutes,
    introduction=_text,
    steps=st.lists(_steps, min_size=1, max_size=3).map(tuple),
)
