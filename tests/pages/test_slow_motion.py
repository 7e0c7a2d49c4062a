"""Tests of *Slow motion* and *Rewind and fork* without a browser; see `opened`."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from pglab.algorithms.actor_critic import ActorCriticRun
from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.looks.partial_updates import partial_updates
from pglab.looks.render import shared_renderer
from pglab.records import StepRecord, UpdateRecord
from pglab.session.train import train
from pglab.ui.chapters.slow_motion import steering
from pglab.ui.chapters.slow_motion.chapter import _scene
from pglab.ui.chapters.slow_motion.panels import partial_panels, player_panel
from tests.oracles import of_type, take
from tests.pages.opened import REINFORCE, bench_of, control, open_chapter, open_page, press, run
from tests.pages.test_actor_critic_pages import SCRIPTS

PAGES = {"reinforce": REINFORCE, **SCRIPTS}


def slow_page(key: str = "reinforce", **link: str) -> AppTest:
    app = open_page(PAGES[key], **link)
    open_chapter(app, "Slow motion")
    return app


def formulas(app: AppTest) -> list[str]:
    return [latex.value.strip("$\n").removesuffix(r"\end{gathered}") for latex in app.latex]


def html_of(app: AppTest) -> str:
    return "".join(str(getattr(element, "body", "")) for element in app.get("html"))


def current_phase(app: AppTest) -> str:
    return str(re.findall(r'aria-current="step">\d+ ([^<]*)<', html_of(app))[0])


def test_nothing_is_blank_or_trained_before_the_first_press() -> None:
    app = slow_page()
    assert bench_of(app).session.global_step == 0
    assert any("goes to the next phase" in text.value for text in app.markdown)
    assert app.button(key="slow_back").disabled
    assert not formulas(app)


def test_the_page_shows_the_numbers_that_the_generator_used() -> None:
    app = slow_page(seed="3")
    config = ReinforceConfig(seed=3)
    update = of_type(UpdateRecord, take(train(config), 400))[0]
    press(app, "slow_update")
    assert current_phase(app) == "returns"
    numbers = re.findall(r"[\d.]+", formulas(app)[-1].replace("G_{0}", ""))
    reward, gamma, later, first = map(float, numbers)
    assert update.returns is not None
    assert (reward, gamma) == (1.0, 0.99)
    assert later == pytest.approx(update.returns[1], rel=1e-3)
    assert first == pytest.approx(update.returns[0], rel=1e-3)
    assert reward + gamma * later == pytest.approx(first, rel=1e-3)
    for _phase in range(2):
        press(app, "slow_next")
    assert current_phase(app) == "loss"
    assert float(formulas(app)[-1].split("=")[-1]) == pytest.approx(update.actor_loss, rel=1e-3)
    press(app, "slow_next")
    norm = float(formulas(app)[-1].split("=")[-1])
    assert norm == pytest.approx(update.actor_gradient_norm, rel=1e-3)


def test_an_update_without_a_draw_is_explained_until_the_buffer_holds_enough() -> None:
    def explained(app: AppTest) -> bool:
        return any("it needs 64 transitions" in text.value for text in app.caption)

    app = slow_page("split_replay")
    press(app, "slow_update")
    assert bench_of(app, "split_replay").session.global_step == 16
    assert explained(app)
    for _update in range(3):
        press(app, "slow_update")
    assert bench_of(app, "split_replay").session.global_step == 64
    assert not explained(app)


@pytest.mark.parametrize("key", PAGES)
def test_forward_and_back_by_buttons(key: str) -> None:
    app = slow_page(key)
    for _press in range(3):
        press(app, "slow_next")
    assert current_phase(app) == "sample"
    assert bench_of(app, key).session.global_step == 1
    app.button(key="slow_back").click()
    run(app)
    assert current_phase(app) == "probabilities"
    presets: dict[str, AgentConfig] = {
        "reinforce": ReinforceConfig(),
        "shared_on_policy": ActorCriticConfig.shared_on_policy(),
        "split_replay": ActorCriticConfig.split_replay(),
    }
    step = of_type(StepRecord, take(train(presets[key]), 1))[0]
    shown = re.findall(r"=([\d.]+)", formulas(app)[-1])
    assert [float(text) for text in shown] == pytest.approx(
        step.action_probabilities.tolist(), rel=1e-3
    )


def test_slow_motion_pauses_a_run_first() -> None:
    app = slow_page()
    press(app, "run")
    assert bench_of(app).running
    press(app, "slow_next")
    assert not bench_of(app).running
    reached = bench_of(app).session.global_step
    press(app, "slow_next")
    assert bench_of(app).session.global_step == reached


def test_the_actors_loss_alone_leaves_the_critic_of_split_bodies() -> None:
    app = slow_page("split_replay")
    press(app, "slow_update")
    while current_phase(app) != "new policy":
        press(app, "slow_next")
    lab = app.session_state["split_replay.lab"]
    scene = _scene(lab, lab.slow_motion)
    assert isinstance(scene.watched.before_update, ActorCriticRun)
    after = partial_updates(scene.watched.before_update)
    panels = {
        panel.key: panel for panel in partial_panels(scene, after, {name: name for name in after})
    }
    assert panels["slow_v_actor_only"].subtitle == "largest change here: 0"
    assert panels["slow_pi_actor_only"].subtitle != "largest change here: 0 percentage points"


def test_frame_bars_and_ring_of_a_phase_are_of_one_state() -> None:
    app = slow_page()
    lab = app.session_state["reinforce.lab"]
    renderer = shared_renderer("CartPole-v1")
    phases = set()
    for _press in range(8):
        press(app, "slow_next")
        scene = _scene(lab, lab.slow_motion)
        phases.add(scene.phase)
        (frame,) = player_panel(scene).frames
        step = scene.watched.step
        answered = scene.phase == "environment"
        shown = step.next_observation if answered else step.observation
        assert frame.image == renderer.cutout(shown)
        assert frame.point == tuple(map(float, shown[2:]))
        assert frame.probabilities in ((), tuple(map(float, step.action_probabilities)))
        if scene.has_seen("sample") and not answered:
            assert frame.probabilities == tuple(map(float, step.action_probabilities))
            assert frame.action == step.action
        if answered:
            assert frame.probabilities == ()
            assert frame.action is None
        assert scene.view.plane.fixed[:2] == tuple(map(float, shown[:2]))
    assert {"observe", "sample", "environment", "store"} <= phases


def test_a_followed_transition_that_is_gone_gets_a_sentence() -> None:
    app = slow_page("shared_on_policy")
    press(app, "slow_update")
    tape = app.session_state["shared_on_policy.lab"].slow_motion
    tape.traced = tape.session.global_step
    run(app)
    assert any("At t = 0 of the batch" in text.value for text in app.markdown)
    press(app, "slow_update")
    gone = f"Step {tape.traced}, which you chose, is no longer stored. Choose another one."
    assert gone in [caption.value for caption in app.caption]
    tape.traced = tape.session.global_step + 1
    run(app)
    assert any(caption.value.endswith("is not stored yet.") for caption in app.caption)


def test_a_long_way_to_the_update_shows_how_far_it_is_and_can_be_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(steering, "STEPS_AT_ONCE", 40)
    waits_for = 160
    app = slow_page(min_batch_steps=str(waits_for))
    press(app, "slow_update")
    session = bench_of(app).session
    reached = session.global_step
    assert 40 < reached < waits_for
    assert not formulas(app)
    app.button(key="slow_stop").click()
    run(app)
    assert "slow_stop" not in [button.key for button in app.button]
    assert formulas(app)
    assert session.global_step == reached
    press(app, "slow_update")
    for _redraw in range(10):
        if "slow_stop" not in [button.key for button in app.button]:
            break
        run(app)
    assert current_phase(app) == "returns"
    assert session.global_step >= waits_for
    for _phase in range(5):
        press(app, "slow_next")
    assert any(
        f"Steps in this update: {session.global_step}" in text.value for text in app.markdown
    )


def test_the_last_phase_says_what_the_update_did() -> None:
    app = slow_page()
    press(app, "slow_update")
    while current_phase(app) != "new policy":
        press(app, "slow_next")
    update = bench_of(app).session.history.last_update
    assert update is not None
    text = next(text.value for text in app.markdown if text.value.startswith("**Update 1.**"))
    assert f"Steps in this update: {len(update.actions)}." in text
    risen, fallen = map(int, re.findall(r"\*\*(\d+)\*\*", text))
    assert risen + fallen == len(update.actions)
    assert "π moved because the gradients of the other steps in the batch moved" in text


def test_slow_motion_and_code_number_a_line_alike() -> None:
    """Both chapters show the line number in the file."""
    app = slow_page()
    for _press in range(3):
        press(app, "slow_next")
    (shown,) = re.findall(
        r'class="pgl-lit">(.*?)(?=<span class="(?:pgl-lit)?">|</pre>)', html_of(app)
    )
    lit = re.sub(r"<[^>]+>", "", shown).strip()
    assert "action = sample_action(" in lit
    open_chapter(app, "Code")
    run(app)
    code = re.sub(r"<[^>]+>", "", html_of(app))
    assert lit in code


def test_the_page_says_which_engine_a_lit_line_belongs_to() -> None:
    for engine, said in (("fast", "a copy of the run"), ("reference", "uses the same line")):
        app = slow_page(engine=engine)
        press(app, "slow_next")
        assert any(said in caption.value for caption in app.caption)


def test_a_step_that_is_followed_gets_causes_that_add_up() -> None:
    app = slow_page("shared_on_policy")
    for _update in range(2):
        press(app, "slow_update")
    while current_phase(app) != "new policy":
        press(app, "slow_next")
    table = html_of(app).split('class="pgl-causes"')[1]
    *parts, total = [
        float(text.replace("−", "-")) for text in re.findall(r"<td>([+−\d.]+)</td>", table)
    ]
    assert len(parts) >= 2
    assert sum(parts) == pytest.approx(total, abs=1e-9)
    found = app.session_state["shared_on_policy.lab"].slow_motion.steps[-1].explanation
    assert total == pytest.approx(100 * found.change[0], abs=0.006)


def test_what_each_loss_alone_would_have_done() -> None:
    app = slow_page("shared_on_policy")
    press(app, "slow_update")
    while current_phase(app) != "new policy":
        press(app, "slow_next")
    parameters = [
        p.tolist() for p in bench_of(app, "shared_on_policy").session.networks["agent"].parameters()
    ]
    app.toggle(key="shared_on_policy.slow.partial").set_value(True)
    run(app)
    assert any("three updates of the same parameters" in c.value for c in app.caption)
    after = bench_of(app, "shared_on_policy").session.networks["agent"].parameters()
    assert [p.tolist() for p in after] == parameters


# --- Rewind and fork


def test_going_back_continuing_and_forking() -> None:
    app = open_page(REINFORCE, stop_when_solved="off")
    bench = bench_of(app)
    bench.session.advance("step", 1_200)
    returns = bench.session.history.episodes["episode_return"].tolist()
    open_chapter(app, "Rewind and fork")
    run(app)
    slider = app.select_slider(key="reinforce.rewind")
    assert slider.value == 1_200
    slider.set_value(500)
    run(app)
    run(app)
    assert bench.session.global_step == 500
    assert any("At step 500 of 1,200" in caption.value for caption in app.caption)
    bench.session.advance("step", 700)
    assert bench.session.history.episodes["episode_return"].tolist() == returns
    run(app)
    app.select_slider(key="reinforce.rewind").set_value(500)
    run(app)
    press(app, "rewind_fork")
    assert (bench.run_number, bench.forked) == (2, (1, 500))
    assert [past.global_step for past in bench.past] == [1_200]
    assert any("forked at step 500 from run 1" in caption.value for caption in app.caption)


def test_a_rewound_run_with_former_settings_gets_its_controls_back() -> None:
    app = open_page(REINFORCE)
    bench = bench_of(app)
    bench.session.advance("step", 600)
    control(app, "gamma").set_value(0.9)
    run(app)
    bench.session.advance("step", 100)
    open_chapter(app, "Rewind and fork")
    app.select_slider(key="reinforce.rewind").set_value(500)
    run(app)
    run(app)
    assert bench.session.config.gamma == 0.99
    assert control(app, "gamma").value == 0.99
    assert bench.rewound
    assert bench.past == []
    control(app, "gamma").set_value(0.8)
    run(app)
    assert bench.forked == (1, 500)
    assert [change.settings for change in bench.past[0].changes] == [{"gamma": 0.9}]


def test_nothing_to_go_back_to_yet() -> None:
    app = open_page(REINFORCE)
    open_chapter(app, "Rewind and fork")
    assert any("There is no earlier step yet" in caption.value for caption in app.caption)
