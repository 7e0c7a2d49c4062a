"""Links can hide and lock parts of a page, open further panels, and start at a later step."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pglab.session.bench import Bench
from pglab.ui.shell.visibility import Offer
from tests.pages.opened import AGENT_PAGES, bench_of, chapters_of, open_page, problems, run

PAGES = [*AGENT_PAGES, "pages/compare.py", "pages/maps.py", "pages/gradient_lab.py"]
# These controls belong to a result that the page shows, not to its settings.
ALWAYS = {"Cell", "Draw 100 other episodes"}
HEATMAP_CONTROLS = {
    "Heatmap: horizontal axis",
    "Heatmap: vertical axis",
    "Critic's heatmap",
    "Slice follows the player",
}


def labels(app: AppTest) -> set[str]:
    """The labels of all controls that the page shows."""
    kinds = (app.slider, app.select_slider, app.selectbox, app.toggle, app.number_input, app.button)
    return {control.label.removesuffix(" ↻") for kind in kinds for control in kind}


def lab_of(app: AppTest, page: str = "reinforce") -> Any:
    return app.session_state[f"{page}.lab"]


def test_a_hidden_setting_has_no_control_and_keeps_the_value_of_the_link() -> None:
    app = open_page(hide="gamma,hidden_sizes,episode", gamma="0.9", hidden_sizes="32,64")
    assert labels(app).isdisjoint({"Discount γ", "Hidden layers", "Width of layer 1", "Episode"})
    assert {"Learning rate α", "Step"} <= labels(app)
    config = lab_of(app).bench.session.config
    assert (config.gamma, config.hidden_sizes) == (0.9, (32, 64))
    assert app.query_params["hide"] == "episode,gamma,hidden_sizes"


def test_a_hidden_button_does_nothing_if_the_browser_still_presses_it() -> None:
    app = open_page(hide="step")
    actions = app.session_state["reinforce.numbered"].actions
    assert "step" not in actions
    assert "episode" in actions


def test_a_locked_control_shows_its_value() -> None:
    app = open_page(lock="gamma,run", gamma="0.9")
    (gamma,) = (slider for slider in app.select_slider if slider.label == "Discount γ")
    (start,) = (button for button in app.button if button.label == "Run")
    assert gamma.disabled
    assert gamma.value == 0.9
    assert start.disabled
    assert not any(s.disabled for s in app.select_slider if s.label == "Learning rate α")


def offers_of(app: AppTest) -> dict[str, Offer]:
    """The parts of the open page that links may hide, as the page itself lists them."""
    offers: dict[str, Offer] = app.session_state[f"{app.session_state['page']}.restrictions"].offers
    return offers


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_hide_all_that_it_offers_and_show_it_again(page: str) -> None:
    offers = offers_of(open_page(page))
    app = open_page(page, hide=",".join([*offers, "menu"]))
    assert not problems(app)
    assert labels(app) - ALWAYS == {"Show everything"}
    assert not app.button_group
    assert "The link hides everything that can be hidden on this page." in [
        info.value for info in app.info
    ]
    app.button(key="show_everything").click()
    run(app)
    assert set(offers_of(app)) == set(offers)
    assert "hide" not in app.query_params


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_lock_all_controls_that_it_offers(page: str) -> None:
    offers = offers_of(open_page(page))
    app = open_page(page, lock=",".join(name for name, offer in offers.items() if offer.lockable))
    assert not problems(app)
    kinds = (app.slider, app.select_slider, app.number_input, app.multiselect)
    assert all(control.disabled for kind in kinds for control in kind)


@pytest.mark.parametrize("page", AGENT_PAGES)
def test_the_names_of_groups_hide_all_parts_of_their_kind(page: str) -> None:
    app = open_page(page, hide="settings,buttons,panels,chapters")
    offers = offers_of(app)
    others = {offer.label for offer in offers.values() if not offer.group}
    assert labels(app) <= others | HEATMAP_CONTROLS


def test_a_link_cannot_open_a_hidden_chapter() -> None:
    app = open_page(hide="code,idea", chapter="code")
    assert "Code" not in chapters_of(app).options
    assert chapters_of(app).value == "Slow motion"


def test_hidden_panels_are_not_drawn_and_figures_do_without_their_player() -> None:
    app = open_page(hide="player,returns,numbers")
    picture = app.session_state["reinforce.channel"]._view.draw(resume=False)
    assert [panel.key for panel in picture.panels] == ["policy_map", "weights"]
    assert [panel.playhead for panel in picture.panels] == [None, None]
    assert not picture.numbers
    assert picture.progress is not None


@pytest.mark.parametrize(("hidden", "shown"), [("progress", False), ("numbers", True)])
def test_without_the_progress_the_return_plot_does_not_mention_its_reading(
    hidden: str, shown: bool
) -> None:
    app = open_page(hide=hidden, eval_interval="100")
    bench_of(app).session.advance("step", 500)
    picture = app.session_state["reinforce.channel"]._view.draw(resume=False)
    (returns,) = (panel for panel in picture.panels if panel.key == "returns")
    names = [trace.get("name") for trace in returns.figure["data"]]
    assert ("progress reading" in names) == shown
    assert ("progress reading" in returns.detail) == shown


def test_an_unknown_name_gets_a_sentence_in_which_it_is_only_text() -> None:
    app = open_page(hide="gamma,**x**", lock="<b>y</b>")
    said = " ".join(problems(app))
    assert "`**x**`" in said
    assert "`<b>y</b>`" in said
    assert app.query_params["hide"] == "gamma"
    assert "lock" not in app.query_params


def test_a_link_opens_further_panels() -> None:
    app = open_page(panels="entropy")
    assert app.session_state["reinforce.extras"] == ["entropy"]
    assert app.query_params["panels"] == "entropy"
    app = open_page(panels="nonsense")
    assert "nonsense" in " ".join(problems(app))


def test_a_run_that_starts_later_trains_to_this_step_and_pauses_there() -> None:
    app = open_page(start="300", speed="1")
    bench: Bench = lab_of(app).bench
    assert bench.running
    for _turn in range(1_000):
        if bench.running:
            with bench.lock:
                bench.take_turn()
    assert bench.session.global_step == 300
    assert bench.speed == 1.0


@pytest.mark.parametrize("text", ["-1", "1e9", "x"])
def test_a_start_that_cannot_be_used_gets_a_sentence(text: str) -> None:
    app = open_page(start=text)
    assert "start" in " ".join(problems(app))
    assert not lab_of(app).bench.running
