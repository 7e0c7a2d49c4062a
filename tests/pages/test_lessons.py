"""A lesson leads through the pages; its steps decide what the pages show."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pglab.classroom.lesson import ChoiceQuestion, Lesson, SketchQuestion, Step
from pglab.classroom.lesson_file import read_lesson, written_lesson
from pglab.classroom.lesson_link import complete_text
from pglab.classroom.place import PAGES
from pglab.classroom.progress import ChoiceAnswer
from pglab.library.keeping.saver import shared_library
from pglab.ui.pages.lesson import keeping
from pglab.ui.pages.lesson.visit import LessonVisit
from tests.pages.opened import open_app, problems, run
from tests.pages.test_visibility import lab_of, labels

pytestmark = pytest.mark.usefixtures("entry_script_first")

CHOICES = ChoiceQuestion("What happens?", ("It falls", "It *rises*", "Nothing"), (1,))
LESSON = Lesson(
    "Two pages",
    (
        Step(
            "First",
            "reinforce",
            (("gamma", "0.9"), ("hide", "settings,chapters"), ("lock", "speed")),
            task="Press **Run**. <b>x</b>",
            question=CHOICES,
            answer="It rises: see `pglab check`.",
        ),
        Step("Second", "shared_body", (("hide", "panels"),), question=SketchQuestion("How?")),
        Step("Third", "reinforce", (("start", "100"),), task="Look."),
    ),
)


def open_lesson(page: str = "lessons", **link: str) -> AppTest:
    app = run(open_app())  # from now on, `switch_page` runs the entry script, too
    for name, text in link.items():
        app.query_params[name] = text
    return visit(app, page)


def visit(app: AppTest, page: str) -> AppTest:
    app.switch_page(f"pages/{page}.py")
    return settle(app)


def settle(app: AppTest) -> AppTest:
    """Run the app, and follow it to the page that it opens."""
    run(app)
    page = app.session_state["page"] or "home"
    app.switch_page(f"pages/{page}.py")
    return run(app)


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    return settle(app)


def visit_of(app: AppTest) -> LessonVisit:
    visit: LessonVisit = app.session_state["lesson.visit"]
    return visit


def texts(app: AppTest) -> str:
    """The texts of the page, without the backslashes that make them harmless."""
    found = "\n".join(element.value for element in [*app.markdown, *app.caption, *app.info])
    return found.replace("\\", "")


@pytest.fixture
def named() -> str:
    return complete_text(LESSON)


def test_a_link_opens_the_first_step_with_its_settings_and_restrictions(named: str) -> None:
    app = open_lesson(lesson=named)
    assert app.session_state["page"] == "reinforce"
    assert lab_of(app).bench.session.config.gamma == 0.9
    assert {"Next task", "Previous task", "Run"} <= labels(app)
    assert "Discount γ" not in labels(app)
    assert app.query_params["lesson_step"] == "1"
    assert "Press **Run**" in texts(app)
    assert not any("<b>" in element.value for element in app.markdown)


def test_an_answer_is_kept_and_shows_what_is_right(named: str) -> None:
    app = open_lesson(lesson=named)
    assert "It rises: see" not in texts(app)
    (choice,) = (radio for radio in app.radio if radio.label == "Your answer")
    choice.set_value(2)
    settle(app)
    press(app, "lesson_answer")
    assert visit_of(app).answer == ChoiceAnswer((2,))
    assert "It *rises* **(right ✓)**" in texts(app)
    assert "Nothing **(your answer)**" in texts(app)
    assert "It rises: see" in texts(app)


def test_next_and_back_keep_the_run_of_each_step(named: str) -> None:
    app = open_lesson(lesson=named)
    with lab_of(app).bench.lock:
        lab_of(app).bench.advance("update")
    run(app)
    steps = lab_of(app).bench.session.global_step
    press(app, "lesson_next")
    assert app.session_state["page"] == "shared_body"
    press(app, "lesson_next")
    assert app.session_state["page"] == "reinforce"
    assert lab_of(app).bench.session.config.gamma == 0.99
    assert lab_of(app).bench.running
    assert "Finish" in labels(app)
    press(app, "lesson_back")
    press(app, "lesson_back")
    assert lab_of(app).bench.session.config.gamma == 0.9
    assert lab_of(app).bench.session.global_step == steps
    assert "Discount γ" not in labels(app)


def test_the_page_lessons_says_at_which_step_a_lesson_continues() -> None:
    app = open_lesson(lesson="one_body_or_two")
    press(app, "lesson_next")
    press(app, "lesson_leave")
    visit(app, "lessons")
    begin = {button.key: button.label for button in app.button if "begin." in str(button.key)}
    assert begin["begin.one_body_or_two"] == "Continue at step 2"
    assert begin["begin.why_did_it_collapse"] == "Begin"


def test_a_finished_lesson_can_be_begun_again(named: str) -> None:
    app = open_lesson(lesson=named)
    for key in ("lesson_next", "lesson_next", "lesson_finish"):
        press(app, key)
    assert app.session_state["page"] == "lessons"
    assert "You have finished" in app.success[0].value
    press(app, "lesson.again")
    assert visit_of(app).named == named
    assert "Leave the lesson" in labels(app)


def test_a_step_without_buttons_keeps_its_run_beyond_the_end_of_the_run() -> None:
    restricted = (("total_steps", "1000"), ("hide", "run,speed,continue"))
    steps = tuple(Step(title, "reinforce", restricted) for title in ("First", "Second"))
    app = open_lesson(lesson=complete_text(Lesson("One page", steps)))
    bench = lab_of(app).bench
    with bench.lock:
        while not bench.finished:
            bench.advance("update")
    run(app)
    press(app, "lesson_next")
    assert lab_of(app).bench.session.global_step == 0
    press(app, "lesson_back")
    assert lab_of(app).bench.session.global_step == 1_000
    assert not problems(app)


def test_the_address_cannot_show_or_change_what_the_step_hides(named: str) -> None:
    app = open_lesson("reinforce", lesson=named, lesson_step="1", hide="", gamma="0.5", seeds="2")
    assert "Discount γ" not in labels(app)
    config = lab_of(app).bench.session.config
    assert config.gamma == 0.9
    assert lab_of(app).bench.seeds == 2  # the step leaves the number of seeds free


def test_another_page_shows_the_way_back(named: str) -> None:
    app = open_lesson(lesson=named)
    visit(app, "maps")
    assert "You are taking the lesson “Two pages”, step 1 of 3." in texts(app)
    assert "Agent" in labels(app)
    press(app, "lesson_return")
    assert app.session_state["page"] == "reinforce"


def test_after_leaving_the_lesson_the_page_shows_everything(named: str) -> None:
    app = open_lesson(lesson=named)
    press(app, "lesson_leave")
    assert "Discount γ" in labels(app)
    assert {"lesson", "lesson_step", "hide"}.isdisjoint(app.query_params)


@pytest.mark.parametrize("text", ["", "../x", "1.AAAA", "no_such_lesson", "**x**", "7" * 16])
def test_a_lesson_that_cannot_be_opened_gets_a_sentence(text: str) -> None:
    app = open_lesson(lesson=text or " ")
    assert len(app.warning) == 1
    assert "**x**" not in app.warning[0].value


def open_form(app: AppTest) -> None:
    """Open the dialog; a browser would redraw it alone, but here each request is for the page."""
    app.button(key="make_lesson").click()
    run(app)


def ask_for_sketch(app: AppTest) -> None:
    """Choose a sketch in the dialog."""
    open_form(app)
    (kind,) = (group for group in app.button_group if str(group.key).endswith(".kind"))
    kind.set_value("sketch")


def making(app: AppTest, **fields: Any) -> AppTest:
    """Fill in the dialog, and save the step."""
    open_form(app)
    for kind in (app.text_input, app.text_area, app.multiselect, app.radio):
        for control in kind:
            name = (control.key or "").rpartition(".")[2]
            if name in fields:
                control.set_value(fields.pop(name))
    assert not fields
    (save,) = (button for button in app.button if button.label == "Save this step")
    save.click()
    return run(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_lesson_of_each_page_comes_back_by_link_by_file_and_from_the_library(page: str) -> None:
    app = open_lesson(page)
    offers = app.session_state[f"{app.session_state['page']}.restrictions"].offers
    hidden = [name for name in offers if name != "make_lesson"][:2]
    fields = {"hide": hidden} if hidden else {}
    making(app, lesson="A lesson", title="A step", task="Do *this*.", **fields)
    named = app.session_state["lesson.draft"]
    lesson = keeping.opened(named)
    assert lesson.steps[0].page == page
    assert dict(lesson.steps[0].parameters).get("hide", "") == ",".join(hidden)
    assert read_lesson(written_lesson(lesson)) == lesson
    assert keeping.opened(complete_text(lesson)) == lesson
    student = open_lesson(lesson=named)
    assert student.session_state["page"] == ("" if page == "home" else page)
    assert "Do *this*." in texts(student)
    assert set(hidden) <= student.session_state[
        f"{student.session_state['page']}.restrictions"
    ].hidden | ({*hidden} - set(offers))


def test_a_further_step_is_added_to_the_lesson() -> None:
    app = open_lesson("reinforce")
    making(app, lesson="Long lesson", title="One")
    visit(app, "maps")
    making(app, title="Two")
    lesson = keeping.opened(app.session_state["lesson.draft"])
    assert [step.title for step in lesson.steps] == ["One", "Two"]


def test_the_page_lessons_says_that_a_lesson_gets_the_next_step() -> None:
    app = open_lesson("reinforce")
    making(app, lesson="Long lesson", title="One")
    named = app.session_state["lesson.draft"]
    del app.session_state["lesson.draft"]
    app.session_state[f"change.{named}"] = True
    visit(app, "lessons")
    assert "next step that you make" not in texts(app)
    press(app, f"extend.{named}")
    assert "next step that you make is added to this lesson" in texts(app)


def test_a_sketch_without_a_text_asks_for_the_expected_return() -> None:
    app = open_lesson("reinforce")
    ask_for_sketch(app)
    making(app, lesson="A lesson", title="One")
    step = keeping.opened(app.session_state["lesson.draft"]).steps[0]
    assert step.question == SketchQuestion("Draw the return that you expect.")


def test_a_sketch_that_another_page_cannot_show_becomes_no_question() -> None:
    app = open_lesson("reinforce")
    ask_for_sketch(app)
    run(app)
    visit(app, "maps")
    making(app, lesson="A lesson", title="One")
    assert keeping.opened(app.session_state["lesson.draft"]).steps[0].question is None


def test_after_a_step_is_saved_the_form_of_the_next_lesson_is_empty() -> None:
    app = open_lesson("reinforce")
    making(app, lesson="First", title="One", task="Do this.", hide=["gamma"])
    del app.session_state["lesson.draft"]  # as in a later visit of the same browser
    open_form(app)
    assert app.radio(key="lesson.which").value == "A new lesson"
    fields = [*app.text_input, *app.text_area, *app.multiselect]
    asked = [field.value for field in fields if "making" in str(field.key)]
    assert len(asked) >= 5
    assert not any(asked)


def test_in_a_later_visit_a_new_lesson_is_preselected_and_the_newest_is_offered() -> None:
    app = open_lesson("reinforce")
    for title in ("Older", "Newest"):
        making(app, lesson=title, title="One")
        named = app.session_state["lesson.draft"]
        del app.session_state["lesson.draft"]  # as in a later visit of the same browser
        visit(app, "maps")
    open_form(app)
    choice = app.radio(key="lesson.which")
    assert (choice.value, choice.options[0]) == ("A new lesson", "A further step of “Newest”")
    choice.set_value(choice.options[0])
    making(app, title="Two")
    assert app.session_state["lesson.draft"] == named
    assert [step.title for step in keeping.opened(named).steps] == ["One", "Two"]


def test_a_step_without_a_title_gets_a_sentence_and_the_fields_stay() -> None:
    app = open_lesson("reinforce")
    making(app, lesson="A lesson", task="Do this.")
    open_form(app)
    assert "title of the step" in app.error[0].value
    assert "Do this." in [area.value for area in app.text_area]


def test_an_own_lesson_can_be_edited_and_deleted() -> None:
    app = open_lesson("reinforce")
    making(app, lesson="Old title", title="One")
    named = app.session_state["lesson.draft"]
    app.session_state[f"change.{named}"] = True
    visit(app, "lessons")
    area = app.text_area(key=f"text.{named}")
    area.set_value(str(area.value).replace("Old title", "New title"))
    run(app)
    press(app, f"save.{named}")
    assert keeping.opened(named).title == "New title"
    app.text_area(key=f"text.{named}").set_value("nonsense")
    run(app)
    press(app, f"save.{named}")
    assert app.warning
    assert keeping.opened(named).title == "New title"
    press(app, f"delete.{named}")
    assert "New title" not in texts(app)


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_library(), "get", lambda: None)


@pytest.mark.usefixtures("no_library")
def test_without_a_library_the_link_contains_the_lesson(named: str) -> None:
    app = open_lesson(lesson=named)
    press(app, "lesson_next")
    assert app.session_state["page"] == "shared_body"
    app = open_lesson("reinforce")
    making(app, lesson="A lesson", title="One")
    assert keeping.opened(app.session_state["lesson.draft"]).title == "A lesson"


def test_a_late_request_does_no_harm_after_a_page_has_forgotten_its_controls() -> None:
    app = visit(run(open_app()), "reinforce")
    (speed,) = (control for control in app.select_slider if control.label == "Speed")
    del app.session_state["reinforce.speed.0"]
    speed.set_value(500.0)
    run(app)
    assert not app.exception
