"""Pictures of the environment, drawn from observations."""

from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import gymnasium
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pglab.environments import ENVIRONMENTS
from pglab.looks.render import FrameRenderer, shared_renderer


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_frames_are_those_of_the_environment_itself(env_id: str) -> None:
    environment = gymnasium.make(env_id, render_mode="rgb_array")
    environment.action_space.seed(1)
    observation, _ = environment.reset(seed=3)
    frames: list[NDArray[np.uint8]] = []
    over = False
    while not over and len(frames) < 100:
        frames.append(shared_renderer(env_id).frame(observation))
        np.testing.assert_array_equal(frames[-1], environment.render())
        observation, _, terminated, truncated, _ = environment.step(
            environment.action_space.sample()
        )
        over = terminated or truncated
    assert len(frames) > 10
    assert not np.array_equal(frames[0], frames[-1])


def test_one_renderer_serves_several_threads() -> None:
    renderer = shared_renderer("CartPole-v1")
    observations = np.zeros((2, 4), dtype=np.float32)
    observations[:, 0] = -1.5, 1.5
    expected = [renderer.frame(observation).copy() for observation in observations]
    assert not np.array_equal(expected[0], expected[1])
    together = Barrier(2)

    def wrong_frames(which: int) -> int:
        together.wait()
        frames = (renderer.frame(observations[which]) for _ in range(60))
        return sum(not np.array_equal(frame, expected[which]) for frame in frames)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(wrong_frames, [0, 1])) == [0, 0]


def test_a_frame_stays_as_it_was_when_the_next_is_drawn() -> None:
    renderer = FrameRenderer("CartPole-v1")
    first = renderer.frame(np.zeros(4))
    kept = first.copy()
    renderer.frame(np.ones(4))
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_jpeg(env_id: str) -> None:
    renderer = shared_renderer(env_id)
    observation = np.full(len(ENVIRONMENTS[env_id].axes), 0.1)
    frame = renderer.frame(observation)
    picture = Image.open(io.BytesIO(renderer.jpeg(observation)))
    assert picture.format == "JPEG"
    assert (picture.height, picture.width) == frame.shape[:2]
    assert np.abs(np.asarray(picture, dtype=float) - frame).mean() < 3


def test_renderers_are_shared() -> None:
    assert shared_renderer("CartPole-v1") is shared_renderer("CartPole-v1")
    assert shared_renderer("CartPole-v1") is not shared_renderer("Acrobot-v1")


def test_frames_are_drawn_off_screen_whatever_the_environment_says() -> None:
    # In a process of its own: pygame reads the variable once.
    script = """
import importlib, os, pygame
import pglab.looks.render as render
for driver in ("wayland", "x11", ""):
    os.environ["SDL_VIDEODRIVER"] = driver
    importlib.reload(render).FrameRenderer("CartPole-v1")
    print(pygame.display.get_driver())
    pygame.display.quit()
"""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script]
    printed = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True)
    assert printed.stdout.split()[-3:] == ["dummy"] * 3
