"""The chapter *Why this action?* without a browser; see `opened`."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from pglab.environments import ENVIRONMENTS
from pglab.looks.probes import first_plane
from pglab.looks.why_action import WhyAction, why_action
from pglab.looks.why_words import sentence
from pglab.session.bench import Bench
from pglab.ui.chapters import why_action as chapter
from tests.oracles import advance_records, same_records
from tests.pages.opened import AGENT_PAGES, REINFORCE, bench_of, open_page, press, run

KEYS = dict(zip(AGENT_PAGES, ("reinforce", "shared_on_policy", "split_replay"), strict=True))


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption, *app.info])


def expected_sentence(app: AppTest, key: str) -> str:
    """The sentence about the shown frame, from the page's run and player."""
    lab = app.session_state[f"{key}.lab"]
    scene = lab.player.scene_to_explain(lab.bench)
    policy = lab.bench.shown_session.networks["policy"]
    action = int(scene.probabilities.argmax()) if scene.action is None else scene.action
    return sentence(why_action(policy, lab.info, scene.observation, action))


@pytest.mark.parametrize("page", AGENT_PAGES)
@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_every_agent_explains_its_action_in_every_environment(page: str, env_id: str) -> None:
    app = open_page(page, chapter="why", env_id=env_id)
    assert expected_sentence(app, KEYS[page]) in texts(app)
    assert "has not learned yet" in texts(app)
    bench_of(app, KEYS[page]).advance("update")
    run(app)
    assert expected_sentence(app, KEYS[page]) in texts(app)
    assert "In the " in texts(app)
    changes, nearest = app.table
    assert len(changes.value) == 2 * len(ENVIRONMENTS[env_id].axes)
    assert len(nearest.value) > 0


def test_the_chapter_follows_the_frame_and_the_chosen_action() -> None:
    app = open_page(REINFORCE, chapter="why")
    lab = app.session_state["reinforce.lab"]
    number = lab.player._reel.numbers[7]
    lab.player.stop_at(lab.bench, number)
    run(app)
    assert "**Episode" in texts(app)
    assert "step 7.**" in texts(app)
    for action in ("left", "right"):
        (choice,) = (one for one in app.button_group if one.label == "Action to explain")
        choice.set_value(action)
        run(app)
        assert f"to π({action})" in texts(app)
    press(app, "step")
    assert "step 1.**" in texts(app), "after a training step, its frame is explained"


def on_stop(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """The function that the page calls when the browser reports a frame."""
    taken: list[Any] = []
    monkeypatch.setattr(
        chapter, "report_frames", lambda _page, _known, act, *, wanted: taken.append(act)
    )
    monkeypatch.setattr(chapter, "redraw_fragments", lambda *_fragments: None)
    chapter.report_stopped_player(app.session_state["reinforce.lab"], wanted=True)
    act: Callable[[int], None] = taken[0]
    return act


def test_stopping_the_player_pauses_a_run_first(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(REINFORCE, chapter="why")
    lab = app.session_state["reinforce.lab"]
    press(app, "run")
    assert "The run trains." in texts(app)
    assert not app.table, "nothing is computed while the run trains"
    number = lab.player.show(lab.bench, first_plane(lab.info)).panel.frames[-1].number
    on_stop(app, monkeypatch)(number)
    assert not lab.bench.running
    run(app)
    assert lab.player.stopped_at == number
    assert expected_sentence(app, "reinforce") in texts(app)


def test_a_diverged_policy_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_nan(policy: Any, *further: Any) -> WhyAction:
        broken = copy.deepcopy(policy)
        with torch.no_grad():
            broken.head.weight.fill_(math.nan)
        return why_action(broken, *further)

    monkeypatch.setattr(chapter, "why_action", of_nan)
    app = open_page(REINFORCE, chapter="why")
    assert "no longer finite" in texts(app)
    assert "nan" not in texts(app)
    assert len(app.table) == 0


def test_an_epsilon_greedy_agent_gets_a_sentence() -> None:
    app = open_page("pages/shared_body.py", chapter="why", critic_only="on")
    assert "ε-greedy" in texts(app)
    assert len(app.table) == 1


def test_nothing_is_computed_while_the_chapter_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise AssertionError("the chapter is closed")

    monkeypatch.setattr(chapter, "why_action", refuse)
    monkeypatch.setattr(chapter, "nearest_states", refuse)
    app = open_page(REINFORCE)
    lab = app.session_state["reinforce.lab"]
    lab.player.stop_at(lab.bench, lab.player._reel.numbers[3])
    press(app, "update")


def test_the_open_chapter_never_changes_the_run() -> None:
    app = open_page(REINFORCE, chapter="why")
    config = bench_of(app).session.config
    alone = advance_records(Bench(config).session, "step", 90)
    watched = []
    for _part in range(3):
        with bench_of(app).lock:  # the saver may read the run at any time
            watched += advance_records(bench_of(app).session, "step", 30)
        run(app)
    assert same_records(alone, watched)
