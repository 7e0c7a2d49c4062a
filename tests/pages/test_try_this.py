"""The chapter *Try this* without a browser: the visitor locks a guess, runs, sees the result."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pglab.config import settings_of
from pglab.experiments.catalogue import experiments_of
from pglab.experiments.experiment import STEPS, USUAL
from pglab.experiments.results import load
from pglab.session.stored.usual_curves import AGENTS
from pglab.ui.chapters.attempts import Attempts, guess_region_of
from pglab.ui.chapters.experiment_line import title_of
from tests.pages.opened import bench_of, control, open_chapter, open_page, press, problems, run

EXPERIMENT = experiments_of("reinforce")[0]
LENGTH = 5000  # steps of a run
GUESS = 0  # a wrong answer; its region has no upper bound


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STEPS, "reinforce", LENGTH)


@pytest.fixture
def app() -> AppTest:
    page = open_page()
    open_chapter(page, "Try this")
    return page


def attempts_of(app: AppTest) -> Attempts:
    attempts: Attempts = app.session_state["reinforce.try"]
    return attempts


def shown(app: AppTest) -> str:
    kinds = (app.main.markdown, app.main.caption, app.main.info, app.main.warning)
    return "\n".join(element.value for kind in kinds for element in kind)


def lock(app: AppTest, guess: int = GUESS) -> None:
    app.radio[0].set_value(guess)
    run(app)
    press(app, "lock_guess")


def finish(app: AppTest) -> None:
    """Train the current run to its end, as the training threads would."""
    with bench_of(app).lock:
        bench_of(app).session.advance("step", LENGTH)
    run(app)


def guess_traces(app: AppTest) -> bool:
    return bench_of(app).guess is not None


def test_a_guess_is_locked_before_anything_runs(app: AppTest) -> None:
    assert app.radio[0].value is None, "no answer may be selected at first"
    assert app.button(key="lock_guess").disabled
    assert not guess_traces(app)
    lock(app)
    assert attempts_of(app).attempt.guess == GUESS
    assert app.radio[0].disabled, "a locked guess cannot be changed"
    assert [radio.value for radio in app.radio] == [GUESS]
    assert "run_experiment" in [button.key for button in app.button]
    claimed = EXPERIMENT.choices[GUESS]
    assert claimed.below == math.inf, "this test needs a guess without an upper bound"
    region = bench_of(app).guess
    assert region is not None
    assert (region.start, region.end) == pytest.approx((LENGTH * 2 / 3, LENGTH))
    assert (region.low, region.high) == (claimed.least, math.inf)
    beside = bench_of(app).beside
    assert beside is not None
    assert beside.label == "usual settings, seed 0"
    assert beside.returns.tolist() == load("reinforce")[USUAL].curves[0].tolist()
    assert bench_of(app).session.global_step == 0


def test_the_run_has_the_experiments_settings_and_then_its_result(app: AppTest) -> None:
    press(app, "episode")
    before = bench_of(app).session
    lock(app)
    press(app, "run_experiment")
    session = bench_of(app).session
    assert session.config == EXPERIMENT.config(seed=0)
    assert control(app, "learning_rate").value == 0.1
    assert [past.config for past in bench_of(app).past] == [before.initial_config]
    assert not bench_of(app).past[0].changes, "the current run must not change"
    assert "What you see" not in shown(app), "the result must not appear before the end of the run"
    finish(app)
    assert "What you see" in shown(app)
    assert "This run (seed 0)" in shown(app)
    assert f"of {8} seeds" in shown(app)
    result = attempts_of(app).attempt.result
    assert result is not None
    assert guess_traces(app)
    assert app.button(key=f"try_{EXPERIMENT.key}").label.endswith("breaks learning · ✓")


def test_the_line_above_the_stage_goes_from_the_guess_to_the_verdict(app: AppTest) -> None:
    lock(app)
    assert "your guess: " not in shown(app)
    press(app, "run_experiment")
    line = next(m.value for m in app.main.markdown if "your guess: " in m.value)
    assert "Learning rate α: 0.1" in line
    assert EXPERIMENT.choices[GUESS].text in line
    finish(app)
    open_chapter(app, "Idea")
    assert "Your guess was wrong, for this run and for most seeds." in shown(app)
    press(app, "to_explanation")
    assert "What you see" in shown(app), "the chapter with the explanation must be open"
    press(app, "back_to_usual")
    assert "to_explanation" not in [button.key for button in app.button]


def test_a_relative_guess_is_drawn_from_the_usual_run_of_the_same_seed(app: AppTest) -> None:
    experiment = next(e for e in experiments_of("reinforce") if e.key == "whole_episode")
    usual = load("reinforce")[USUAL].figures["late_return"]
    region = guess_region_of(experiment, 0, seed=3)
    assert region is not None
    assert region.low == pytest.approx(0.6 * usual[3])
    assert region.high == pytest.approx(1.3 * usual[3])
    below = guess_region_of(experiment, 1, seed=len(usual))
    assert below is not None
    assert below.low == -math.inf
    assert below.high == pytest.approx(0.6 * np.median(usual))


def test_a_guess_about_another_statistic_is_told_in_words(app: AppTest) -> None:
    press(app, "try_entropy_bonus")
    lock(app, 0)
    assert bench_of(app).guess is None
    assert "Your guess is about the entropy in the run's last third" in shown(app)
    press(app, "run_experiment")
    finish(app)
    assert bench_of(app).guess is None
    assert re.search(r"entropy in the run's last third is \*\*0\.\d\d\*\*", shown(app))


def test_another_seed_and_back_to_the_usual_settings(app: AppTest) -> None:
    lock(app)
    press(app, "run_experiment")
    finish(app)
    press(app, "run_experiment")
    assert bench_of(app).session.config == EXPERIMENT.config(seed=1)
    assert "What you see" not in shown(app)
    finish(app)
    assert "(seed 1)" in shown(app)
    press(app, "back_to_usual")
    assert bench_of(app).session.config.learning_rate == 0.001
    assert not bench_of(app).running
    assert not guess_traces(app)
    assert "(seed 1)" in shown(app), "the result must stay"
    assert len(bench_of(app).past) == 2


def test_a_run_changed_on_the_way_is_not_the_experiments(app: AppTest) -> None:
    lock(app)
    press(app, "run_experiment")
    control(app, "gamma").set_value(0.5)
    run(app)
    finish(app)
    assert attempts_of(app).attempt.result is None
    assert "does not answer this question" in shown(app)
    assert "What you see" not in shown(app)
    press(app, "run_experiment")
    assert bench_of(app).session.config == EXPERIMENT.config(seed=0)
    finish(app)
    assert attempts_of(app).attempt.result is not None


def test_a_link_opens_an_experiment_and_choosing_one_makes_the_link() -> None:
    second, third = experiments_of("reinforce")[1:3]
    app = open_page(**{"try": second.key})
    assert f"##### {title_of(second)}" in shown(app)
    assert dict(app.query_params) == {"try": second.key}
    press(app, f"try_{third.key}")
    assert f"##### {title_of(third)}" in shown(app)
    assert dict(app.query_params) == {"try": third.key}


def test_a_link_to_no_experiment_says_so() -> None:
    app = open_page(**{"try": "nonsense"})
    (sentence,) = problems(app)
    assert "Experiment (try) cannot be “`nonsense`”." in sentence
    assert dict(app.query_params) == {"chapter": "try_this"}


PAGES = [
    ("reinforce", "pages/reinforce.py"),
    ("shared_on_policy", "pages/shared_body.py"),
    ("split_replay", "pages/split_bodies.py"),
]


@pytest.mark.parametrize(("page", "script"), PAGES)
def test_no_experiment_shows_its_answer_before_it_has_run(page: str, script: str) -> None:
    app = open_page(script, **{"try": experiments_of(page)[0].key})
    for experiment in experiments_of(page):
        press(app, f"try_{experiment.key}")
        assert app.radio[0].options == [choice.text for choice in experiment.choices]
        assert app.radio[0].value is None
        for text in (shown(app), *(button.label for button in app.button)):
            assert "breaks learning" not in text
            assert "of 8 seeds" not in text.replace("grey: default", "")
            assert "**What you see.**" not in text
        told = title_of(experiment)
        for name in experiment.settings:
            assert settings_of(AGENTS[page])[name].label in told


def test_titles_name_the_settings_and_nothing_else() -> None:
    titles = [title_of(experiment) for experiment in experiments_of("reinforce")]
    assert titles[:3] == [
        "Learning rate α: 0.1",
        "Discount γ: 0",
        "Return form: whole episode",
    ]
    assert len(set(titles)) == len(titles)
