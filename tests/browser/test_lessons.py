"""The lessons of the app, gone through to the end by keyboard, by mouse and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from pglab.classroom.lesson import ChoiceQuestion, Lesson, Step
from pglab.classroom.place import HOME
from pglab.classroom.ready import ready_lessons
from tests.browser.conftest import NewPage

MOST_TABS = 200
NAME_OF_FOCUS = """() => {
    const focused = document.activeElement;
    return focused.ariaLabel || (focused === document.body ? "" : focused.innerText ?? "");
}"""
LESSONS = ready_lessons()
Press = Callable[[Page, Locator], None]


def click(_page: Page, target: Locator) -> None:
    target.click()


def by_keyboard(page: Page, target: Locator) -> None:
    """Move the focus to the target with the Tab key, then press it with the space bar."""
    expect(target).to_be_enabled()
    for _attempt in range(MOST_TABS):
        if target.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Space")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"The Tab key does not reach {target}.")


WAYS: dict[str, tuple[Press, int]] = {
    "mouse": (click, 1366),
    "keyboard": (by_keyboard, 1366),
    "phone": (click, 390),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_leads_to_its_end(new_page: NewPage, name: str, way: str) -> None:
    press, width = WAYS[way]
    page = new_page(width=width)
    lesson = LESSONS[name]
    page.goto(f"/lessons?lesson={name}")
    for number, step in enumerate(lesson.steps, start=1):
        expect_step(page, lesson, number)
        answer(page, step, press)
        if number == 2:
            page.reload()
            expect_step(page, lesson, number)
            expect_answered(page, step)
        further = "Finish" if number == len(lesson.steps) else "Next task"
        press(page, page.get_by_role("button", name=further).first)
    expect(page.get_by_role("heading", name="Lessons", exact=True)).to_be_visible()


def expect_step(page: Page, lesson: Lesson, number: int) -> None:
    """Wait until the page of this step is drawn."""
    step = lesson.steps[number - 1]
    path = "" if step.page == HOME else step.page
    expect(page.locator(".st-key-lesson_heading")).to_contain_text(
        f"step {number} of {len(lesson.steps)}"
    )
    page.wait_for_url(lambda url: url.split("?")[0].endswith(f"/{path}"))
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stAlertContentWarning")).to_have_count(0)


def answer(page: Page, step: Step, press: Press) -> None:
    """Answer the question of the step, if it has one."""
    if step.question is None:
        return
    if isinstance(step.question, ChoiceQuestion):
        kind = "checkbox" if len(step.question.right) > 1 else "radio"
        field = f"input[type={kind}]"
        # A mouse presses the label, because the browser draws its own field over the input.
        choice = field if press is by_keyboard else f"label:has({field})"
        press(page, page.locator(f".st-key-lesson_question {choice}").first)
    else:
        slider = page.locator(".st-key-lesson_question input[type=range]").nth(1)
        slider.focus()
        slider.press("ArrowUp")
    press(page, page.get_by_role("button", name="Lock my answer").first)
    expect_answered(page, step)


def expect_answered(page: Page, step: Step) -> None:
    if step.question is not None:
        expect(page.get_by_role("button", name="Lock my answer")).to_have_count(0)


def test_the_first_choice_after_a_step_with_a_run_counts(page: Page) -> None:
    page.goto("/reinforce?lesson=from_returns_to_gradients")
    page.get_by_role("button", name="Episode").first.click()
    expect(page.locator(".pgl-number-value").nth(1)).to_have_text("1")
    page.get_by_role("button", name="Next task").first.click()
    expect_step(page, LESSONS["from_returns_to_gradients"], 2)
    page.locator(".st-key-lesson_question label:has(input[type=radio])").first.click()
    expect(page.get_by_role("button", name="Lock my answer").first).to_be_enabled()


def test_a_text_that_is_being_typed_survives_escape_and_closing(page: Page) -> None:
    page.goto("/my_runs")
    make, task = page.get_by_role("button", name="Make a lesson step"), page.get_by_label("Task")
    make.click()
    task.press_sequentially("Look at the list.")
    page.keyboard.press("Escape")
    expect(task).to_have_value("Look at the list.")
    expect(page.get_by_role("radio", name="Choices")).to_be_visible()
    expect(page.get_by_role("radio", name="Sketch")).to_have_count(0)  # there is no return plot
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    make.click()
    expect(task).to_have_value("Look at the list.")


def test_what_a_step_hides_cannot_be_reached_by_tab_or_by_link(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/reinforce?hide=gamma,step,code,player&lock=learning_rate&chapter=code")
    expect(page.get_by_role("button", name="Episode")).to_be_visible()
    expect(page.get_by_text("Discount γ")).to_have_count(0)
    expect(page.get_by_role("radio", name="Code")).to_have_count(0)
    expect(page.get_by_role("region", name="CartPole-v1")).to_have_count(0)
    locked = page.get_by_role("slider", name="Learning rate α").first
    expect(locked).to_be_disabled()
    expect(page.get_by_test_id("stSidebar").get_by_text("0.001")).to_be_visible()
    reached = {reached_by_tab(page) for _press in range(MOST_TABS)}
    assert any("Episode E" in name for name in reached)
    assert not any("Step S" in name for name in reached)
    assert reached.isdisjoint({"Discount γ", "Learning rate α"})
    page.keyboard.press("s")  # the key of the hidden button
    page.keyboard.press("e")
    expect(page.locator(".pgl-number-value").nth(1)).to_have_text("1")


def reached_by_tab(page: Page) -> str:
    """Press Tab, and return the name of the element that has the focus now."""
    page.keyboard.press("Tab")
    name: str = page.evaluate(NAME_OF_FOCUS)
    return " ".join(name.split())
