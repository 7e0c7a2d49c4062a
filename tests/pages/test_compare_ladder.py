"""The ladder and the statistics on the page *Compare*, without a browser; see `opened`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pglab.maps.ladder import stored
from pglab.maps.ladder.findings import find_ladder
from pglab.maps.ladder.plan import LadderPlan
from pglab.ui.pages.compare.ladder_work import LadderWork
from tests.maps.test_ladder import Fake, setting
from tests.pages.opened import open_page, press, run

COMPARE = "pages/compare.py"
SWITCH = "compare.ladder.open"
SMALL = {
    "pair": "free",
    "a": "reinforce",
    "a.hidden_sizes": "16",
    "b": "reinforce",
    "b.hidden_sizes": "16",
    "b.gamma": "0.5",
}


pytestmark = pytest.mark.usefixtures("connected_browser")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the stored ladders, which is empty at first."""
    monkeypatch.setattr(stored, "FOLDER", tmp_path)
    stored.load.cache_clear()
    yield tmp_path
    stored.load.cache_clear()


@pytest.fixture
def stored_ladder(folder: Path) -> None:
    """Only the steps per update change the return, by 15 times their difference."""
    plan = LadderPlan(*stored.AGENTS[stored.SEMINAR], 10, 1_000)
    steps = setting("rollout_steps")
    ladder = find_ladder(plan, Fake(lambda one: 15 * steps(one), noise=0.1))
    (folder / "seminar.json").write_text(stored.text_of(ladder), encoding="utf-8")


def open_ladder(**link: str) -> AppTest:
    app = open_page(COMPARE, **link)
    app.toggle(key=SWITCH).set_value(True)
    return run(app)


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption])


def told(app: AppTest) -> list[str]:
    return [info.value for info in app.info]


@pytest.mark.usefixtures("stored_ladder")
def test_the_stored_ladder_is_shown_only_on_request() -> None:
    assert "These differences matter" not in texts(open_page(COMPARE))
    text = texts(open_ladder())
    matter = text[text.index("These differences matter") : text.index("do not matter")]
    assert matter.count("Steps per update: 16 instead of 1") == 2
    assert "Body" not in matter
    assert "no result" in text
    assert "After 1 of 5 changes" in text


@pytest.mark.usefixtures("stored_ladder")
@pytest.mark.parametrize("page", ["pages/shared_body.py", "pages/split_bodies.py", COMPARE])
def test_the_pages_about_sharing_say_what_the_ladder_found(page: str) -> None:
    assert "Steps per update: 16 instead of 1, in A: +225 return" in texts(open_page(page))


@pytest.mark.usefixtures("folder")
def test_a_ladder_that_is_missing() -> None:
    assert told(open_ladder()) == ["The ladder of these two agents has not been computed yet."]
    assert "The ladder: which" not in texts(open_page("pages/shared_body.py"))


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"pair": "cells"}, "comparison of two agents"),
        ({"a": "reinforce", "b": "actor_critic"}, "same algorithm"),
        ({"a": "reinforce", "b": "reinforce"}, "differ in at least one"),
    ],
    ids=str,
)
def test_agents_without_a_ladder(link: dict[str, str], words: str) -> None:
    app = open_ladder(**link)
    (sentence,) = told(app)
    assert words in sentence
    assert "compare.ladder.start" not in {button.key for button in app.button}


def test_a_ladder_of_ones_own_is_trained_and_is_there_again() -> None:
    app = open_ladder(**SMALL)
    app.slider(key="compare.ladder.seeds").set_value(3)
    app.select_slider(key="compare.ladder.steps").set_value(5_000)
    run(app)
    assert "2 agents × 3 seeds: about" in texts(app)
    app.button(key="compare.ladder.start").click()
    run(app)
    work: LadderWork = app.session_state["compare.ladder.work"]
    end = time.monotonic() + 60
    while not work.findings().done:
        assert time.monotonic() < end
        work.current.wait(0.1)
    assert "Discount γ: 0.5 instead of 0.99, in A" in texts(run(app))
    again = open_ladder(**SMALL)
    again.slider(key="compare.ladder.seeds").set_value(3)
    again.select_slider(key="compare.ladder.steps").set_value(5_000)
    assert "A path of single changes" in texts(run(again))


def test_statistics_of_a_comparison_that_is_paused() -> None:
    app = open_page(COMPARE, **SMALL, seeds="3")
    assert "Interquartile mean" not in texts(app)
    press(app, "steps_1000")
    comparison = app.session_state["compare.page"].comparison
    while comparison.busy:
        comparison.take_turn()
    text = texts(run(app))
    assert "Last tenth of 1,000 steps, 3 seeds" in text
    assert "approximate interval" in text
    assert "95 %" not in text
    assert "seeds per side" in text
    assert len(app.get("plotly_chart")) == 0
    app.toggle(key="compare.profile").set_value(True)
    assert len(run(app).get("plotly_chart")) == 1


def test_seeds_that_catch_up_delay_the_statistics() -> None:
    app = open_page(COMPARE, **SMALL, seeds="3")
    press(app, "steps_1000")
    page = app.session_state["compare.page"]
    assert page.awaits_statistics
    assert not page.may_tell_statistics
    while page.comparison.busy:
        page.comparison.take_turn()
    assert page.may_tell_statistics
    run(app)
    assert not page.may_tell_statistics


def test_one_seed_is_an_anecdote() -> None:
    app = open_page(COMPARE, **SMALL)
    press(app, "steps_1000")
    assert "an anecdote" in texts(app)
    assert "Interquartile mean" not in texts(app)
