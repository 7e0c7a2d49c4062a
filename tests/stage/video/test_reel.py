"""The frames of a player have numbers, so that the visitor can stop the player at a frame."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from pglab.config import ReinforceConfig
from pglab.environments import ENVIRONMENTS
from pglab.looks.probes import action_probabilities, first_plane
from pglab.session.bench import Bench
from pglab.ui.stage.picture import PlayerPanel
from pglab.ui.stage.video.player import MOST_FRAMES_PER_PICTURE, Player
from pglab.ui.stage.video.reel import FRAMES_BEFORE, MOST_STREAMED

PLANE = first_plane(ENVIRONMENTS["CartPole-v1"])


class Watched:
    """A player and its run; the clock of the player advances by half a second at each picture."""

    def __init__(self) -> None:
        self.bench = Bench(ReinforceConfig(hidden_sizes=(8,), seed=10))
        self.player = Player(self.bench.session, clock=self._times().__next__)

    def _times(self) -> Iterator[float]:
        now = 0.0
        while True:
            yield now
            now += 0.5

    def show(self, *, resume: bool = False) -> PlayerPanel:
        return self.player.show(self.bench, PLANE, resume=resume).panel

    def stream(self, pictures: int) -> list[PlayerPanel]:
        self.bench.run()
        self.bench.session.advance("step", 50)
        return [self.show() for _picture in range(pictures)]


def test_a_visitor_stops_a_clip_at_a_frame() -> None:
    watched = Watched()
    first = watched.show()
    parts = [first]
    while watched.player.has_more:
        parts.append(watched.show(resume=True))
    frames = [frame for part in parts for frame in part.frames]
    assert len({frame.number for frame in frames}) == len(frames) > MOST_FRAMES_PER_PICTURE
    assert first.held is None
    scenes = watched.player.show(watched.bench, PLANE).scenes
    assert watched.player.scene_to_explain(watched.bench) is scenes[0]
    watched.player.stop_at(watched.bench, frames[21].number)
    assert watched.player.scene_to_explain(watched.bench) is scenes[21]
    assert watched.show().frames == first.frames, "the clip stays as it was"


@pytest.mark.parametrize("speed", [0.0, 50.0])
def test_stopping_a_stream_keeps_the_frame_and_shows_the_present_policy(speed: float) -> None:
    watched = Watched()
    watched.bench.speed = speed
    streamed = [frame for panel in watched.stream(3) for frame in panel.frames]
    seen = streamed[-2]
    watched.bench.session.advance("update", 3)  # after the frame, training went on
    watched.bench.pause()
    watched.player.stop_at(watched.bench, seen.number)
    panel = watched.show()
    assert (panel.mode, panel.held) == ("loop", seen.number)
    assert "the policy now" in panel.subtitle
    (held,) = (frame for frame in panel.frames if frame.number == seen.number)
    assert (held.image, held.action) == (seen.image, seen.action)
    scene = watched.player.scene_to_explain(watched.bench)
    assert scene is not None
    policy = watched.bench.session.networks["policy"]
    expected = action_probabilities(policy, scene.observation[None])[0]
    np.testing.assert_allclose(held.probabilities, expected, atol=1e-6)
    before = [frame.number for frame in panel.frames if frame.number < seen.number]
    assert 0 < len(before) <= FRAMES_BEFORE

    watched.bench.advance("update")  # the run goes on, so there is a new clip
    after = watched.show()
    assert after.held is None
    assert after.clip > panel.clip
    assert watched.player.scene_to_explain(watched.bench) is not scene


def test_an_unknown_frame_stops_nothing() -> None:
    watched = Watched()
    oldest = watched.stream(1)[0].frames[0].number
    pictures = watched.stream(2 + MOST_STREAMED // MOST_FRAMES_PER_PICTURE * 3)
    assert sum(len(panel.frames) for panel in pictures) > MOST_STREAMED
    watched.bench.pause()
    for number in (oldest, 0, -1, 10**9):
        watched.player.stop_at(watched.bench, number)
        panel = watched.show()
        assert (panel.held, panel.mode) == (None, "loop")


def test_players_share_no_numbers() -> None:
    numbers = [{frame.number for frame in Watched().show().frames} for _player in range(2)]
    assert not numbers[0] & numbers[1]
