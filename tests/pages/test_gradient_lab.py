"""The page of the gradient lab, without a browser; see `opened`."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from plotly import graph_objects
from streamlit.testing.v1 import AppTest

from pglab.config import Link
from pglab.gradient_noise import measurement
from pglab.plots.gradient_noise import SnrCurve, snr_figure
from pglab.ui.pages.gradient_lab.controls import EXAMPLE, Subject
from pglab.ui.pages.gradient_lab.link import link_parameters, read_link
from pglab.ui.pages.gradient_lab.page import PAGE
from pglab.ui.pages.gradient_lab.visit_policies import VisitRun
from pglab.ui.pages.gradient_lab.work import GradientPage
from tests.gradient_noise.test_measurement import snapshot_of
from tests.oracles import short_config
from tests.pages.opened import bench_of, open_page, problems, run
from tests.pages.test_pages import HUGE

LAB = "pages/gradient_lab.py"


def page_of(app: AppTest) -> GradientPage:
    page: GradientPage = app.session_state[PAGE]
    return page


def finish(app: AppTest) -> None:
    """Rerun the page until the measurement has ended, as the browser does."""
    for _redraw in range(200):
        run(app)
        if page_of(app).job is None:
            return
    raise AssertionError("the measurement has not ended")


def choose(app: AppTest, episodes: int) -> None:
    app.select_slider(key="gradient_lab.episodes").set_value(episodes)
    run(app)


def caption(app: AppTest) -> str:
    """Return the caption that describes the pictures."""
    (text,) = (c.value for c in app.caption if "training steps" in c.value)
    return text


def opened_by(link: dict[str, str], runs: list[VisitRun]) -> tuple[Subject, list[str]]:
    """Open a link. Return the chosen subject, and a sentence for each unusable parameter."""
    asked = Link(link)
    subject = read_link(asked, runs)
    asked.refuse_the_rest()
    return subject, asked.problems


def draw_button(app: AppTest) -> str:
    return app.button(key="draw").label


def test_controls_button_caption_and_pictures_agree_before_anything_is_pressed() -> None:
    """At first, the page shows a trained policy, for which its claims about baselines are true."""
    app = run(open_page(LAB))
    report = page_of(app).shown.report
    assert not problems(app)
    assert page_of(app).job is None
    assert app.select_slider(key="gradient_lab.episodes").value == report.episodes == 100
    assert draw_button(app) == "Draw 100 other episodes"
    assert caption(app).startswith("**Shown:** 100 episodes (seed 0) of REINFORCE after 20,000")
    assert report.value_over_mean.high < 1
    assert dict(app.query_params) == {}


@pytest.fixture
def short_survey(monkeypatch: pytest.MonkeyPatch) -> None:
    """Survey few episodes; the tests with this fixture check no number of the survey."""
    short = partial(measurement.make_survey, episodes=measurement.FEWEST_CHUNKS)
    monkeypatch.setattr(measurement, "make_survey", short)


@pytest.mark.usefixtures("short_survey")
def test_a_former_result_keeps_its_caption_and_is_marked_until_the_new_one_comes() -> None:
    app = run(open_page(LAB))
    choose(app, 10)
    assert draw_button(app) == "Draw 10 episodes"
    assert "Former result" in caption(app)
    assert "100 episodes (seed 0)" in caption(app)
    app.button(key="draw").click()
    run(app)
    assert page_of(app).job is not None or page_of(app).shown.subject.episodes == 10
    finish(app)
    run(app)
    assert "Former" not in caption(app)
    assert caption(app).startswith("**Shown:** 10 episodes (seed 0)")
    app.button(key="draw").click()  # a second click draws other episodes
    finish(app)
    run(app)
    assert caption(app).startswith("**Shown:** 10 episodes (seed 1)")
    assert dict(app.query_params) == {"episodes": "10", "seed": "1"}


@pytest.mark.usefixtures("short_survey")
def test_drawing_from_a_checkpoint_of_a_run_of_this_visit() -> None:
    app = open_page()
    bench = bench_of(app)
    bench.session.advance("step", 1_100)
    weights = [p.tolist() for p in bench.session.networks["policy"].parameters()]
    app.switch_page(LAB)
    run(app)
    app.selectbox(key="gradient_lab.run").set_value("reinforce.1")
    choose(app, 10)
    app.button(key="draw").click()
    run(app)
    finish(app)
    shown = page_of(app).shown
    assert (shown.subject.step, shown.subject.episodes) == (1_100, 10)
    assert shown.subject.run == "reinforce.1"
    assert [p.tolist() for p in bench.session.networks["policy"].parameters()] == weights
    assert bench.session.global_step == 1_100


def test_a_measurement_can_be_cancelled_and_keeps_the_former_result() -> None:
    app = run(open_page(LAB))
    former = page_of(app).shown
    choose(app, 500)
    app.button(key="draw").click()
    run(app)
    assert page_of(app).job is not None
    assert "Former result" in caption(app)
    app.button(key="cancel").click()
    run(app)
    assert page_of(app).job is None
    assert page_of(app).shown is former


def test_a_link_shows_no_result_that_nobody_asked_for() -> None:
    app = run(open_page(LAB, episodes="500"))
    assert page_of(app).job is not None
    assert [panel for panel in app.markdown if panel.value == "**Reward-to-go**"] == []
    app.button(key="cancel").click()
    run(app)
    assert "Former result" in caption(app)
    assert len([panel for panel in app.markdown if panel.value == "**Reward-to-go**"]) == 1


@pytest.mark.usefixtures("short_survey")
def test_a_link_hides_parts_of_the_result() -> None:
    app = open_page(LAB, hide="verdict,arrows,table")
    shown = [chart.key for chart in app.get("plotly_chart")]
    assert shown == ["means", "snr"]
    assert "one episode estimates" not in " ".join(text.value for text in app.markdown)
    assert not problems(app)


def test_a_link_restores_what_it_was_made_of() -> None:
    link = {"step": "0", "episodes": "20", "seed": "3"}
    app = run(open_page(LAB, **link))
    finish(app)
    run(app)
    assert page_of(app).shown.subject == Subject(EXAMPLE, 0, 20, 3)
    assert caption(app).startswith("**Shown:** 20 episodes (seed 3)")
    assert dict(app.query_params) == link
    assert not problems(app)


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"seed": HUGE}, "(seed) cannot be"),
        ({"episodes": "7"}, "Choose one of: 10"),
        ({"step": "1"}, "Choose one of: 0, "),
        ({"policy": HUGE}, "has no policy"),
        ({"agent": "reinforce"}, "“agent”"),
        ({"run.gamma": "0.9"}, "“run.gamma”"),
    ],
)
def test_what_a_link_cannot_ask_for_gets_a_short_sentence(link: dict[str, str], words: str) -> None:
    subject, (sentence,) = opened_by(link, [])
    assert subject == Subject()
    assert words in sentence
    assert len(sentence) < 250


def test_a_link_with_a_huge_number_leaves_a_working_page() -> None:
    link = {"seed": HUGE, "episodes": HUGE, "step": HUGE, "speed": "500", "chapter": "<b>"}
    app = run(open_page(LAB, **link))
    assert len(problems(app)) == len(link)
    assert page_of(app).shown.subject == Subject()


def test_a_link_to_a_run_says_which_and_opens_it_only_in_its_own_visit() -> None:
    snapshot = snapshot_of(short_config(gamma=0.9, seed=3), steps=100)
    own = VisitRun("reinforce.1", "REINFORCE, run 1", [snapshot])
    subject = Subject("reinforce.1", 100, 50, 1)
    link = link_parameters(subject, snapshot)
    assert link["run.gamma"] == "0.9"
    assert opened_by(link, [own]) == (subject, [])

    other = VisitRun("reinforce.1", "", [snapshot_of(short_config(gamma=0.8, seed=3), steps=100)])
    for runs in ([], [other]):
        found, (sentence,) = opened_by(link, runs)
        assert found == Subject(EXAMPLE, Subject().step, 50, 1)
        assert "REINFORCE" in sentence
        assert "γ 0.9" in sentence
        assert "after 100 steps" in sentence

    hostile = link | {"run.gamma": "<b>" * 999, "run.seed": HUGE, "run.x": "y"}
    assert len(opened_by(hostile, [])[1]) == 4


def test_a_figure_without_any_signal_says_so() -> None:
    """Without a signal, the figure has a text. Plotly would refuse a figure without a trace."""
    none = SnrCurve("", "#000000", math.nan, np.array([math.nan]))
    figure = graph_objects.Figure(snr_figure([none], [1], 10, 500))
    assert len(figure.data) == 1
    assert figure.layout.annotations[0].text == "no signal found"
