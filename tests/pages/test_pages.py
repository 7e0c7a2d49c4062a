"""Tests of the pages without a browser: links and controls set the run; see `opened`."""

from __future__ import annotations

import ast
import inspect
import random
import re
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

from pglab.config import ReinforceConfig, Setting, settings_of
from pglab.engine import engine
from pglab.environments import ENVIRONMENTS
from pglab.library.keeping.saver import shared_library
from pglab.returns import discounted_returns
from pglab.session.pacing import FIRST_SPEED, FULL_SPEED
from pglab.ui.chapters.code import source_code
from pglab.ui.pages.live_stage import _is_outdated
from tests.pages.opened import (
    AGENT_PAGES,
    REINFORCE,
    address,
    bench_of,
    chapters_of,
    control,
    open_app,
    open_chapter,
    open_page,
    press,
    problems,
    run,
    values_of_controls,
)
from tests.walks.values import Control, shown_value
from tests.walks.values import another_value as another_value_of

DESCRIBED = settings_of(ReinforceConfig)
LIVE = [name for name, setting in DESCRIBED.items() if setting.changes_while_running]
STRUCTURAL = [name for name in DESCRIBED if name not in LIVE]
LAYER_CONTROLS = {"hidden_sizes": ["layers", "width_0"]}


def controls_of(name: str) -> list[str]:
    return LAYER_CONTROLS.get(name, [name])


def change(app: AppTest, name: str) -> None:
    """Change a setting with its control."""
    key = controls_of(name)[-1]
    widget = control(app, key)
    if widget.type == "selectbox":
        widget.select_index((widget.index + 1) % len(widget.options))
    else:
        widget.set_value(another_value(DESCRIBED[name], widget.value))
    run(app)


def another_value(setting: Setting, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if setting.stops:
        return next(stop for stop in setting.stops if stop != value)
    low, high = setting.minimum, setting.maximum
    assert low is not None
    assert high is not None
    return value - setting.step if value + setting.step > high else value + setting.step


def test_home_runs_and_leads_to_the_experiment() -> None:
    app = run(open_app())
    assert [button.label for button in app.main.button] == ["Watch REINFORCE learn"]
    app.button(key="start").click()
    run(app)
    assert app.button(key="run").label == "Pause", "one click starts the run"
    assert bench_of(app).running
    assert bench_of(app).speed == FIRST_SPEED
    assert bench_of(app).session.config == ReinforceConfig()


@pytest.mark.parametrize("page", AGENT_PAGES)
def test_a_run_begins_at_a_speed_that_one_can_follow(page: str) -> None:
    app = open_page(page)
    (speed,) = (slider for slider in app.main.select_slider if slider.label == "Speed")
    assert speed.value == FIRST_SPEED
    assert speed.options[-3:] == ["2,000 steps/s", "5,000 steps/s", "full speed"]


@pytest.mark.parametrize(
    "end", [{"total_steps": "20000"}, {"success_return": "1", "smoothing_window": "1"}]
)
def test_only_its_own_button_takes_a_run_beyond_its_end(end: dict[str, str]) -> None:
    app = open_page(**end)
    bench = bench_of(app)
    bench.session.advance("step", 100_000)
    run(app)
    config, steps = bench.session.config, bench.session.global_step
    assert bench.finished
    buttons = {button.key: button for button in app.button}
    assert buttons["run"].label == "Run"
    assert buttons["run"].disabled
    app.session_state["reinforce.numbered"].actions["run"]()  # a late press does the same
    assert not bench.running
    assert (bench.session.config, bench.session.global_step) == (config, steps)
    assert "P" not in buttons["continue"].proto.shortcut.upper()
    press(app, "continue")
    assert bench.session.config != config
    assert bench.running


def test_the_page_opens_paused_with_the_defaults() -> None:
    app = open_page()
    assert bench_of(app).session.config == ReinforceConfig()
    assert not bench_of(app).running
    assert bench_of(app).session.global_step == 0
    assert not problems(app)
    assert not app.error
    assert dict(app.query_params) == {}


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_links_set_the_run_and_the_page_trains(env_id: str) -> None:
    link = {
        "learning_rate": "0.00003",  # a value between two stops of the slider
        "hidden_sizes": "7,300,1,512",
        "baseline": "value",
        "stop_when_solved": "off",
    }
    app = open_page(**link, **{"env_id": env_id} if env_id != "CartPole-v1" else {})
    config = bench_of(app).session.config
    assert config == ReinforceConfig(
        learning_rate=0.00003,
        hidden_sizes=(7, 300, 1, 512),
        baseline="value",
        stop_when_solved=False,
        env_id=env_id,
    )
    assert not problems(app)
    press(app, "update")
    assert len(bench_of(app).session.history.updates) == 1
    assert bench_of(app).session.config == config, "the controls must agree with the link"


FURTHER_PAGES = ["pages/compare.py", "pages/gradient_lab.py", "pages/my_runs.py"]
EVERY_PAGE = ["pages/home.py", *AGENT_PAGES, *FURTHER_PAGES]
HUGE = "9" * 4_400  # so many digits that Python refuses to read them


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_every_page_refuses_what_it_cannot_use_literally_and_knows_campaigns(page: str) -> None:
    hostile = {"[x](http://e.com)": "$x$", "**7**\n# T": ":red[x]", "lang": "../" * 100}
    foreign = {"fbclid": "x", "utm_source": "y", "embed": "true"}
    app = open_page(page, **hostile, **foreign)
    sentences = problems(app)
    assert len(sentences) == len(hostile)
    assert sum("“`[x](http://e.com)`”" in sentence for sentence in sentences) == 1
    assert sum("“`**7** # T`”" in sentence for sentence in sentences) == 1
    assert all(len(sentence) < 200 for sentence in sentences)
    app.button(key="close_problems").click()
    assert not problems(run(app))


def test_each_unusable_parameter_gets_one_sentence_and_its_default() -> None:
    unusable = {
        **dict.fromkeys(("gamma", "seed", "seeds", "hidden_sizes"), HUGE),
        **{"env_id": "Pendulum-v1", "x": "9", "y": "٣", "at": "nan,nan,nan,nan", "action": "7"},
        **{"speed": "7", "chapter": "Code", "try": "<b>", "critic": "zzz", "gama": "0.9"},
    }
    app = open_page(**unusable, episodes_per_update="2")
    sentences = problems(app)
    for name in unusable:
        quotation = f"“`{name}`”" if name in ("critic", "gama") else f"({name})"
        assert sum(quotation in sentence for sentence in sentences) == 1, name
    assert len(sentences) == len(unusable)
    assert bench_of(app).session.config == ReinforceConfig(episodes_per_update=2)
    press(app, "step")
    assert bench_of(app).session.global_step == 1
    assert address(app) == {"episodes_per_update": "2", "chapter": "try_this"}


def test_the_axes_of_a_heatmap_are_two() -> None:
    app = open_page(x="3", y="3")
    assert len(problems(app)) == 1
    press(app, "step")
    assert address(app) == {}


def test_another_environment_brings_its_own_return_that_counts_as_solved() -> None:
    def change_to(app: AppTest, env_id: str) -> ReinforceConfig:
        control(app, "env_id").set_value(env_id)
        run(app)
        config = bench_of(app).session.config
        assert isinstance(config, ReinforceConfig)
        assert control(app, "success_return").value == config.success_return
        return config

    app = open_page()
    assert change_to(app, "Acrobot-v1").success_return == -100
    assert dict(app.query_params) == {"env_id": "Acrobot-v1"}
    assert change_to(app, "MountainCar-v0").success_return == -110
    control(app, "success_return").set_value(-200.0)
    run(app)
    assert dict(app.query_params) == {"env_id": "MountainCar-v0", "success_return": "-200"}
    assert change_to(app, "Acrobot-v1").success_return == -200, "once set, it stays"
    old = open_page(env_id="Acrobot-v1", success_return="500")
    assert bench_of(old).session.config.success_return == 500
    assert dict(old.query_params) == {"env_id": "Acrobot-v1", "success_return": "500"}


def test_without_compiled_code_pytorch_trains_and_a_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "slower" not in captions(open_page())
    monkeypatch.setattr(engine, "warm_up", broken)
    engine.failure.cache_clear()
    try:
        app = open_page(chapter="code")
        press(app, "update")
        assert bench_of(app).session.gradient_steps == 1
        assert "the slower PyTorch code trains" in captions(app)
        assert "the slower PyTorch code trains" in captions(open_page("pages/compare.py"))
        assert "compute this run" in captions(app)
        assert "slower" not in captions(open_page(engine="reference"))
    finally:
        engine.failure.cache_clear()


def broken() -> None:
    raise OSError("no compiler")


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def test_a_link_opens_a_chapter_at_a_speed() -> None:
    app = open_page(chapter="code", speed="full")
    assert chapters_of(app).value == "Code"
    assert bench_of(app).speed == FULL_SPEED
    assert dict(app.query_params) == {"chapter": "code", "speed": "full"}
    open_chapter(app, "Idea")
    assert dict(app.query_params) == {"speed": "full"}, "the first chapter needs no word"
    open_chapter(app, "Runs of this visit")
    assert dict(app.query_params) == {"speed": "full", "chapter": "runs"}


def test_a_link_to_an_experiment_keeps_the_chapter_that_is_open() -> None:
    app = open_page(**{"try": "no_foresight"})
    assert chapters_of(app).value == "Try this"
    assert dict(app.query_params) == {"try": "no_foresight"}
    open_chapter(app, "Idea")
    link = dict(app.query_params)
    assert link == {"try": "no_foresight", "chapter": "idea"}
    assert chapters_of(open_page(**link)).value == "Idea"


def test_a_link_restores_the_plane_and_the_action_of_the_heatmap() -> None:
    view = {"x": "0", "y": "2", "at": "0,1.5,0,-0.5", "action": "0"}
    app = open_page(**view)
    press(app, "step")
    assert address(app) == view


def test_the_slice_follows_the_player_until_it_is_fixed() -> None:
    def positions(app: AppTest) -> list[Any]:
        return [slider for slider in app.slider if slider.label == "cart position (m)"]

    app = open_page()
    assert not positions(app)
    app.toggle(key="reinforce.CartPole-v1.follow").set_value(False)
    run(app)
    assert address(app) == {"at": "0,0,0,0"}
    (position,) = positions(app)
    position.set_value(1.0)
    run(app)
    assert address(app) == {"at": "1,0,0,0"}
    app.toggle(key="reinforce.CartPole-v1.follow").set_value(True)
    run(app)
    assert address(app) == {}
    assert not positions(app)
    linked = open_page(at="0,0,0,0")
    assert not linked.toggle(key="reinforce.CartPole-v1.follow").value
    assert positions(linked)


def test_the_controls_of_the_heatmap_are_those_of_the_chosen_axes() -> None:
    app = open_page(at="0,0,0,0")
    app.selectbox(key="reinforce.CartPole-v1.x").set_value(0)
    run(app)
    labels = [slider.label for slider in app.slider]
    assert "pole angle (rad)" in labels
    assert "cart position (m)" not in labels


def test_an_environment_without_hidden_coordinates_has_nothing_to_follow() -> None:
    app = open_page(env_id="MountainCar-v0")
    assert "Slice follows the player" not in [toggle.label for toggle in app.toggle]


def test_every_setting_has_a_control_with_help() -> None:
    app = open_page()
    for name, setting in DESCRIBED.items():
        for key in controls_of(name):
            widget = control(app, key)
            assert widget.help.startswith(setting.help)
            assert widget.disabled == (name == "value_learning_rate")
            assert widget.label.endswith(" ↻") == (name in STRUCTURAL)


def test_live_settings_change_the_run_that_goes_on() -> None:
    app = open_page(baseline="value")  # with this baseline, its learning rate has an effect
    press(app, "update")
    session = bench_of(app).session
    steps = session.global_step
    for name in LIVE:
        before = getattr(session.config, name)
        change(app, name)
        assert getattr(session.config, name) != before
        assert name in session.history.changes[-1].settings
    assert bench_of(app).session is session
    assert session.global_step == steps
    assert bench_of(app).past == []
    assert set(address(app)) == {*LIVE, "baseline"}


def test_structural_settings_restart_and_keep_the_former_run() -> None:
    app = open_page()
    bench = bench_of(app)
    for count, name in enumerate(STRUCTURAL, start=1):
        press(app, "step")
        session, before = bench.session, getattr(bench.session.config, name)
        change(app, name)
        assert bench.session is not session
        assert getattr(bench.session.config, name) != before
        assert bench.session.global_step == 0
        assert [past.number for past in bench.past] == list(range(1, count + 1))
    open_chapter(app, "Runs of this visit")
    rows = app.dataframe[0].value
    assert list(rows["run"]) == list(range(len(STRUCTURAL) + 1, 0, -1))


def test_after_a_reload_a_further_seed_catches_up_before_its_results_are_shown() -> None:
    """Otherwise, a reload would turn its steps into 0."""

    def seeds_in(app: AppTest) -> list[tuple[int | None, str]]:
        table = app.dataframe[0].value
        steps = [None if pd.isna(n) else int(n) for n in table["environment steps"]]
        return list(zip(steps, table["outcome"], strict=True))

    def catch_up(app: AppTest) -> None:
        while bench_of(app).busy:
            bench_of(app).take_turn()

    library = shared_library().get()
    assert library is not None
    app = open_page(seeds="2", chapter="runs")
    press(app, "step")
    press(app, "step")
    catch_up(app)
    run(app)
    assert seeds_in(app) == [(2, "not ended")] * 2
    app.session_state["reinforce.lab"].kept.keeper.save_now(library)
    again = open_page(**{name: app.query_params[name] for name in ("seeds", "chapter", "run")})
    assert seeds_in(again) == [(2, "not ended"), (None, "catches up")]
    lab = again.session_state["reinforce.lab"]
    assert not _is_outdated(lab)
    catch_up(again)
    assert _is_outdated(lab), "the page must be drawn again with the results"
    run(again)
    assert seeds_in(again) == [(2, "not ended")] * 2
    assert not _is_outdated(lab)


def test_of_an_earlier_run_the_seeds_that_never_began_are_left_out() -> None:
    app = open_page(seeds="2", chapter="runs")
    press(app, "step")
    press(app, "reset")
    assert list(app.dataframe[0].value["run"]) == [2, 2, 1]


def test_reset_and_new_seed() -> None:
    app = open_page(gamma="0.9")
    press(app, "episode")
    returns = bench_of(app).session.history.episodes["episode_return"].tolist()
    press(app, "reset")
    assert bench_of(app).session.global_step == 0
    press(app, "episode")
    assert bench_of(app).session.history.episodes["episode_return"].tolist() == returns
    press(app, "new_seed")
    assert bench_of(app).session.config == ReinforceConfig(gamma=0.9, seed=1)
    assert control(app, "seed").value == 1
    assert dict(app.query_params) == {"gamma": "0.9", "seed": "1"}
    assert len(bench_of(app).past) == 2


def test_a_late_request_does_not_bring_the_former_seed_back() -> None:
    app = open_page()
    for seed in (1, 2):
        former = values_of_controls(app)
        press(app, "new_seed")
        app._run(former)
        assert bench_of(app).session.config.seed == control(app, "seed").value == seed
    before = len(app.session_state)
    press(app, "new_seed")
    assert len(app.session_state) == before, "old values must be deleted"


def test_the_page_shows_the_code_that_runs() -> None:
    app = open_page()
    open_chapter(app, "Code")
    shown = code_shown(app)
    names = re.findall(r"<div>(pglab\.[\w.]+)</div>", shown)
    # The functions appear in the program's order. `test_code_chapter` checks that all are there.
    acting = ["reinforce.reinforce", "run.take_step", "run.sample_action"]
    assert names[:3] == [f"pglab.algorithms.{name}" for name in acting]
    assert names.index("pglab.returns.discounted_returns") < names.index(
        "pglab.losses.policy_gradient_loss"
    )


def test_code_has_its_lines_first_and_its_contract_on_demand() -> None:
    app = open_page()
    open_chapter(app, "Code")
    _before, after = code_shown(app).split("<div>pglab.returns.discounted_returns</div>")
    blocks = re.findall(r"<pre>(.*?)</pre>", after, flags=re.DOTALL)
    rows = re.findall(r'<span class="">(.*?)(?=<span class="">|$)', blocks[0], flags=re.DOTALL)
    lines = "\n".join(re.sub(r"<[^>]+>", "", row) for row in rows)
    source, first = inspect.getsourcelines(discounted_returns)
    numbers = [int(number) for number in re.findall(r"^ *(\d+)  ", lines, flags=re.MULTILINE)]
    assert numbers[0] == first, "the line numbers must be those of the file"
    assert numbers[-1] == first + len(source) - 1
    assert "G = r[t] + gamma" in lines
    assert "Reward-to-go of every step" not in lines
    assert "Reward-to-go of every step" in blocks[1], "the docstring must be in the folded block"


def test_visitors_may_open_the_code_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only one thread parses at a time. Otherwise, Python 3.11 may raise SystemError."""

    class Shown:
        """Python parses the file to find the source of this class."""

    parse, busy = ast.parse, Lock()

    def parse_alone(*arguments: Any, **options: Any) -> Any:
        assert busy.acquire(blocking=False)
        try:
            time.sleep(0.01)
            return parse(*arguments, **options)
        finally:
            busy.release()

    monkeypatch.setattr(ast, "parse", parse_alone)
    with ThreadPoolExecutor(3) as visitors:
        list(visitors.map(source_code, [Shown] * 6))


def code_shown(app: AppTest) -> str:
    """Return the HTML of the source code in the open chapter."""
    return "\n".join(
        block.proto.body for block in app.get("html") if "pgl-source" in block.proto.body
    )


def test_every_page_keeps_its_open_chapter() -> None:
    app = open_page()
    assert chapters_of(app).value == "Idea"
    open_chapter(app, "Code")
    for page, chapter in (
        ("pages/shared_body.py", "Idea"),
        ("pages/gradient_lab.py", "Idea"),
        (REINFORCE, "Code"),
    ):
        app.query_params.clear()  # a browser does the same
        app.switch_page(page)
        run(app)
        assert chapters_of(app).value == chapter


def said(app: AppTest, key: str, *options: str) -> WidgetStates:
    """Return a request in which one control has another value. No option means no value."""
    states = values_of_controls(app)
    (widget,) = (state for state in states.widgets if state.id.endswith(f"-{key}"))
    if widget.WhichOneof("value") == "string_array_value":
        widget.string_array_value.data[:] = options
    else:
        widget.string_value = options[0]
    return states


@pytest.mark.parametrize(
    ("link", "chapter", "key", "options"),
    [
        ({}, "Rewind and fork", "reinforce.chapter", ()),
        ({"seeds": "3"}, "Idea", "reinforce.shown_seed", ("seed 17",)),
        ({}, "Idea", "reinforce.CartPole-v1.x", ("gone",)),
        ({}, "Idea", "reinforce.CartPole-v1.x", (ENVIRONMENTS["CartPole-v1"].axes[3].label,)),
    ],
)
def test_a_control_keeps_its_choice_if_the_browser_names_none_that_is_offered(
    link: dict[str, str], chapter: str, key: str, options: tuple[str, ...]
) -> None:
    app = open_page(**link)
    press(app, "episode")
    open_chapter(app, chapter)
    app._run(said(app, key, *options))
    assert not app.exception
    run(app)
    assert chapters_of(app).value == chapter


@pytest.mark.parametrize("page", [*AGENT_PAGES, "pages/compare.py", "pages/gradient_lab.py"])
def test_a_control_that_is_built_anew_says_what_it_said(page: str) -> None:
    """After quick changes, a browser may rebuild a control, which then sends its declared value."""
    kinds = {"select_slider": "slider", "toggle": "checkbox"}
    dice = random.Random(0)
    app = open_page(page, seeds="2")

    def controls_in_sight() -> list[Control]:
        of = app.slider, app.select_slider, app.number_input, app.selectbox, app.toggle
        widgets = [widget for kind in (*of, app.button_group) for widget in kind]
        return [Control(kinds.get(w.type, w.type), w.proto, "") for w in widgets]

    changed = values_of_controls(app)
    for shown in controls_in_sight():
        (state,) = (state for state in changed.widgets if state.id == shown.element.id)
        if shown.label not in ("Environment ↻", "Settings of"):  # they change the set of controls
            state.CopyFrom(another_value_of(shown, dice))
    app._run(changed)
    run(app)
    says = {state.id: state for state in values_of_controls(app).widgets}
    anew = [shown_value(c.kind, c.element, anew=True) for c in controls_in_sight()]
    assert len(anew) >= 4
    assert anew == [says[state.id] for state in anew]
