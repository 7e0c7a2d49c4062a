"""The chapter *Play it yourself* without a browser: episodes arrive, and the run never changes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.records import Record
from pglab.session.train import train
from tests.looks.by_hand.browser_episodes import balancing, sent_episode
from tests.oracles import advance_records, same_records, take
from tests.pages.opened import REINFORCE, bench_of, open_page, press, run
from tests.pages.test_actor_critic_pages import SCRIPTS


def play_page(page: str = REINFORCE, **link: str) -> AppTest:
    return open_page(page, chapter="play", **link)


def component_of(app: AppTest) -> Any:
    (game,) = (
        element.proto
        for element in app.get("bidi_component")
        if element.proto.component_name.endswith("pglab_play")
    )
    return game


def send(app: AppTest, value: object) -> None:
    """Let the browser send the end of an episode, as the component does."""
    state = WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{component_of(app).id}__events")
    state.json_trigger_value = json.dumps([{"event": "episode", "value": value}])
    states = app._tree.get_widget_states()
    states.widgets.append(state)
    app._run(states)
    assert not app.exception


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def refusals(app: AppTest) -> list[str]:
    return [warning.value for warning in app.warning]


def always_right(_state: object) -> int:
    return 1


def test_the_game_gets_the_policy_and_the_heatmap() -> None:
    data = json.loads(component_of(play_page(hidden_sizes="16,8")).json)
    assert [len(layer) for layer in data["policy"]["layers"]] == [2, 2, 2]
    assert data["setup"]["usual"] == {"length": 0.5, "gravity": 9.8, "noise": 0.0}
    assert (data["map"]["x"]["axis"], data["map"]["y"]["axis"]) == (2, 3)


def test_returns_stand_beside_the_agents_and_the_best_stays() -> None:
    app = play_page()
    assert not app.metric
    send(app, sent_episode(balancing))
    assert metrics(app)["your return"] == metrics(app)["your best return"] == "500"
    assert float(metrics(app)["agent: usual world"]) < 100
    short = sent_episode(always_right)
    send(app, short)
    assert metrics(app)["your return"] == str(len(short["rows"]))
    assert metrics(app)["your best return"] == "500"
    run(app)  # without a new episode, the last one stays
    assert metrics(app)["your return"] == str(len(short["rows"]))


@pytest.mark.parametrize(
    "changed", [{"player": "agent"}, {"randomStart": False}, {"world": (0.6, 9.8, 0.0)}]
)
def test_only_usual_episodes_by_hand_are_the_best(changed: dict[str, Any]) -> None:
    app = play_page()
    send(app, sent_episode(always_right, **changed))
    assert metrics(app)["your best return"] == "–"


@pytest.mark.parametrize(
    "value",
    [
        None,
        "<script>",
        {"player": "you", "randomStart": True, "rows": [[1e400] * 6], "states": [], "seen": []},
        {"player": "you", "randomStart": True, "rows": [[[]]] * 9, "states": {}, "seen": None},
        sent_episode(always_right) | {"states": sent_episode(balancing)["states"]},
        [0] * 10_000,
    ],
)
def test_what_is_no_episode_is_refused_in_one_sentence(value: object) -> None:
    app = play_page()
    send(app, sent_episode(always_right))
    send(app, value)
    if value is not None:  # Streamlit takes null for no event
        assert [text for text in refusals(app) if "CartPole does not allow" in text]
        assert not app.metric
    assert bench_of(app).session.global_step == 0
    send(app, sent_episode(always_right))
    assert app.metric


@pytest.mark.parametrize("key", ["reinforce", *SCRIPTS])
def test_playing_never_touches_the_run(key: str) -> None:
    """The run's records are bit for bit the same with and without playing."""
    presets: dict[str, AgentConfig] = {
        "reinforce": ReinforceConfig(),
        "shared_on_policy": ActorCriticConfig.shared_on_policy(),
        "split_replay": ActorCriticConfig.split_replay(),
    }
    app = play_page({"reinforce": REINFORCE, **SCRIPTS}[key])
    bench = bench_of(app, key)
    records: list[Record] = []
    for world in ((0.5, 9.8, 0.0), (1.0, 20.0, 0.2)):
        send(app, sent_episode(always_right, world=world))
        assert "What the agent would learn" in "".join(text.value for text in app.markdown)
        records += advance_records(bench.session, "step", 150)
    assert same_records(records, take(train(presets[key]), len(records)))


def test_an_episode_of_another_run_is_not_shown() -> None:
    app = play_page()
    send(app, sent_episode(always_right))
    press(app, "step")
    assert app.metric
    press(app, "new_seed")
    assert not app.metric


def test_only_cartpole_can_be_played() -> None:
    app = play_page(env_id="MountainCar-v0")
    assert "Only CartPole can be played by hand" in app.info[0].value
    assert not app.get("metric")


def test_networks_that_are_not_finite_play_no_game() -> None:
    app = play_page()
    *_others, bias = bench_of(app).session.networks["policy"].parameters()
    bias.data[0] = -np.inf
    run(app)
    assert "not finite" in app.info[0].value
