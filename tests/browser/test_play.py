"""The game of the chapter *Play it yourself*: its dynamics, its policy, its picture, its keys."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.looks.by_hand.own_episode import checked_episode
from pglab.looks.by_hand.policy_data import policy_data
from pglab.looks.render import shared_renderer
from pglab.networks import Body, PolicyNetwork
from pglab.session.training_session import TrainingSession
from pglab.ui.chapters.play.component import policy_numbers
from tests.browser.conftest import NewPage
from tests.browser.lab_page import LabPage
from tests.browser.pixels import difference
from tests.browser.play_alone import open_alone
from tests.looks.by_hand.browser_episodes import balancing, sent_episode

# Plays actions and pushes that are given, in a given world.
REPLAY = """(text) => {
    const {setup, start, rows} = JSON.parse(text);
    const game = new window.play.Game(setup);
    game.begin(start);
    for (const [action, length, gravity, noise, cart, pole] of rows) {
        game.change({length, gravity, noise});
        game.push(cart, pole);
        game.step(action);
    }
    const {over, terminated} = game;
    return JSON.stringify({...game.record("you"), over, terminated});
}"""
PLAY_WITH_POLICY = """({setup, policy, episodes}) => {
    const network = new window.play.Policy(policy);
    const game = new window.play.Game(setup);
    return Array.from({length: episodes}, () => {
        game.begin(null);
        while (!game.over) {
            const probabilities = network.probabilities(game.observation);
            game.step(window.play.sampleAction(probabilities, game.drawAction()));
        }
        return game.record("agent");
    });
}"""
PROBABILITIES = """({policy, observations}) => {
    const network = new window.play.Policy(policy);
    return observations.map((observation) => network.probabilities(observation));
}"""
PICTURE = """({state, length}) => {
    const canvas = Object.assign(document.createElement("canvas"), {width: 600, height: 400});
    const context = canvas.getContext("2d");
    window.play.drawCartPole(context, state, length, 2.4);
    return canvas.toDataURL().split(",")[1];
}"""


class Clumsy:
    """A player who balances the pole, but sometimes takes another action."""

    def __init__(self, actions: NDArray[np.int64], by_chance: NDArray[np.bool_]) -> None:
        self.left = iter(zip(actions.tolist(), by_chance.tolist(), strict=True))

    def __call__(self, state: Sequence[float]) -> int:
        action, by_chance = next(self.left)
        return action if by_chance else balancing(state)


def replayed(page: Page, setup: object, start: list[float], rows: object) -> dict[str, Any]:
    # Playwright needs long for long lists, but not for long texts.
    text = json.dumps({"setup": setup, "start": start, "rows": rows})
    found: dict[str, Any] = json.loads(page.evaluate(REPLAY, text))
    return found


def test_the_dynamics_are_gymnasiums_over_whole_episodes(page: Page) -> None:
    """Random actions, and 500 steps of a player who balances the pole, also in other worlds."""
    setup = open_alone(page)
    generator = np.random.default_rng(5)
    lengths = []
    for number in range(60):
        world = (0.5, 9.8, 0.0)
        if number % 3:
            world = (generator.uniform(0.1, 1.2), generator.uniform(1, 30), 0.0)
        slips = generator.uniform(0, 0.5) if number % 2 else 1.0  # share of random actions
        actions = generator.integers(0, 2, 500)
        by_chance = generator.random(500) < slips
        knocks = (generator.uniform(-0.3, 0.3, (500, 2)) * (number % 5 == 0)).tolist()
        start = generator.uniform(-0.05, 0.05, 4).tolist()
        sent = sent_episode(Clumsy(actions, by_chance), start, world, knocks.__getitem__)
        found = replayed(page, setup, start, sent["rows"])
        np.testing.assert_allclose(found["states"], sent["states"], rtol=0, atol=1e-6)
        assert found["over"]
        assert found["terminated"] == checked_episode(sent).terminated
        lengths.append(len(sent["rows"]))
    assert lengths.count(500) >= 10
    assert min(lengths) < 20


CONFIGS: dict[str, AgentConfig] = {
    "relu": ReinforceConfig(seed=1),
    "tanh": ActorCriticConfig.shared_on_policy(seed=1),
    "symexp": ActorCriticConfig(seed=1, symexp_heads=True, hidden_sizes=(32, 16, 8)),
    "greedy": ActorCriticConfig(seed=1, critic_only=True),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_the_policy_in_the_browser_is_the_agents(page: Page, name: str) -> None:
    open_alone(page)
    session = TrainingSession(CONFIGS[name])
    session.advance("step", 3_000)
    policy = session.networks["policy"]
    high = np.array([2.4, 3.0, 0.21, 3.0])
    observations = np.random.default_rng(2).uniform(-high, high, (300, 4)).astype(np.float32)
    with torch.no_grad():
        true = policy(torch.as_tensor(observations)).exp().numpy()
    data = policy_numbers(policy_data(policy, session.config))
    found = page.evaluate(PROBABILITIES, {"policy": data, "observations": observations.tolist()})
    np.testing.assert_allclose(found, true, rtol=0, atol=1e-5)
    assert np.ptp(true[:, 0]) > 0.05


def constant(log_odds: float) -> PolicyNetwork:
    """A policy that prefers the action 1 by the same log-odds in every state."""
    generator = torch.Generator()
    policy = PolicyNetwork(Body(4, (), "relu", generator), 2, generator)
    with torch.no_grad():
        policy.head.weight.zero_()
        policy.head.bias.copy_(torch.tensor([0.0, log_odds]))
    return policy


def test_the_agent_samples_its_actions_like_training(page: Page) -> None:
    """Both actions have their probabilities, and each episode has its own random numbers."""
    setup = open_alone(page)
    seven_tenths = constant(float(np.log(0.7 / 0.3)))
    policy = policy_numbers(policy_data(seven_tenths, ReinforceConfig()))
    played = page.evaluate(PLAY_WITH_POLICY, {"setup": setup, "policy": policy, "episodes": 300})
    episodes = [checked_episode(sent) for sent in played]
    actions = np.concatenate([episode.actions for episode in episodes])
    assert actions.mean() == pytest.approx(0.7, abs=4 * np.sqrt(0.21 / len(actions)))
    starts = np.array([episode.states[0] for episode in episodes])
    assert len(np.unique(starts, axis=0)) == 300
    assert np.abs(starts.mean(axis=0)).max() < 4 * 0.05 / np.sqrt(3 * 300)


def test_the_noise_of_the_browser_is_within_what_the_server_allows(page: Page) -> None:
    setup = open_alone(page)
    rows = sent_episode(lambda _state: 1, world=(0.5, 9.8, 0.3))["rows"]
    start = [0.01, -0.02, 0.03, 0.04]
    found = replayed(page, setup, start, rows)
    errors = np.subtract(found["seen"], found["states"])
    assert np.abs(errors).max(axis=0) == pytest.approx(0.3 * np.array([2.4, 3, 0.21, 3]), rel=0.7)
    sent = {name: found[name] for name in ("player", "rows", "states", "seen")}
    assert not checked_episode(sent | {"randomStart": False}).usual


@pytest.mark.parametrize("length", [0.5, 1.1])
def test_the_picture_is_that_of_the_players_frames(page: Page, length: float) -> None:
    open_alone(page)
    renderer = shared_renderer("CartPole-v1")
    states = np.random.default_rng(4).uniform(-1, 1, (6, 4)) * [2.2, 0, 0.3, 0]
    for state in [*states, np.zeros(4)]:
        renderer._environment.length = length
        true = renderer.frame(state)
        renderer._environment.length = 0.5
        png = page.evaluate(PICTURE, {"state": state.tolist(), "length": length})
        image = Image.open(BytesIO(base64.b64decode(png))).convert("RGB")
        found = np.asarray(image, np.int16)
        assert difference(found, true.astype(np.int16)) < 1  # of 10,000 pixels
        assert difference(found, np.roll(found, 3, axis=1)) > 5  # a shift would be found


def game_of(page: Page) -> Locator:
    LabPage(page).open("?chapter=play")
    screen = page.locator(".screen")
    screen.scroll_into_view_if_needed()
    return screen


def test_by_keyboard_with_reduced_motion_each_press_is_a_step(page: Page) -> None:
    screen = game_of(page)
    game = page.locator(".play")
    lab = LabPage(page)
    page.wait_for_timeout(300)
    expect(game).to_have_attribute("data-step", "0")  # nothing moves by itself
    page.get_by_role("button", name="New episode").focus()
    page.keyboard.press("Enter")
    expect(screen).to_be_focused()
    for _press in range(3):
        page.keyboard.press("ArrowRight")
    expect(game).to_have_attribute("data-step", "3")
    expect(page.locator(".spoken")).to_contain_text("Step 3. Cart at")
    for key in ("s", "e", "u", "p"):  # shortcuts of the page
        page.keyboard.press(key)
    page.get_by_role("button", name="Step", exact=True).last.click()
    expect(game).to_have_attribute("data-step", "4")
    screen.focus()
    for _press in range(15):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("What the agent would learn from this episode")).to_be_visible()
    total = re.findall(r"Return (\d+)", page.locator(".numbers").inner_text())[0]
    best = page.get_by_test_id("stMetric").filter(has_text="your best return")
    expect(best).to_contain_text(total)
    assert lab.steps == 0
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="New episode")).to_be_focused()
    page.keyboard.press("s")  # outside the game, the shortcut works
    lab.wait_for_steps(1)


def test_on_a_phone_large_buttons_push_in_real_time(new_page: NewPage) -> None:
    page = new_page(width=390, height=844, loops=True)
    game_of(page)
    names = ("Push to the left", "Push to the right")
    left, right = (page.get_by_role("button", name=name) for name in names)
    for arrow in (left, right):
        box = arrow.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    left.hover()
    page.mouse.down()
    expect(page.locator(".numbers")).to_contain_text("Return")
    page.mouse.up()
    expect(page.get_by_text("What the agent would learn from this episode")).to_be_visible()
    page.get_by_role("button", name="The agent plays").click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator(".numbers")).to_contain_text("Return")
    expect(page.get_by_text("agent: this game")).to_be_visible()


def test_a_click_on_the_heatmap_chooses_the_start(page: Page) -> None:
    game_of(page)
    chosen = page.locator(".map-canvas")
    box = chosen.bounding_box()
    assert box is not None
    chosen.click(position={"x": box["width"] * 0.75, "y": box["height"] * 0.5})
    expect(page.locator(".map-x")).to_contain_text("0.1")
    chosen.press("ArrowLeft")
    expect(page.locator(".map-x")).to_contain_text("0.09")
    page.locator(".single").click()
    expect(page.locator(".play")).to_have_attribute("data-step", "1")
    page.get_by_role("button", name="Random start").click()
    expect(page.locator(".map-x")).not_to_contain_text("0.")
