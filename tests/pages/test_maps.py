"""The page *Maps*, without a browser; see `opened`."""

from __future__ import annotations

import time

import pytest
from streamlit.testing.v1 import AppTest

from pglab.maps.running.map_run import MapRun
from pglab.ui.controls import map_work
from tests.pages.opened import open_page, problems, run

MAPS = "pages/maps.py"
SMALL = {
    "agent": "reinforce",
    "x": "gamma",
    "x_values": "0.9;0.99",
    "seeds": "3",
    "steps": "5000",
    "set.hidden_sizes": "8",
}


pytestmark = pytest.mark.usefixtures("connected_browser")


def own_map(app: AppTest) -> MapRun:
    found: MapRun = app.session_state["maps.run"]
    return found


def finish(app: AppTest) -> AppTest:
    end = time.monotonic() + 60
    while own_map(app).snapshot().running:
        assert time.monotonic() < end
        own_map(app).wait(1)
    return run(app)


def text_of(app: AppTest) -> str:
    return " ".join(element.value for element in [*app.markdown, *app.caption])


def test_ready_maps_show_at_once() -> None:
    app = open_page(MAPS)
    assert "maps.start" not in {button.key for button in app.button}
    cell = app.selectbox(key="maps.cell")
    cell.set_value(cell.options[3])
    run(app)
    assert "95 % interval" in text_of(app)


def test_a_map_of_ones_own_trains_pauses_and_is_there_again() -> None:
    app = open_page(MAPS, **SMALL)
    assert not problems(app)
    assert "not trained yet" in text_of(app)
    app.button(key="maps.start").click()
    run(app)
    finish(app)
    run(app)
    assert "3 seeds" in text_of(app)
    assert {"maps.start", "maps.pause"}.isdisjoint(button.key for button in app.button)
    again = open_page(MAPS, **SMALL)
    assert "3 seeds" in text_of(again)
    own_map(again).wait(0)


def test_a_link_describes_a_map() -> None:
    app = open_page(MAPS, **SMALL)
    link = dict(app.query_params.items())
    again = open_page(MAPS, **link)
    assert own_map(again).plan == own_map(app).plan
    assert {config.hidden_sizes for config in map(own_map(app).plan.config_of, [(0,)])} == {(8,)}


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"agent": "<b>"}, "Agent"),
        ({"agent": "reinforce", "x": "nothing"}, "Setting"),
        ({"seeds": "1000"}, "Seeds"),
        ({"steps": "17"}, "Steps"),
        ({"set.gamma": "2"}, "Discount"),
        ({"other": "1"}, "other"),
    ],
    ids=str,
)
def test_what_a_link_says_wrong_is_told(link: dict[str, str], words: str) -> None:
    (sentence,) = problems(open_page(MAPS, **link))
    assert words in sentence


def test_values_that_cannot_be_used_are_told_in_a_sentence() -> None:
    app = open_page(MAPS, **SMALL | {"x_values": "0.9;<script>;[x](http://e.com)"})
    (sentence,) = (info.value for info in app.info)
    assert "Discount" in sentence
    assert "maps.start" not in {button.key for button in app.button}


def test_a_map_that_would_take_hours_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_work, "seconds_of", lambda plan, threads, every_cell: 3 * 3_600.0)
    app = open_page(MAPS, **SMALL | {"steps": "10000"})
    app.button(key="maps.start").click()
    run(app)
    (sentence,) = (warning.value for warning in app.warning)
    assert "3 h" in sentence
    assert not own_map(app).snapshot().running
