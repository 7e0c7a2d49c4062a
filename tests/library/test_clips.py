"""A clip shows one episode of a run's policy; the files are read by other programs."""

import io
import weakref
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageSequence

from pglab.config import ReinforceConfig
from pglab.library.clips.pictures import Painter
from pglab.library.clips.replay import Replay, replay
from pglab.library.clips.video import gif, mp4
from pglab.library.contents import RunContents
from pglab.library.encoding import encoded
from pglab.library.progress import Cancelled
from pglab.library.snapshot import contents_of
from pglab.library.state.run import policy_of
from pglab.library.state.taking import StateError
from pglab.looks.probes import action_probabilities
from pglab.palette import THEMES, ThemeName, action_colours
from pglab.session.training_session import TrainingSession

RATES = {"CartPole-v1": 50, "Acrobot-v1": 15, "MountainCar-v0": 30}  # from Gymnasium's source code
CARTPOLE = "CartPole-v1"
EVERY_ENVIRONMENT = pytest.mark.parametrize("env_id", RATES)


@cache
def contents(env_id: str = CARTPOLE) -> RunContents:
    session = TrainingSession(ReinforceConfig(seed=0).changed(env_id=env_id))
    session.advance("step", 3_000)
    return contents_of(session)


@cache
def episode(env_id: str = CARTPOLE) -> Replay:
    return replay(contents(env_id), seed=4)


def end_of(whole: Replay, scenes: int = 12) -> Replay:
    """The last scenes of an episode; a clip of the whole episode would take longer."""
    return replace(whole, scenes=whole.scenes[-scenes:])


def pictures_of(file: bytes) -> list[NDArray[np.uint8]]:
    with av.open(io.BytesIO(file), "r") as container:
        return [
            np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            for frame in container.decode(video=0)
        ]


def length_of_bar(picture: NDArray[np.uint8], painter: Painter, action: int, actions: int) -> int:
    """The number of pixels with the colour of the action in the middle row of its bar."""
    left, top, right, bottom = painter.bar(action)
    row = picture[(top + bottom) // 2, left:right].astype(int)
    colour = ImageColor.getrgb(action_colours(actions)[action])
    return int((abs(row - colour).max(axis=1) < 30).sum())


@EVERY_ENVIRONMENT
def test_a_browser_can_play_the_mp4(env_id: str) -> None:
    shown = end_of(episode(env_id))
    file = mp4(shown, theme="light")
    with av.open(io.BytesIO(file)) as container:
        (stream,) = container.streams.video
        codec = stream.codec_context
        assert (codec.name, codec.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == RATES[env_id]
        assert stream.frames == len(shown.scenes)
        assert (codec.width, codec.height) == Painter(shown, "light").size
        assert codec.width % 2 == codec.height % 2 == 0
    assert file.index(b"moov") < file.index(b"mdat")  # it plays before all of it has arrived


@EVERY_ENVIRONMENT
def test_the_gif_plays_in_real_time_and_holds_the_end(env_id: str) -> None:
    shown = end_of(episode(env_id))
    with Image.open(io.BytesIO(gif(shown, theme="dark"))) as image:
        milliseconds = [frame.info["duration"] for frame in ImageSequence.Iterator(image)]
        assert image.size == Painter(shown, "dark").size
        assert image.info["loop"] == 0  # for ever
    steps = len(shown.scenes) - 1
    # A GIF counts in hundredths of a second.
    assert sum(milliseconds[:-1]) == pytest.approx(1_000 * steps / RATES[env_id], abs=10)
    assert milliseconds[-1] == 1_500


def test_the_gif_of_a_long_episode_is_small() -> None:
    long = episode("Acrobot-v1")
    assert len(long.scenes) == 501
    assert len(gif(long, theme="light")) < 3_000_000


@EVERY_ENVIRONMENT
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_bars_are_as_long_as_the_probabilities(env_id: str, theme: ThemeName) -> None:
    shown = end_of(episode(env_id))
    painter = Painter(shown, theme)
    observations = np.stack([scene.observation for scene in shown.scenes])
    expected = action_probabilities(policy_of(contents(env_id)), observations)
    actions = expected.shape[1]
    left, _top, right, _bottom = painter.bar(0)
    lengths = np.array(
        [
            [length_of_bar(picture, painter, action, actions) for action in range(actions)]
            for picture in pictures_of(mp4(shown, theme=theme))
        ]
    )
    assert abs(lengths / (right - left) - expected).max() < 0.02
    assert len(np.unique(lengths[:, 0])) > 1  # not the same bars all the time


def test_the_pictures_have_the_colours_of_the_theme() -> None:
    for theme, colours in THEMES.items():
        picture = Painter(episode(), theme).picture(0)
        assert picture.getpixel((0, 0)) == ImageColor.getrgb(colours.background)


@EVERY_ENVIRONMENT
def test_the_environment_is_drawn_beside_the_bars(env_id: str) -> None:
    shown = episode(env_id)
    painter = Painter(shown, "light")
    first, last = (np.asarray(painter.picture(index)) for index in (0, len(shown.scenes) - 1))
    column = painter.bar(0).left
    moved = (first != last).any(axis=2)
    assert moved[:, :column].any()
    assert moved[:, column:].any()


@pytest.mark.parametrize(
    ("env_id", "truncated", "worth"),
    [(CARTPOLE, False, 1.0), ("Acrobot-v1", True, -1.0), ("MountainCar-v0", True, -1.0)],
)
def test_the_end_of_an_episode_is_told(env_id: str, truncated: bool, worth: float) -> None:
    shown = episode(env_id)
    last = shown.scenes[-1]
    assert (last.ended, last.truncated, last.action) == (True, truncated, None)
    assert [scene.step for scene in shown.scenes] == list(range(len(shown.scenes)))
    assert shown.returns == [worth * step for step in range(len(shown.scenes))]
    other = replace(shown, scenes=(*shown.scenes[:-1], replace(last, truncated=not truncated)))
    mine, others = (Painter(each, "light").picture(last.step) for each in (shown, other))
    assert mine != others  # the picture says whether the episode was truncated
    earlier = (Painter(each, "light").picture(last.step - 1) for each in (shown, other))
    assert next(earlier) == next(earlier)


@pytest.mark.parametrize("write", [mp4, gif])
def test_the_same_seed_gives_the_same_bytes(write: Any) -> None:
    first, again, other = (replay(contents(), seed=seed) for seed in (1, 1, 2))
    assert write(end_of(first), theme="light") == write(end_of(again), theme="light")
    assert write(end_of(first), theme="light") != write(end_of(other), theme="light")
    assert write(end_of(first), theme="light") != write(end_of(first), theme="dark")


def test_a_clip_does_not_change_the_run() -> None:
    session, alone = (TrainingSession(ReinforceConfig(seed=1)) for _ in range(2))
    for each in (session, alone):
        each.advance("step", 500)
    taken = contents_of(session)
    before = encoded(taken)
    gif(end_of(replay(taken, seed=1)), theme="light")
    assert encoded(taken) == before
    for each in (session, alone):
        each.advance("step", 500)
    assert contents_of(session).state.facts == contents_of(alone).state.facts


def test_a_run_before_its_first_step_has_a_clip() -> None:
    untrained = replay(contents_of(TrainingSession(ReinforceConfig())), seed=0)
    assert untrained.updates == 0
    assert len(untrained.scenes) > 1


def test_a_policy_without_probabilities_is_refused() -> None:
    run = contents()
    arrays = {
        name: np.full_like(array, 3e38) if name.startswith("policy/") else array
        for name, array in run.state.arrays.items()
    }
    broken = replace(run, state=replace(run.state, arrays=arrays))
    with pytest.raises(StateError, match="diverged"):
        replay(broken, seed=0)


@pytest.mark.parametrize("write", [mp4, gif])
def test_progress_grows_to_the_end_and_the_work_can_be_cancelled(write: Any) -> None:
    shares: list[float] = []
    write(end_of(episode()), theme="light", progress=shares.append)
    assert all(earlier < later for earlier, later in pairwise(shares))
    assert shares[-1] == 1
    before: list[float] = []
    with pytest.raises(Cancelled):
        write(
            end_of(episode()),
            theme="light",
            progress=before.append,
            cancelled=lambda: len(before) == 3,
        )
    assert before == shares[:3]


@pytest.mark.parametrize("write", [mp4, gif])
def test_memory_holds_few_pictures_at_once(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    drawings: list[weakref.ref[Image.Image]] = []
    most = 0
    draw = Painter.picture

    def picture(painter: Painter, index: int) -> Image.Image:
        nonlocal most
        drawn = draw(painter, index)
        drawings.append(weakref.ref(drawn))
        most = max(most, sum(reference() is not None for reference in drawings))
        return drawn

    monkeypatch.setattr(Painter, "picture", picture)
    write(end_of(episode(), 20), theme="light")
    assert most <= 2
    assert len(drawings) > most
