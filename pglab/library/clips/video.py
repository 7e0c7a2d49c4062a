"""Writes a clip as an MP4 file with H.264 or as a GIF. Only one picture is in memory at a time."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

import av
import numpy as np
from PIL import Image

from pglab.library.clips.pictures import Colour, Painter
from pglab.library.clips.replay import Replay
from pglab.library.progress import IsCancelled, Progress, never, steps, unreported
from pglab.looks.render import shared_renderer
from pglab.palette import ThemeName

MOST_GIF_PICTURES_PER_SECOND = 25  # a GIF leaves out the pictures between them
GIF_COLOURS = 64
GIF_SAMPLES = 8  # the pictures of which the colours of a GIF are taken
GIF_HOLD = 1.5  # seconds; a GIF repeats itself, so it shows its last picture longer
QUALITY = "20"  # of H.264: 0 is without loss, 51 is the worst


def mp4(
    episode: Replay,
    *,
    theme: ThemeName,
    progress: Progress = unreported,
    cancelled: IsCancelled = never,
) -> bytes:
    """Write an MP4 file (H.264, yuv420p) with one picture for each scene, in real time.

    Args:
        episode: the episode that the clip shows.
        theme: the colours of the clip.
        progress: receives the share of the work that is done, from 0 to 1.
        cancelled: is called before each picture; if it returns True, the work ends.

    Raises:
        Cancelled: `cancelled` has returned True.
    """
    painter = Painter(episode, theme)
    file = io.BytesIO()
    rate = shared_renderer(episode.env_id).frames_per_second
    # With the index at its begin, a browser plays the file before it has all of it. For that, the
    # muxer reads again what it has written.
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(
        file, "w", format="mp4", options=options, io_open=lambda *_: io.BytesIO(file.getvalue())
    ) as container:
        stream = container.add_stream("libx264", rate, {"crf": QUALITY, "preset": "fast"})
        stream.width, stream.height = painter.size
        stream.pix_fmt = "yuv420p"
        for index in steps(range(len(episode.scenes)), progress, cancelled):
            frame = av.VideoFrame.from_ndarray(np.asarray(painter.picture(index)))
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def gif(
    episode: Replay,
    *,
    theme: ThemeName,
    progress: Progress = unreported,
    cancelled: IsCancelled = never,
) -> bytes:
    """Write a GIF that plays in real time and repeats; see `mp4` for the arguments and errors."""
    painter = Painter(episode, theme)
    file = io.BytesIO()
    rate = shared_renderer(episode.env_id).frames_per_second
    every = -(-rate // MOST_GIF_PICTURES_PER_SECOND)
    last = len(episode.scenes) - 1
    chosen = [*range(0, last, every), last]
    colours = _usual_colours(painter, chosen)
    table = _table(colours)
    options = {"final_delay": str(round(100 * GIF_HOLD))}
    with av.open(file, "w", format="gif", options=options) as container:
        stream = container.add_stream("gif", rate)
        stream.width, stream.height = painter.size
        stream.pix_fmt = "pal8"
        for index in steps(chosen, progress, cancelled):
            picture = painter.picture(index).quantize(palette=colours, dither=Image.Dither.NONE)
            planes: Any = np.asarray(picture), table
            frame = av.VideoFrame.from_ndarray(planes, format="pal8")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def _usual_colours(painter: Painter, indices: Sequence[int]) -> Image.Image:
    """Return an image; its palette has the painter's colours and the most frequent other ones."""
    counts: Counter[Any] = Counter()
    samples = np.linspace(0, len(indices) - 1, min(GIF_SAMPLES, len(indices)), dtype=int)
    for sample in samples:
        picture = painter.picture(indices[sample])
        width, height = picture.size
        counts.update({colour: n for n, colour in picture.getcolors(width * height) or ()})
    others = (colour for colour, _n in counts.most_common())
    # Pillow rounds colours when it looks for the nearest one, so they must be well apart.
    apart: dict[tuple[int, ...], Colour] = {}
    for colour in [*painter.colours, *others]:
        apart.setdefault(tuple(channel // 8 for channel in colour), colour)
    image = Image.new("P", (1, 1))
    image.putpalette([channel for colour in [*apart.values()][:GIF_COLOURS] for channel in colour])
    return image


def _table(image: Image.Image) -> np.ndarray:
    """Return the palette of an image as FFmpeg needs it: [256, 4] with alpha, red, green, blue."""
    palette = np.array(image.getpalette(), np.uint8).reshape(-1, 3)
    table = np.full((256, 4), 255, np.uint8)
    table[: len(palette), 1:] = palette
    return table
