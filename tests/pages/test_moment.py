"""The player's frame, bars, chosen action and words, and the heatmaps show the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.environments import ENVIRONMENTS, ObservationAxis
from pglab.looks.probes import Slice, action_probabilities, action_values
from pglab.looks.render import shared_renderer
from pglab.records import StepRecord
from pglab.session.bench import Bench
from pglab.session.training_session import TrainingSession
from pglab.ui.stage.panels import critic, heatmaps, updates
from pglab.ui.stage.panels import scenery as sceneries
from pglab.ui.stage.panels.scenery import Scenery, View
from pglab.ui.stage.picture import FigurePanel
from pglab.ui.stage.rhythm import Rhythm
from pglab.ui.stage.video import player as players
from pglab.ui.stage.video.playable import training_scenes
from pglab.ui.stage.video.player import Player
from tests.oracles import advance_records, of_type

REINFORCE = ReinforceConfig(hidden_sizes=(16,), learning_rate=0.02)
SHARED = ActorCriticConfig.shared_on_policy().changed(hidden_sizes=(16,))
ACROBOT = ReinforceConfig(env_id="Acrobot-v1", hidden_sizes=(16,))
MOUNTAIN_CAR = ReinforceConfig(env_id="MountainCar-v0", hidden_sizes=(16,))
LEVEL_TOLERANCE = 0.017  # log-odds from −16 to 16 are stored in 8 bits


class Grouped(Bench):
    """A bench that shows another seed. This seed is at another step than the bench's own run."""

    def __init__(self, config: AgentConfig) -> None:
        super().__init__(config)
        self.other = TrainingSession(config.changed(seed=7))

    @property
    def shown_session(self) -> TrainingSession:
        return self.other


def scenery(bench: Bench, player: Player, *, follows: bool = True) -> Scenery:
    info = ENVIRONMENTS[bench.session.config.env_id]
    plane = Slice(info, *info.heatmap_axes, tuple(axis.rest for axis in info.axes))
    view = View(plane, len(info.actions) - 1, "v", 0, follows=follows)
    return Scenery("", bench, view, player.show(bench, plane, follows=follows))


def slow_ticks(bench: Bench, speed: float) -> None:
    bench.speed = speed
    bench.run()
    bench.pacemaker.interval = 2 / speed
    bench.take_turn()


def modes(config: AgentConfig) -> Iterator[tuple[str, Bench, Player]]:
    """Yield the same run in every state that the player can show."""
    bench = Bench(config)
    player = Player(bench.session)
    yield "before the first step", bench, player
    for unit in ("step", "episode", "step", "update", "step"):
        bench.advance(unit)
        yield unit, bench, player
    for speed in (1.0, 50.0):
        slow_ticks(bench, speed)
        yield f"{speed:g} steps/s", bench, player
    bench.run()
    bench.speed = 0.0
    bench.take_turn()
    yield "full speed", bench, player
    bench.pause()
    yield "paused", bench, player
    bench.rewind(bench.session.checkpoints[0])
    yield "rewound", bench, player
    bench.advance("episode")
    yield "episode after rewind", bench, player


def under_the_ring(panel: FigurePanel, index: int, plane: Slice) -> float:
    """Return the heatmap's value at the ring of a frame. The ring lies on a grid point."""
    assert panel.slices is not None
    low, high = panel.slices.ends
    grid = low + panel.slices.levels[index].astype(float) * (high - low) / 255
    nodes = panel.slices.nodes[index]
    (column, x), (row, y) = (node for node in nodes if node is not None)
    ticks = [plane.info.axes[axis] for axis in (plane.x_axis, plane.y_axis)]
    place = [
        a.low + n / (len(grid) - 1) * (a.high - a.low) for a, n in zip(ticks, (x, y), strict=True)
    ]
    assert place == pytest.approx([plane.fixed[plane.x_axis], plane.fixed[plane.y_axis]])
    value = grid[row, column]
    return float(1 / (1 + np.exp(-value))) if panel.slices.logistic else float(value)


def inside(point: tuple[float, float], plane: Slice) -> bool:
    return all(a.low < value < a.high for a, value in zip(spanned(plane), point, strict=True))


def spanned(plane: Slice) -> tuple[ObservationAxis, ObservationAxis]:
    return plane.info.axes[plane.x_axis], plane.info.axes[plane.y_axis]


@pytest.mark.parametrize("config", [REINFORCE, SHARED, ACROBOT, MOUNTAIN_CAR])
def test_every_frame_is_one_moment(config: AgentConfig) -> None:
    renderer = shared_renderer(config.env_id)
    for mode, bench, player in modes(config):
        scene = scenery(bench, player)
        panel = scene.showing.panel
        last = panel.mode == "still"  # only the last step has a frame
        begin = -1 if last else panel.first
        shown = scene.showing.scenes[begin:][: len(panel.frames)]
        assert panel.frames, mode
        heatmap = heatmaps.policy_map(scene).made()
        policy = bench.shown_session.networks["policy"]
        exact = bench.shows_training_steps
        drawn = renderer.cutout if exact else renderer.shared_cutout
        for frame, there in zip(panel.frames, shown, strict=True):
            assert frame.image == drawn(there.observation), mode
            expected = action_probabilities(policy, there.observation[None])[0]
            np.testing.assert_allclose(frame.probabilities, expected, atol=1e-6, err_msg=mode)
            assert frame.action == there.action, mode
            plane = scene.showing.planes[frame.slice]
            for axis in plane.hidden:
                assert plane.fixed[axis] == pytest.approx(float(there.observation[axis])), mode
            if plane.has_node and inside(frame.point, plane):
                found = under_the_ring(heatmap, frame.slice, plane)
                assert found == pytest.approx(expected[scene.view.action], abs=LEVEL_TOLERANCE), (
                    mode
                )


def test_a_busy_server_draws_one_grid_as_fine_as_those_of_an_idle_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rhythm = Rhythm()
    for module in (players, sceneries):
        monkeypatch.setattr(module, "shared_rhythm", lambda: rhythm)
    shapes = []
    for rhythm.looking in (1, 100):
        bench = Bench(SHARED)
        bench.run()
        player = Player(bench.session, clock=iter([0.0, 0.3]).__next__)
        bench.take_turn()
        heatmap = heatmaps.policy_map(scenery(bench, player)).made()
        assert heatmap.slices is not None
        shapes.append(heatmap.slices.values.shape)
    (many, *idle), (one, *busy) = shapes
    assert many > one == 1
    assert idle == busy


def test_the_critics_slice_is_that_of_the_frame() -> None:
    bench = Bench(SHARED)
    bench.advance("update")
    scene = scenery(bench, Player(bench.session))
    heatmap = critic.value_map(scene).made()
    assert heatmap.slices is not None
    policy = heatmaps.policy_map(scene).made()
    assert policy.slices is not None
    assert heatmap.slices.subtitles == policy.slices.subtitles
    low, high = heatmap.slices.ends
    networks = bench.shown_session.networks
    frames = scene.showing.panel.frames  # the first part of the clip
    assert frames
    for frame, there in zip(frames, scene.showing.scenes[: len(frames)], strict=True):
        plane = scene.showing.planes[frame.slice]
        if not inside(frame.point, plane):
            continue
        q_values = action_values(networks["critic"], there.observation[None])[0]
        found = under_the_ring(heatmap, frame.slice, plane)
        expected = float(np.dot(frame.probabilities, q_values))
        assert found == pytest.approx(expected, abs=0.003 * (high - low))


@pytest.mark.parametrize("looking", [1, 100])
def test_heatmaps_that_are_made_after_further_training_show_the_moment_of_the_redraw(
    looking: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rhythm = Rhythm()
    rhythm.looking = looking
    monkeypatch.setattr(sceneries, "shared_rhythm", lambda: rhythm)
    bench = Bench(SHARED)
    bench.advance("update")
    player = Player(bench.session)
    makers = heatmaps.policy_map, critic.value_map
    at_once = [levels(make(scenery(bench, player, follows=False)).made()) for make in makers]
    pending = [make(scenery(bench, player, follows=False)) for make in makers]
    bench.advance("update")
    for panel, expected, make in zip(pending, at_once, makers, strict=True):
        assert levels(panel.made()) == expected
        assert levels(make(scenery(bench, player, follows=False)).made()) != expected


def levels(panel: FigurePanel) -> bytes:
    assert panel.slices is not None
    return panel.slices.values.tobytes()


def test_words_do_not_speak_of_another_moment_than_the_bars() -> None:
    bench = Bench(REINFORCE)
    player = Player(bench.session)
    bench.advance("step")
    (frame,) = scenery(bench, player).showing.panel.frames
    before = bench.session.history.steps.action[-1]
    assert frame.action is None
    name = ENVIRONMENTS["CartPole-v1"].actions[before]
    assert frame.caption == f"step 1 · no action yet\nbefore: {name}, reward 1"
    bench.advance("episode")
    scene = scenery(bench, player)
    frames = [*scene.showing.panel.frames]
    while player.has_more:  # a long clip arrives in parts
        showing = player.show(bench, scene.view.plane, resume=True)
        assert showing.panel.first == len(frames)
        assert showing.scenes == scene.showing.scenes, "all parts use the same scenes"
        frames += showing.panel.frames
    assert len(frames) == len(scene.showing.scenes)
    captions = [frame.caption for frame in frames]
    assert captions[:2] == ["step 0", "step 1"]
    assert captions[-1].startswith(f"step {len(captions) - 1} · over\nbefore: ")


def test_the_slow_stream_shows_each_step_once_and_waits_where_the_environment_stands() -> None:
    bench = Bench(REINFORCE)
    player = Player(bench.session)
    seen = []
    for _turn in range(6):
        slow_ticks(bench, 50.0)
        seen += [f for f in scenery(bench, player).showing.panel.frames if f.action is not None]
    taken = bench.session.history.steps.observation
    renderer = shared_renderer("CartPole-v1")
    assert [frame.image for frame in seen] == [
        renderer.cutout(observation) for observation in taken
    ]
    again = scenery(bench, player).showing.panel.frames  # no step was taken since
    assert [frame.action for frame in again] == [None]


@pytest.mark.parametrize("since", [None, 30, 57, 60])
def test_scenes_of_training_are_the_steps_in_order(since: int | None) -> None:
    bench = Bench(REINFORCE)
    steps = of_type(StepRecord, advance_records(bench.session, "step", 60))
    assert steps[30].episode < steps[-1].episode, "the steps must belong to several episodes"
    *scenes, stands = training_scenes(bench, since)
    if since is None:
        chosen = [step for step in steps if step.episode == steps[-1].episode]
    else:
        chosen = steps[since:]
    assert len(scenes) == len(chosen)
    for scene, step in zip(scenes, chosen, strict=True):
        first = next(s.global_step for s in steps if s.episode == step.episode)
        assert (scene.episode, scene.step) == (step.episode, step.global_step - first)
        assert (scene.action, scene.reward, scene.ended) == (step.action, step.reward, False)
        np.testing.assert_array_equal(scene.observation, step.observation)
    assert (stands.episode, stands.action) == (steps[-1].episode, None)
    assert stands.ended == steps[-1].ended
    np.testing.assert_array_equal(stands.observation, steps[-1].next_observation)
    policy = bench.session.networks["policy"]
    shown = np.stack([scene.observation for scene in [*scenes, stands]])
    bars = np.stack([scene.probabilities for scene in [*scenes, stands]])
    np.testing.assert_array_equal(bars, action_probabilities(policy, shown))


def test_a_followed_seeds_picture_and_words_are_its_own() -> None:
    bench = Grouped(REINFORCE)
    bench.session.advance("update", 2)
    bench.other.advance("update", 1)
    subtitle = scenery(bench, Player(bench.session)).showing.panel.subtitle
    assert subtitle == "fresh episodes, policy after update 1"
    weights = updates.weights(scenery(bench, Player(bench.session)))
    assert weights.subtitle.startswith("update 1 ")
    bench.player_mode = "training step"
    (frame,) = scenery(bench, Player(bench.session)).showing.panel.frames
    stands = bench.other.history.steps.next_observation[-1]
    assert frame.image == shared_renderer("CartPole-v1").cutout(stands)


def test_a_fixed_slice_stays_and_says_where() -> None:
    bench = Bench(REINFORCE)
    scene = scenery(bench, Player(bench.session), follows=False)
    heatmap = heatmaps.policy_map(scene).made()
    assert heatmap.slices is not None
    assert heatmap.slices.subtitles == ("at cart position 0.00, cart velocity 0.00",)
    assert {frame.slice for frame in scene.showing.panel.frames} == {0}


def test_coordinates_read_well() -> None:
    plane = Slice(ENVIRONMENTS["CartPole-v1"], 0, 1, (0.0, 0.0, -0.0312, -1.5))
    told = heatmaps.fixed_text(plane)
    assert told == "at pole angle −0.031, angular velocity −1.50"
    nearly = replace(plane, fixed=(0.0, 0.0, -0.0001, -0.004))
    assert heatmaps.fixed_text(nearly) == "at pole angle 0.000, angular velocity 0.00"
    assert heatmaps.fixed_detail(nearly) == ""
    acrobot = ENVIRONMENTS["Acrobot-v1"]
    many = Slice(acrobot, *acrobot.heatmap_axes, tuple(axis.rest for axis in acrobot.axes))
    assert heatmaps.fixed_text(many) == "at (1.00, 0.00, 1.00, 0.00)"
    assert "cos of upper angle, sin of upper angle" in heatmaps.fixed_detail(many)
    assert (
        heatmaps.fixed_text(replace(plane, info=ENVIRONMENTS["MountainCar-v0"], fixed=(0, 0))) == ""
    )
