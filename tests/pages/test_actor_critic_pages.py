"""The pages of the actor-critics and of the comparison, without a browser; see `opened`."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pglab.config import ActorCriticConfig, ReinforceConfig, settings_of
from pglab.environments import ENVIRONMENTS
from pglab.library.keeping.saver import shared_library
from pglab.looks.probes import Slice
from pglab.session.bench import Bench
from pglab.session.side_by_side.comparison import PAIRS, Comparison, overlays
from pglab.session.side_by_side.contrasts import differences_between
from pglab.ui.controls.sharing import kept_run
from pglab.ui.pages import actor_critic_page
from pglab.ui.stage.panels import critic, scenery
from pglab.ui.stage.panels.scenery import Scenery, View
from pglab.ui.stage.picture import FigurePanel, PendingPanel
from pglab.ui.stage.rhythm import Rhythm
from pglab.ui.stage.video.player import Player
from tests.pages.opened import (
    address,
    bench_of,
    control,
    open_app,
    open_chapter,
    open_page,
    press,
    problems,
    run,
    values_of_controls,
)
from tests.pages.test_pages import code_shown, controls_of

PRESETS = {
    "shared_on_policy": ActorCriticConfig.shared_on_policy(),
    "split_replay": ActorCriticConfig.split_replay(),
}
SCRIPTS = {"shared_on_policy": "pages/shared_body.py", "split_replay": "pages/split_bodies.py"}
COMPARE = "pages/compare.py"
# The page Compare says this about the stored runs of the pair `body`.
STORED = "over 10 stored seeds: shared **129**"

pages = pytest.mark.parametrize("key", PRESETS)


@pages
def test_the_page_opens_with_its_preset_and_trains(key: str) -> None:
    app = open_page(SCRIPTS[key])
    assert bench_of(app, key).session.config == PRESETS[key]
    assert not problems(app)
    assert address(app) == {}
    for unit in ("step", "episode", "update"):
        press(app, unit)
    assert bench_of(app, key).session.global_step > 2


def test_a_side_is_not_changed_once_there_are_four() -> None:
    app = open_page(COMPARE)
    app.button(key="pair_cells").click()
    app.button(key="kind_reinforce").click()  # both clicks are in one request
    run(app)
    assert len(app.session_state["compare.configs"]) == 4


@pages
def test_a_run_at_one_step_a_second_waits_for_its_first_step(key: str) -> None:
    app = open_page(SCRIPTS[key], speed="1")
    press(app, "run")
    assert bench_of(app, key).session.global_step == 0
    assert bench_of(app, key).player_mode == "training step"


@pages
def test_every_setting_but_the_body_has_a_control_with_help(key: str) -> None:
    app = open_page(SCRIPTS[key])
    described = settings_of(ActorCriticConfig)
    for name, setting in described.items():
        if name == "body":
            continue
        for widget_key in controls_of(name):
            widget = control(app, widget_key, key)
            assert widget.help.startswith(setting.help)
            condition = setting.applies_when
            applies = condition is None or getattr(PRESETS[key], condition[0]) == condition[1]
            assert widget.disabled != applies
            assert ("has an effect only if" in widget.help) != applies


def test_the_body_of_a_page_cannot_be_changed_by_a_link() -> None:
    app = open_page(SCRIPTS["shared_on_policy"], body="split", gamma="0.9")
    (problem,) = problems(app)
    assert "Body is always “`shared`” on this page" in problem
    assert bench_of(app, "shared_on_policy").session.config == ActorCriticConfig(gamma=0.9)


def test_a_batch_that_no_buffer_can_hold_is_explained() -> None:
    app = open_page(SCRIPTS["split_replay"], replay_capacity="32")
    (problem,) = problems(app)
    assert "can never hold a batch of 64" in problem
    assert bench_of(app, "split_replay").session.config == ActorCriticConfig.split_replay()
    press(app, "step")
    control(app, "replay_capacity", "split_replay").set_value(16)
    run(app)
    assert "can never hold a batch of 64" in app.sidebar.error[0].value
    assert bench_of(app, "split_replay").session.global_step == 1


@pages
def test_the_missing_cell_trains_too(key: str) -> None:
    other = "on_policy" if PRESETS[key].critic_data == "replay" else "replay"
    app = open_page(SCRIPTS[key], critic_data=other, batch_size="8", critic="3")
    for _ in range(10):
        press(app, "step")
    session = bench_of(app, key).session
    assert (session.buffer is not None) == (other == "replay")
    assert address(app) == {"critic_data": other, "batch_size": "8", "critic": "3"}


@pages
def test_fresh_episodes_ask_the_critic_for_the_truth(key: str) -> None:
    app = open_page(SCRIPTS[key], hidden_sizes="8")
    open_chapter(app, "Fresh episodes")
    press(app, "evaluate")
    assert [metric.label for metric in app.metric] == [
        "sampled: mean return",
        "greedy: mean return",
    ]
    assert any("Does the critic tell the truth?" in text.value for text in app.markdown)
    assert bench_of(app, key).session.global_step == 0


@pages
def test_all_further_panels_are_drawn_before_and_while_training(key: str) -> None:
    app = open_page(SCRIPTS[key])
    offered = ["conflict", "shared_norms"] if key == "shared_on_policy" else []
    offered += ["drawing", "weights", "td_fit", "td_error", "buffer", "gradient_norms", "loss"]
    app.session_state[f"{key}.extras"] = offered
    run(app)
    press(app, "update")
    press(app, "update")


@pages
def test_idea_and_code_are_complete(key: str) -> None:
    app = open_page(SCRIPTS[key])
    text = " ".join(markdown.value for markdown in app.markdown)
    assert "| 60,000 |" in text
    assert "{" + "cells" not in text
    assert not re.search(r"\{[a-z_]+\}", re.sub(r"\$+[^$]*\$+", "", text)), (
        "every placeholder must have its number"
    )
    assert "Does sharing a body help, and when?" in text
    open_chapter(app, "Code")
    shown = code_shown(app)
    for name in ("returns.td_targets", "algorithms.actor_critic.critic_gradient"):
        assert f"<div>pglab.{name}</div>" in shown


def scene_of(key: str, bench: Bench | None = None) -> Scenery:
    """The present scene of a run, or of a new run with the settings of a page."""
    bench, info = bench or Bench(PRESETS[key]), ENVIRONMENTS[PRESETS[key].env_id]
    plane = Slice(info, *info.heatmap_axes, tuple(axis.rest for axis in info.axes))
    showing = Player(bench.session).show(bench, plane)
    return Scenery(key, bench, View(plane, 1, "v", 0), showing)


def test_the_drawing_of_the_network_is_made_rarely_during_a_run_and_always_up_to_date_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, rhythm = [0.0], Rhythm()
    monkeypatch.setattr(scenery, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    monkeypatch.setattr(scenery, "shared_rhythm", lambda: rhythm)
    bench, other = (Bench(PRESETS["shared_on_policy"]) for _ in range(2))

    def drawing(of: Bench) -> FigurePanel:
        return critic.drawing(scene_of("shared_on_policy", of)).made()

    other.run()
    bench.advance("update")
    bench.run()
    first = drawing(bench)
    bench.take_turn()
    assert drawing(bench).figure is first.figure
    assert drawing(other).figure is not first.figure
    clock[0] += scenery.PATIENCE
    second = drawing(bench)
    assert second.figure != first.figure
    rhythm.looking = 1_000  # a busy server
    clock[0] += scenery.PATIENCE
    bench.take_turn()
    assert drawing(bench).figure is second.figure
    clock[0] += scenery.PATIENCE * rhythm.slowness
    assert drawing(bench).figure is not second.figure
    bench.advance("update")  # pauses the run
    assert drawing(bench).figure != second.figure


@pages
def test_a_further_panel_has_one_name(key: str) -> None:
    """The button that opens a panel has the same title as the panel."""
    scene = scene_of(key)
    for extra in actor_critic_page.extras(PRESETS[key], ()):
        panel = extra.panel(scene)
        if isinstance(panel, PendingPanel):
            panel = panel.made()
        assert isinstance(panel, FigurePanel)
        assert (panel.lower or panel).title == extra.title


@pytest.mark.parametrize(
    ("cosines", "actor_norms", "text"),
    [
        ([], [], "the gradients conflict if their cosine is below 0"),
        ([np.nan], [0.0], "no actor gradient on the shared body yet"),
        ([np.nan], [1.0], "no critic gradient on the shared body yet"),
        ([-0.5, 0.5], [1.0, 1.0], "losses conflict in 50% of updates"),
        (
            [np.nan, -0.5, -0.1, 0.5],
            [0.0, 1.0, 1.0, 1.0],
            "no actor gradient in 25% of updates; conflict in 67% of the rest",
        ),
    ],
)
def test_interference_in_words(cosines: list[float], actor_norms: list[float], text: str) -> None:
    counted = critic.Conflicts()
    for begin in range(len(cosines)):
        one = slice(begin, begin + 1)
        counted.add(np.array(cosines[one]), np.array(actor_norms[one]))
    assert counted.in_words() == text


def comparison_of(app: AppTest) -> Comparison:
    comparison: Comparison = app.session_state["compare.page"].comparison
    return comparison


def guess_of(app: AppTest) -> Any:
    (guess,) = (box for box in app.selectbox if box.label.startswith("Your guess"))
    return guess


@pytest.mark.parametrize("name", PAIRS)
def test_every_pair_opens_from_a_link_and_goes_in_lock_step(name: str) -> None:
    app = open_page(COMPARE, pair=name, seeds="2")
    assert comparison_of(app).configs == PAIRS[name].configs
    press(app, "steps_1")
    sides = comparison_of(app).sides
    assert [side.session.global_step for side in sides] == [1] * len(PAIRS[name].configs)
    assert [len(side.sessions) for side in sides] == [2] * len(sides)
    kept = {"seeds": "2"} if name == "seminar" else {"pair": name, "seeds": "2"}
    assert address(app) == kept


def test_a_former_comparison_is_not_drawn_with_the_sides_of_the_new_one() -> None:
    app = open_page(COMPARE, pair="cells")
    channel = app.session_state["compare.channel"]
    former = channel._view.draw
    assert len(former(resume=True).table.names) == 4
    press(app, "reset")
    with pytest.raises(TimeoutError):
        former(resume=True)
    assert len(channel._view.draw(resume=True).table.names) == 4


def test_a_free_comparison_is_restored_by_its_link() -> None:
    link = {"pair": "free", "a": "reinforce", "a.gamma": "0.9", "b": "actor_critic"}
    link |= {"b.body": "split", "b.rollout_steps": "16", "seed": "2147483646", "seeds": "2"}
    app = open_page(COMPARE, **link)
    assert comparison_of(app).configs == (
        ReinforceConfig(gamma=0.9),
        ActorCriticConfig(body="split", rollout_steps=16),
    )
    assert address(app) == link
    press(app, "steps_1")


def test_a_comparison_has_a_speed_that_stays_when_it_begins_again() -> None:
    app = open_page(COMPARE, pair="gamma", speed="500")
    assert comparison_of(app).speed == 500.0
    (speed,) = (slider for slider in app.main.select_slider if slider.label == "Speed")
    speed.set_value(5.0)
    run(app)
    assert comparison_of(app).speed == 5.0
    press(app, "pair_frequency")
    assert comparison_of(app).speed == 5.0
    assert address(app) == {"pair": "frequency", "speed": "5"}


def test_what_a_comparisons_link_gets_wrong_is_explained() -> None:
    link = {"a": "dqn", "a.gama": "0.9", "a.gamma": "2", "a.seed": "3", "b.env_id": "Pong-v0"}
    link |= {"b.total_steps": "5000", "gamma": "0.9", "steps": "30000", "x": "9", "at": "0"}
    link |= {"seed": "-1", "seeds": "9" * 4_400, "speed": "7"}
    app = open_page(COMPARE, **link)
    assert len(problems(app)) == len(link)
    assert comparison_of(app).configs == (ActorCriticConfig(), ActorCriticConfig())
    press(app, "steps_1")
    assert comparison_of(app).global_step == 1


def test_a_ready_made_pair_has_no_settings_of_a_side() -> None:
    assert len(problems(open_page(COMPARE, pair="all"))) == 1
    app = open_page(COMPARE, **{"pair": "gamma", "a.gamma": "0.5", "b.x": "1"})
    assert len(problems(app)) == 2
    assert comparison_of(app).configs == PAIRS["gamma"].configs


def test_a_changed_setting_makes_a_free_comparison_of_fresh_runs() -> None:
    app = open_page(COMPARE, pair="gamma")
    press(app, "steps_1")
    control(app, "learning_rate", "compare.A.reinforce").set_value(0.01)
    run(app)
    comparison = comparison_of(app)
    assert comparison.global_step == 0
    assert comparison.configs[0] == ReinforceConfig(learning_rate=0.01)
    assert app.query_params["pair"] == "free"
    assert any("2 things differ at once" in text.value for text in app.markdown)
    assert [list(frame.value["environment steps"]) for frame in app.dataframe] == [["1"]]


def test_a_late_request_does_not_bring_the_settings_of_another_pair_back() -> None:
    app = open_page(COMPARE, pair="data")
    former = values_of_controls(app)
    press(app, "pair_frequency")
    app._run(former)
    assert comparison_of(app).configs == PAIRS["frequency"].configs
    assert address(app) == {"pair": "frequency"}


def test_a_pair_waits_for_run_and_pause_stays_paused() -> None:
    app = open_page(COMPARE, pair="body")
    assert not any(STORED in text.value for text in app.markdown), "a guess comes first"
    assert any("Does sharing a body help" in text.value for text in app.markdown)
    for key in ("run", "pair_gamma", "run", "run", "pair_frequency", "run"):
        press(app, key)
        if key != "run":
            assert not comparison_of(app).running
            assert comparison_of(app).global_step == 0
    assert comparison_of(app).running


@pytest.mark.parametrize("guesses", [True, False])
def test_what_stored_runs_gave_comes_with_a_guess_or_the_first_step(guesses: bool) -> None:
    app = open_page(COMPARE, pair="body")
    if guesses:
        guess_of(app).set_value(1)
        run(app)
    else:
        press(app, "steps_1")
    run(app)
    assert any(STORED in text.value for text in app.markdown)


def test_a_guess_is_noted_until_the_first_step_and_the_length_is_chosen() -> None:
    app = open_page(COMPARE, pair="body", steps="20000")
    page = app.session_state["compare.page"]
    assert page.comparison.total_steps == 20_000
    guess = guess_of(app)
    assert guess.options == ["shared", "split", "about equal"]
    guess.set_value(1)
    run(app)
    run(app)
    assert page.guess == 1
    press(app, "steps_1")
    assert (guess_of(app).value, guess_of(app).disabled) == (1, True)
    app.selectbox(key="compare.length").set_value(200_000)
    run(app)
    run(app)
    assert (page.comparison.total_steps, page.comparison.global_step) == (200_000, 1)
    assert app.query_params["steps"] == "200000"
    press(app, "pair_gamma")
    assert page.guess is None


def test_a_reset_keeps_what_was_reached_as_a_row() -> None:
    app = open_page(COMPARE, pair="learning_rate")
    press(app, "steps_1000")
    press(app, "reset")
    assert comparison_of(app).global_step == 0
    assert [list(frame.value["environment steps"]) for frame in app.dataframe] == [["1,000"]]
    (past,) = app.session_state["compare.page"].past
    drawn = overlays([past], comparison_of(app).configs)
    assert [curve.label for curve in drawn] == ["run 1: α 0.001", "run 1: α 0.01"]
    assert all(len(curve.steps) for curve in drawn)
    assert any("stays in the return plot" in button.help for button in app.button)


def test_the_table_has_room_for_comparisons_of_two_and_of_four() -> None:
    app = open_page(COMPARE, pair="cells", seeds="2", seed="3")
    press(app, "steps_1")
    press(app, "pair_gamma")
    press(app, "steps_1")
    press(app, "reset")
    (frame,) = app.dataframe
    assert list(frame.value["comparison"]) == ["2", "1"]
    assert list(frame.value["pair"]) == ["Only γ", "All four cells"]
    assert list(frame.value["seeds"]) == ["3–4", "3–4"]
    assert list(frame.value["mean returns"]) == [
        "γ 0.99 – · γ 0.9 –",
        "shared, on-policy – · shared, replay – · split, on-policy – · split, replay –",
    ]


def test_the_heatmaps_axes_are_chosen_and_linked() -> None:
    app = open_page(COMPARE, x="0", y="1", at="0,0,0.1,0")
    assert not problems(app)
    assert address(app) == {"x": "0", "y": "1", "at": "0,0,0.1,0"}
    app.selectbox(key="compare.CartPole-v1.y").set_value(2)
    run(app)  # redraws only the live parts of the page
    run(app)
    assert address(app) == {"x": "0", "y": "2", "at": "0,0,0.1,0"}
    press(app, "pair_gamma")
    run(app)
    assert address(app) == {"pair": "gamma", "x": "0", "y": "2", "at": "0,0,0.1,0"}


def save(app: AppTest) -> None:
    library = shared_library().get()
    assert library is not None
    app.session_state["compare.page"].kept.keeper.save_now(library)


def reopen(first: AppTest, *, owner: str) -> AppTest:
    """Open the stored comparison of a page again, as the browser of this owner.

    The tab with the first page has been closed.
    """
    save(first)
    first.session_state["compare.page"].kept.keeper.is_watched = lambda: False
    app = open_app()
    app.session_state["owner"] = owner
    app.switch_page(COMPARE)
    app.query_params["run"] = first.query_params["run"]
    return run(app)


def test_a_stored_comparison_comes_back_with_its_settings_guess_and_table() -> None:
    first = open_page(COMPARE, pair="learning_rate", steps="20000", seed="4")
    press(first, "steps_1000")
    press(first, "pair_gamma")
    guess_of(first).set_value(1)
    run(first)
    press(first, "steps_1000")
    press(first, "steps_1000")
    app = reopen(first, owner=first.session_state["owner"])
    assert not problems(app)
    assert not app.info
    assert dict(app.query_params) == dict(first.query_params)
    comparison = comparison_of(app)
    assert (comparison.global_step, comparison.total_steps) == (2_000, 20_000)
    assert comparison.configs == PAIRS["gamma"].configs
    assert not comparison.running
    assert (guess_of(app).value, guess_of(app).disabled) == (1, True)
    assert app.dataframe[0].value.equals(first.dataframe[0].value)
    press(app, "steps_1000")
    assert comparison_of(app).global_step == 3_000


def test_a_comparison_that_was_opened_again_goes_on_here_only_as_a_copy() -> None:
    first = open_page(COMPARE, pair="gamma")
    press(first, "steps_1")
    again = reopen(first, owner=first.session_state["owner"])
    run(first)
    (warning,) = first.warning
    assert warning.value.startswith("This run is now open in another tab, which saves it.")
    assert first.query_params["run"] == again.query_params["run"]
    press(first, "copy_run")
    press(first, "steps_1")
    assert not first.warning
    assert comparison_of(first).global_step == 2
    assert first.query_params["run"] != again.query_params["run"]


def test_the_address_of_an_earlier_comparison_brings_it_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept_run, "LATE", -1.0)  # do not wait for late requests
    app = open_page(COMPARE, pair="gamma")
    press(app, "steps_1000")
    run(app)
    first = app.query_params["run"]
    save(app)
    press(app, "pair_frequency")
    press(app, "steps_1")
    run(app)
    assert app.query_params["run"] != first
    app.query_params["run"] = first  # as after a press of the browser's button Back
    run(app)
    assert not problems(app)
    assert comparison_of(app).configs == PAIRS["gamma"].configs
    assert comparison_of(app).global_step == 1_000
    assert app.query_params["run"] == first


def test_somebody_elses_comparison_is_a_copy_without_his_guess_and_table() -> None:
    first = open_page(COMPARE, pair="gamma")
    press(first, "steps_1")
    press(first, "reset")
    guess_of(first).set_value(0)
    run(first)
    press(first, "steps_1")
    app = reopen(first, owner="o" * 32)
    (told,) = app.info
    assert told.value.startswith("Somebody has shared this run with you.")
    assert (comparison_of(app).global_step, guess_of(app).value) == (1, None)
    assert not app.dataframe
    assert app.query_params["run"] == first.query_params["run"]
    press(app, "reset")
    assert address(app) == dict(app.query_params) == {"pair": "gamma"}


def test_a_comparison_that_is_not_stored_is_explained() -> None:
    (problem,) = problems(open_page(COMPARE, run="nowhere", pair="gamma"))
    assert problem.startswith("- No stored comparison has the address “`nowhere`”.")


def test_two_environments_have_heatmaps_of_their_own() -> None:
    link = {"pair": "free", "a": "reinforce", "b": "reinforce", "b.env_id": "Acrobot-v1"}
    link |= {"x": "0", "y": "1", "b.x": "0", "b.y": "5", "b.action": "0"}
    app = open_page(COMPARE, **link)
    assert not problems(app)
    assert address(app) == link
    assert app.selectbox(key="compare.Acrobot-v1.y").value == 5
    assert app.selectbox(key="compare.Acrobot-v1.action").value == 0
    press(app, "steps_1")
    first, other = comparison_of(app).configs
    assert (first.success_return, other.success_return) == (500, -100)
    assert [d.name for d in differences_between([first, other])] == ["env_id"]


def test_players_are_shown_for_every_side() -> None:
    app = open_page(COMPARE, pair="cells")
    app.toggle("compare_players").set_value(True)
    run(app)  # redraws only the live parts of the page
    run(app)
    press(app, "steps_1")
    assert len(app.session_state["compare.page"]._players) == 4
