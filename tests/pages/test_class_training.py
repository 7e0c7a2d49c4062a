"""Everyone trains: the teacher's form, the wall's map, and the page of a student's own run."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import SelectSlider

from pglab import language
from pglab.classroom.room.membership import Member
from pglab.classroom.room.opening import delete_room
from pglab.classroom.room.own_runs.by_hand import best_returns
from pglab.classroom.room.own_runs.training import StudentRun, let_train, plan_of, runs_of, save_run
from pglab.classroom.room.own_runs.training_plan import TrainingPlan, choosable
from pglab.classroom.room.steering import (
    close_question,
    end_room,
    go_to_step,
    open_question,
    reveal_answers,
    set_mode,
)
from pglab.config import ReinforceConfig, settings_of
from pglab.curves import Curve
from pglab.library.store.rooms.polling import PRESENT_SECONDS
from pglab.ui.room.sharing import shared_rooms
from pglab.ui.room.training_link import training_address
from tests.looks.by_hand.browser_episodes import sent_episode
from tests.pages.opened import bench_of, open_page, run
from tests.pages.test_play import always_right, send
from tests.pages.test_room import Teacher, everything, markdown, press, room_buttons

pytestmark = pytest.mark.usefixtures("doors_close_afterwards", "entry_script_first")

PLAN = TrainingPlan(ReinforceConfig(seed=7, hidden_sizes=(8,)), 3_000)


@pytest.fixture
def teacher() -> Teacher:
    return Teacher()


# --- The teacher's form, and the map


def test_everyone_trains_a_seed_until_the_teacher_stops_it(teacher: Teacher) -> None:
    app = teacher.page()
    app.number_input(key="room_train_steps.1").set_value(4_000)
    app = press(app, "room_train")
    plan = plan_of(teacher.library, teacher.name, 1)
    assert plan == TrainingPlan(ReinforceConfig(gamma=0.9), 4_000)
    assert "train" not in room_buttons(app)
    assert "0 runs of this class" in everything(app)
    save_run(teacher.library, teacher.member(), 1, plan, finished(0))
    app = press(app, "room_stop_training")
    assert plan_of(teacher.library, teacher.name, 1) is None
    assert "train" in room_buttons(app)
    for page in (app, teacher.wall()):
        assert "1 run of this class" in everything(page)
        assert "the class tried" not in everything(page)


def test_while_everyone_trains_the_runs_come_first(teacher: Teacher) -> None:
    app, wall = teacher.page(), teacher.wall()
    assert "trains REINFORCE, with the settings of this step" in everything(app)
    teacher.make(open_question)
    teacher.make(close_question)
    teacher.make(reveal_answers)
    app = press(run(app), "room_train")
    for page in (app, run(wall)):
        shown = markdown(page)
        (title,) = [n for n, text in enumerate(shown) if text == "#### Predict"]
        assert shown.index("##### 0 runs of this class") < title
    assert "Look." in everything(app)
    assert not any(text in everything(wall) for text in ("Look.", "The return rises."))
    app = press(app, "room_stop_training")
    for page in (app, run(wall)):
        shown = markdown(page)
        assert shown.index("##### 0 runs of this class") > shown.index("#### Predict")
        assert "The return rises." in everything(page)


def finished(seed: int, value: float | None = None, end: float = 90.0) -> StudentRun:
    curve = Curve(np.array([20.0, 4_000.0]), np.array([20.0, end]))
    return StudentRun(seed, value, 4_000, True, curve)


def choose(app: AppTest, setting: str, limits: tuple[object, object]) -> AppTest:
    """Let each student choose one setting, and start."""
    app.radio(key="room_train_who.1").set_value("choice").run()
    app.selectbox(key="room_train_set.1").set_value(setting).run()
    key = f"room_train_at.1.{setting}"
    sliders = [*app.select_slider, *app.slider]
    (slider,) = [slider for slider in sliders if slider.key == key]
    slider.set_value(limits)
    return press(app, "room_train")


def test_each_student_chooses_one_setting_within_limits(teacher: Teacher) -> None:
    app = choose(teacher.page(), "learning_rate", (0.001, 0.1))
    plan = plan_of(teacher.library, teacher.name, 1)
    assert plan == TrainingPlan(ReinforceConfig(gamma=0.9), 20_000, "learning_rate", 0.001, 0.1)
    ann, bob = teacher.member("Ann"), teacher.member("Bob")
    for member, value, end in [(ann, 0.001, 30.0), (ann, 0.01, 222.0), (bob, 0.1, 12.0)]:
        save_run(teacher.library, member, 1, plan, finished(member.number - 1, value, end))
    for page in (run(app), teacher.wall()):
        shown = everything(page)
        assert "2 runs of this class" in shown
        assert "What the class tried: 3 runs" in shown
        assert "222.0" in shown
        assert "Ann" not in shown


def test_a_click_that_is_too_fast_gets_a_sentence(teacher: Teacher) -> None:
    app = teacher.page()
    app.radio(key="room_train_who.1").set_value("choice")
    app = press(app, "room_train")
    assert "press Start again" in app.warning[0].value
    press(app, "room_train")
    plan = plan_of(teacher.library, teacher.name, 1)
    assert plan is not None
    assert (plan.setting, plan.low, plan.high) == ("learning_rate", 1e-5, 1.0)


def test_limits_that_are_equal_get_a_sentence(teacher: Teacher) -> None:
    app = choose(teacher.page(), "episodes_per_update", (4, 4))
    assert "The lower limit must be less" in app.warning[0].value
    assert plan_of(teacher.library, teacher.name, 1) is None
    choose(app, "episodes_per_update", (4, 8))
    plan = plan_of(teacher.library, teacher.name, 1)
    assert plan is not None
    assert (plan.setting, plan.low, plan.high) == ("episodes_per_update", 4, 8)


def test_the_form_offers_the_settings_that_change_how_the_agent_learns(teacher: Teacher) -> None:
    app = teacher.page()
    app.radio(key="room_train_who.1").set_value("choice").run()
    offered = list(choosable(ReinforceConfig()))
    assert app.selectbox(key="room_train_set.1").options == [
        settings_of(ReinforceConfig)[name].label for name in offered
    ]
    assert {"gamma", "learning_rate", "min_batch_steps"} < set(offered)
    assert not {"seed", "total_steps", "success_return", "value_learning_rate"} & set(offered)


# --- What a student's page sends to the class


RATES = replace(PLAN, setting="learning_rate", low=0.01, high=0.1)


@pytest.fixture
def student(teacher: Teacher, monkeypatch: pytest.MonkeyPatch) -> Member:
    """A member of a class that trains in step 1; the test's pages have the member's cookie."""
    teacher.make(let_train, PLAN)
    member = teacher.member("Ann")
    code = teacher.opened.code
    monkeypatch.setattr(
        shared_rooms(), "member", lambda named, _cookies: member if named == code else None
    )
    return member


def students_page(
    teacher: Teacher, student: Member, plan: TrainingPlan = PLAN, /, **others: str
) -> AppTest:
    address = training_address(plan, student, teacher.opened.code, 1)
    page, _mark, query = address.partition("?")
    return open_page(f"pages/{page}.py", **{**dict(parse_qsl(query)), **others})


def about_class(app: AppTest) -> str:
    return "\n".join(text for text in markdown(app) if "class" in text)


def test_a_students_run_reaches_the_class(teacher: Teacher, student: Member) -> None:
    app = students_page(teacher, student)
    assert "You train seed 7 for your class" in about_class(app)
    with bench_of(app).lock:
        bench_of(app).advance("update")
    steps = bench_of(app).session.global_step
    assert f"{steps} of 3,000 steps have arrived" in about_class(run(app))
    (stored,) = runs_of(teacher.library, teacher.name, 1)
    assert (stored.run.seed, stored.run.global_step) == (7, steps)
    assert "1 run of this class" in everything(teacher.wall())


def test_a_student_may_open_the_page_before_the_training_begins(
    teacher: Teacher, student: Member
) -> None:
    teacher.make(let_train, None)
    app = students_page(teacher, student)
    assert about_class(app) == ""
    teacher.make(let_train, PLAN)
    assert "You train seed 7 for your class" in about_class(run(app))


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ({"gamma": "0.5"}, "Your class trains other settings"),
        ({"seed": "8"}, "Your class trains other settings"),
        ({"room_step": "2"}, ""),
        ({"room_step": "**x**"}, ""),
        ({"room_step": "9" * 5_000}, ""),
        ({"room": "22222"}, ""),
        ({"room": "**x**"}, ""),
    ],
)
def test_another_run_does_not_count(
    teacher: Teacher, student: Member, link: dict[str, str], told: str
) -> None:
    app = students_page(teacher, student, **link)
    assert about_class(app).startswith(told)
    assert bool(about_class(app)) == bool(told)
    assert runs_of(teacher.library, teacher.name, 1) == []


def test_a_student_chooses_one_value_after_the_other(teacher: Teacher, student: Member) -> None:
    teacher.make(let_train, RATES)
    app = students_page(teacher, student, RATES)
    slider = the_slider(app)
    assert slider.label == "Learning rate α: choose a value from 0.01 to 0.1"
    assert slider.options == ["0.01", "0.02", "0.05", "0.1"]
    train(app)
    the_slider(app).set_value(0.05).run()
    app.run()
    session = bench_of(app).session
    assert (session.config.learning_rate, session.global_step) == (0.05, 0)
    assert "You train seed 7 for your class. Press Run." in about_class(app)
    train(app)
    first, second = runs_of(teacher.library, teacher.name, 1)
    assert (first.run.value, second.run.value) == (0.01, 0.05)
    assert min(first.run.global_step, second.run.global_step) > 0
    assert "What the class tried" in everything(teacher.wall())


def test_whole_numbers_have_a_slider_too(teacher: Teacher, student: Member) -> None:
    plan = replace(PLAN, setting="episodes_per_update", low=2, high=8)
    teacher.make(let_train, plan)
    app = students_page(teacher, student, plan)
    (slider,) = [slider for slider in app.slider if "class_choice" in str(slider.key)]
    assert (slider.min, slider.max, slider.value) == (2, 8, 2)
    slider.set_value(5).run()
    app.run()
    train(app)
    assert [member.run.value for member in runs_of(teacher.library, teacher.name, 1)] == [5.0]


def the_slider(app: AppTest) -> SelectSlider[float]:
    """The only control of a setting on the page."""
    names = settings_of(ReinforceConfig)
    keys = [key for key in controls_of(app) if key.split(".")[1] in {*names, "class_choice"}]
    assert [key.split(".")[1] for key in keys] == ["class_choice"]
    (slider,) = [slider for slider in app.select_slider if slider.key == keys[0]]
    return slider


def controls_of(app: AppTest) -> list[str]:
    kinds = app.select_slider, app.slider, app.selectbox, app.toggle, app.number_input
    return [str(control.key) for kind in kinds for control in kind if "." in str(control.key)]


def train(app: AppTest) -> None:
    with bench_of(app).lock:
        bench_of(app).advance("update")
    run(app)


def test_a_value_outside_the_limits_gets_a_sentence(teacher: Teacher, student: Member) -> None:
    teacher.make(let_train, RATES)
    app = students_page(teacher, student, RATES, learning_rate="0.5")
    train(app)
    assert "Choose a value of “α” from 0\\.01 to 0\\.1" in app.warning[0].value
    assert runs_of(teacher.library, teacher.name, 1) == []
    the_slider(app).set_value(0.02).run()
    app.run()
    train(app)
    assert not app.warning
    assert [member.run.value for member in runs_of(teacher.library, teacher.name, 1)] == [0.02]


def test_a_value_that_changed_during_the_training_does_not_count(
    teacher: Teacher, student: Member
) -> None:
    teacher.make(let_train, RATES)
    app = students_page(teacher, student, RATES, hide="")
    app.select_slider(key=keyed(app, "learning_rate")).set_value(0.05).run()
    train(app)
    app.select_slider(key=keyed(app, "learning_rate")).set_value(0.1).run()
    before = runs_of(teacher.library, teacher.name, 1)
    train(app)
    assert bench_of(app).session.config.learning_rate == 0.1
    assert "does not count" in about_class(app)
    assert [m.run.global_step for m in runs_of(teacher.library, teacher.name, 1)] == [
        m.run.global_step for m in before
    ]


def keyed(app: AppTest, setting: str) -> str:
    (key,) = [key for key in controls_of(app) if key.split(".")[1] == setting]
    return key


def test_a_students_page_keeps_the_language(
    teacher: Teacher, student: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "languages", lambda: ("en", "ru"))
    app = students_page(teacher, student, lang="ru")
    assert app.query_params["lang"] == "ru"


def test_a_students_page_leads_back_to_the_room(
    teacher: Teacher, student: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "languages", lambda: ("en", "ru"))
    for more, query in (({}, ""), ({"lang": "ru"}, "?lang=ru")):
        (link,) = links_back(students_page(teacher, student, **more))
        assert f'<a href="join/{teacher.opened.code}{query}">' in link
    assert links_back(students_page(teacher, student, room="22222")) == []


def links_back(app: AppTest) -> list[str]:
    bodies = [str(element.proto.body) for element in app.get("html")]
    return [body for body in bodies if "Back to the room" in body]


def test_a_students_page_says_that_the_class_has_moved(teacher: Teacher, student: Member) -> None:
    app = students_page(teacher, student)
    assert "Your class is at" not in about_class(app)
    teacher.make(go_to_step, 3)
    assert "Your class is at step 3 now." in about_class(run(app))
    teacher.make(set_mode, "free")
    assert "Your class is at" not in about_class(run(app))


def test_after_the_end_a_students_run_gets_a_sentence(teacher: Teacher, student: Member) -> None:
    app = students_page(teacher, student)
    teacher.make(end_room)
    with bench_of(app).lock:
        bench_of(app).advance("update")
    assert "does not train this" in run(app).warning[0].value
    delete_room(teacher.library, teacher.key)
    assert len(run(app).warning) == 1


def test_a_student_who_trains_is_present(
    teacher: Teacher, student: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 2 * PRESENT_SECONDS)
    assert "0 people are here" in everything(teacher.wall())
    students_page(teacher, student)
    assert "1 person is here" in everything(teacher.wall())


def test_the_best_by_hand_reaches_the_class(teacher: Teacher, student: Member) -> None:
    app = students_page(teacher, student, chapter="play")
    send(app, sent_episode(always_right))
    (best,) = best_returns(teacher.library, teacher.name, 1)
    assert (best.nickname, best.tries) == ("", 1)
    assert f"somebody: **{best.best:.0f}**" in everything(teacher.wall())
