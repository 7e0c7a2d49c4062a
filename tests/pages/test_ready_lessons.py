"""The pages accept each link of the lessons that come with the app."""

from __future__ import annotations

import pytest

from pglab.classroom.lesson import Step
from pglab.classroom.ready import ready_lessons
from tests.pages.opened import open_page, problems, run

pytestmark = pytest.mark.usefixtures("entry_script_first")
STEPS = {
    f"{name}-{number}": step
    for name, lesson in ready_lessons().items()
    for number, step in enumerate(lesson.steps, start=1)
}


def problems_of(page: str, link: dict[str, str]) -> list[str]:
    app = open_page(f"pages/{page}.py", **link)
    return problems(run(app))  # a page knows all names of its parts after the first run


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_page_accepts_the_link_of_a_step(step: Step) -> None:
    assert problems_of(step.page, dict(step.parameters)) == []


def test_a_name_that_a_page_does_not_have_is_a_problem() -> None:
    (step, *_others) = STEPS.values()
    link = dict(step.parameters)
    (problem,) = problems_of(step.page, {**link, "hide": f"{link['hide']},gama"})
    assert "gama" in problem
