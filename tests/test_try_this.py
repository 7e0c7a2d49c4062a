"""Try this, without a browser: a guess is locked, the run follows, and only then the result."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pglab.experiment import STEPS
from pglab.experiments import experiments_of
from pglab.ui.attempts import Attempts
from tests.test_pages import bench_of, control, open_chapter, open_page, press, run

EXPERIMENT = experiments_of("reinforce")[0]
LENGTH = 5000  # of a run
GUESS = (EXPERIMENT.right + 1) % len(EXPERIMENT.choices)  # a wrong one


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STEPS, "reinforce", LENGTH)
    # However fast the machine, no run is at its end while a test looks at it.
    monkeypatch.setattr("pglab.pacing.REDRAW_INTERVAL", 0.0)
    monkeypatch.setattr("pglab.pacing.SHORTEST_TRAINING", 0.0)


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
    """Train the run in hand to its end, as ticks of the page would."""
    with bench_of(app).lock:
        bench_of(app).session.advance("step", LENGTH)
    run(app)


def guess_traces(app: AppTest) -> bool:
    return bench_of(app).guess is not None


def test_a_guess_is_locked_before_anything_runs(app: AppTest) -> None:
    assert app.radio[0].value is None, "no choice may be suggested"
    assert app.button(key="lock_guess").disabled
    assert not guess_traces(app)
    lock(app)
    assert attempts_of(app).attempt.guess == GUESS
    assert list(app.radio) == [], "a locked guess cannot be changed"
    assert "run_experiment" in [button.key for button in app.button]
    guess = bench_of(app).guess
    assert guess is not None
    assert guess.steps[-1] == LENGTH
    assert guess.returns.tolist() == [mean for _x, mean in EXPERIMENT.choices[GUESS].sketch]
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
    assert not bench_of(app).past[0].changes, "the run so far is left as it was"
    assert "What you see" not in shown(app), "no result before the run has ended"
    finish(app)
    assert "What you see" in shown(app)
    assert "This run (one seed, 0)" in shown(app)
    assert f"of {8} seeds" in shown(app)
    result = attempts_of(app).attempt.result
    assert result is not None
    assert guess_traces(app)
    assert app.button(key=f"try_{EXPERIMENT.key}").label.endswith("✓")


def test_another_seed_and_back_to_the_usual_settings(app: AppTest) -> None:
    lock(app)
    press(app, "run_experiment")
    finish(app)
    press(app, "run_experiment")
    assert bench_of(app).session.config == EXPERIMENT.config(seed=1)
    assert "What you see" not in shown(app)
    finish(app)
    assert "(one seed, 1)" in shown(app)
    press(app, "back_to_usual")
    assert bench_of(app).session.config.learning_rate == 0.001
    assert not bench_of(app).running
    assert not guess_traces(app)
    assert "(one seed, 1)" in shown(app), "what was seen stays"
    assert len(bench_of(app).past) == 2


def test_a_run_changed_on_the_way_is_not_the_experiments(app: AppTest) -> None:
    lock(app)
    press(app, "run_experiment")
    control(app, "gamma").set_value(0.5)
    run(app)
    finish(app)
    assert attempts_of(app).attempt.result is None
    assert "no longer answers this question" in shown(app)
    assert "What you see" not in shown(app)
    press(app, "run_experiment")
    assert bench_of(app).session.config == EXPERIMENT.config(seed=0)
    finish(app)
    assert attempts_of(app).attempt.result is not None


def test_a_link_opens_an_experiment_and_choosing_one_makes_the_link() -> None:
    second, third = experiments_of("reinforce")[1:3]
    app = open_page(**{"try": second.key})
    assert f"##### {second.title}" in shown(app)
    assert dict(app.query_params) == {"try": second.key}
    press(app, f"try_{third.key}")
    assert f"##### {third.title}" in shown(app)
    assert dict(app.query_params) == {"try": third.key}


def test_a_link_to_no_experiment_says_so() -> None:
    app = open_page(**{"try": "nonsense"})
    assert "There is no experiment “nonsense”" in shown(app)
    assert dict(app.query_params) == {}


@pytest.mark.parametrize(
    ("page", "script"),
    [("shared_on_policy", "pages/shared_body.py"), ("split_replay", "pages/split_bodies.py")],
)
def test_every_experiment_of_the_other_pages_can_be_shown(page: str, script: str) -> None:
    for experiment in experiments_of(page):
        app = open_page(script, **{"try": experiment.key})
        assert app.radio[0].options == [choice.text for choice in experiment.choices]
