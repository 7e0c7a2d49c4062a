"""Pictures of the environment, drawn from observations."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from threading import Barrier
from typing import Any

import gymnasium
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pglab.environments import ENVIRONMENTS
from pglab.looks.render import Cutout, FrameRenderer, shared_renderer


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


def opened(file: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(file))
    assert picture.format == "WEBP"
    return picture.convert("RGB")


@cache
def background_of(renderer: FrameRenderer) -> Image.Image:
    return opened(renderer.background)


def assembled(renderer: FrameRenderer, cutout: Cutout) -> NDArray[np.uint8]:
    """Assemble a whole picture as the browser does."""
    picture = background_of(renderer).copy()
    picture.paste(opened(cutout.file), (cutout.left, cutout.top))
    return np.asarray(picture)


def random_play(env_id: str, *, seed: int, steps: int) -> Iterator[NDArray[Any]]:
    """Yield the observations of steps with random actions."""
    environment = gymnasium.make(env_id)
    environment.action_space.seed(seed)
    observation, _ = environment.reset(seed=seed)
    for _step in range(steps):
        yield observation
        observation, _, terminated, truncated, _ = environment.step(
            environment.action_space.sample()
        )
        if terminated or truncated:
            observation, _ = environment.reset()


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_a_cutout_on_its_background_is_exactly_the_picture(env_id: str) -> None:
    renderer = shared_renderer(env_id)
    sizes = []
    for observation in random_play(env_id, seed=4, steps=40):
        cutout = renderer.cutout(observation)
        np.testing.assert_array_equal(assembled(renderer, cutout), renderer.frame(observation))
        sizes.append(np.prod(opened(cutout.file).size))
    assert np.mean(sizes) < 0.4 * np.prod(opened(renderer.background).size)


# Three observations per environment. The first two share one picture; the third has another one.
NEIGHBOURS = {
    "CartPole-v1": ([0.5, 1.0, 0.1, -2.0], [0.501, -1.0, 0.101, 2.0], [0.5, 1.0, 0.115, -2.0]),
    "Acrobot-v1": (
        [np.cos(1), np.sin(1), 1.0, 0.0, 2.0, 3.0],
        [np.cos(1.002), np.sin(1.002), 1.0, 0.0, 0.0, 0.0],
        [np.cos(1.1), np.sin(1.1), 1.0, 0.0, 2.0, 3.0],
    ),
    "MountainCar-v0": ([-0.5, 0.01], [-0.499, -0.01], [-0.49, 0.01]),
}


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_similar_observations_share_one_picture(env_id: str) -> None:
    renderer = FrameRenderer(env_id)
    here, similar, other = (renderer.shared_cutout(np.array(seen)) for seen in NEIGHBOURS[env_id])
    assert similar.file is here.file
    assert similar == here
    assert other != here


def moved(env_id: str, observation: NDArray[Any]) -> NDArray[Any]:
    """Return an observation whose picture differs by a few pixels or a few degrees."""
    if env_id.startswith("Acrobot"):
        cos, sin = np.cos(np.radians(6)), np.sin(np.radians(6))
        turn = np.kron(np.eye(2), [[cos, -sin], [sin, cos]])
        return np.concatenate([turn @ observation[:4], observation[4:]])
    shift = [0.048, 0.0, 0.021, 0.0] if env_id.startswith("CartPole") else [0.018, 0.0]
    return np.asarray(observation + np.array(shift))


def differing(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the share of pixels whose colours clearly differ."""
    return float((np.abs(one.astype(np.int16) - other).max(axis=2) > 60).mean())


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_a_shared_cutout_is_nearly_that_of_the_observation(env_id: str) -> None:
    renderer = shared_renderer(env_id)
    for observation in random_play(env_id, seed=3, steps=60):
        own = renderer.frame(observation)
        shared = assembled(renderer, renderer.shared_cutout(observation))
        away = renderer.frame(moved(env_id, observation))
        assert 2 * differing(shared, own) < differing(away, own)


def test_shared_cutouts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pglab.looks.render.SHARED_PICTURES", 2)
    renderer = FrameRenderer("CartPole-v1")
    first = renderer.shared_cutout(np.zeros(4))
    assert renderer.shared_cutout(np.zeros(4)).file is first.file
    for angle in (0.1, 0.2):
        renderer.shared_cutout(np.array([0.0, 0.0, angle, 0.0]))
    assert renderer.shared_cutout(np.zeros(4)).file is not first.file, (
        "the oldest picture must be dropped"
    )


def test_a_cart_slides_without_a_new_picture() -> None:
    """This holds at the edges of the picture, too. There, rounding moves some lines by a pixel."""
    renderer = FrameRenderer("CartPole-v1")
    positions = np.linspace(-2.4, 2.4, 49)
    observations = [np.array([position, 0.0, 0.1, 0.0]) for position in positions]
    cutouts = [renderer.shared_cutout(observation) for observation in observations]
    assert len({id(cutout.file) for cutout in cutouts}) == 1
    for observation, cutout in zip(observations, cutouts, strict=True):
        near = renderer.frame(observation + np.array([0.016, 0, 0, 0]))
        here = renderer.frame(observation)
        assert differing(assembled(renderer, cutout), here) <= differing(near, here)


def test_renderers_are_shared() -> None:
    assert shared_renderer("CartPole-v1") is shared_renderer("CartPole-v1")
    assert shared_renderer("CartPole-v1") is not shared_renderer("Acrobot-v1")


def test_frames_are_drawn_off_screen_whatever_the_environment_says() -> None:
    # The script runs in a new process, because pygame reads the environment variable only once.
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
