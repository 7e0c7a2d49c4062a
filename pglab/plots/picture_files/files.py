"""Writes figures as picture files, PNG or SVG, with the help of a browser.

The package kaleido draws the figures in Chrome or Chromium, without a window. The package uses the
browser that BROWSER_PATH names, or else an installed browser.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Literal, NamedTuple, get_args

import psutil

from pglab.language import _
from pglab.library.progress import (
    IsCancelled,
    Progress,
    never,
    require_going_on,
    steps,
    unreported,
)
from pglab.palette import THEMES, ThemeName
from pglab.plots.figures import Figure
from pglab.plots.picture_files import drawing_process

Kind = Literal["png", "svg"]

WIDTH, HEIGHT = 900, 540  # pixels
PNG_SCALE = 2  # a PNG has so many times more pixels in each direction
MOST_SECONDS = 60.0  # a browser that needs longer for a picture does not work
POLL_SECONDS = 0.2  # between two looks whether the visitor has cancelled the work
FONT_SIZE = 15
# The letters of these fonts are equally wide, so an SVG looks alike on all systems.
FONT = "Arial, Helvetica, Liberation Sans, sans-serif"
MARGIN = {"l": 85, "r": 30, "t": 115, "b": 65}


class PictureError(RuntimeError):
    """Raised if no browser can draw the figures; the message is a sentence that says what to do."""


class _Picture(NamedTuple):
    figure: Figure
    kind: Kind
    theme: ThemeName


def figure_file(figure: Figure, kind: Kind, theme: ThemeName) -> bytes:
    """Draw a figure as a picture file.

    Raises:
        PictureError: there is no browser, or it does not work.
    """
    (file,) = _drawn([_Picture(figure, kind, theme)], unreported, never)
    return file


def figure_files(
    figures: Mapping[str, Figure],
    *,
    progress: Progress = unreported,
    cancelled: IsCancelled = never,
) -> dict[str, bytes]:
    """Draw figures as PNG and SVG, in the light and the dark theme. The browser starts only once.

    Args:
        figures: the figures by name; each name becomes a part of the names of files.
        progress: receives the share of the pictures that are already drawn.
        cancelled: returns True if the visitor has cancelled the work.

    Returns:
        The files by name: "returns-light.png", "returns-dark.svg" and so on.

    Raises:
        PictureError: there is no browser, or it does not work.
        Cancelled: `cancelled` has returned True.
    """
    pictures = {
        f"{name}-{theme}.{kind}": _Picture(figure, kind, theme)
        for name, figure in figures.items()
        for theme in THEMES
        for kind in get_args(Kind)
    }
    return dict(zip(pictures, _drawn([*pictures.values()], progress, cancelled), strict=True))


def themed(figure: Figure, theme: ThemeName) -> Figure:
    """Return the figure with all colours, fonts and margins that a page would give it."""
    colours, layout = THEMES[theme], figure["layout"]
    border = ("gridcolor", "linecolor", "zerolinecolor", "tickcolor")
    axis = dict.fromkeys(border, colours.border) | {"automargin": True}
    axes = {name: axis | layout[name] for name in layout if re.fullmatch(r"[xy]axis\d*", name)}
    place = {"x": 0.015, "xanchor": "left", "y": 0.93, "yanchor": "top", "yref": "container"}
    around = {
        "paper_bgcolor": colours.background,
        "plot_bgcolor": colours.background,
        "font": {"family": FONT, "size": FONT_SIZE, "color": colours.text},
        "margin": MARGIN,
        "width": WIDTH,
        "height": HEIGHT,
    }
    title = {"title": place | {"text": _heading(**layout["title"])}} if "title" in layout else {}
    return figure | {"layout": around | layout | axes | title}


def _heading(text: str, subtitle: dict[str, str]) -> str:
    """Join title and subtitle into one text, because Plotly would not place two texts evenly."""
    return f'{text}<br><span style="font-size:{FONT_SIZE}px">{subtitle["text"]}</span>'


def _drawn(pictures: Sequence[_Picture], progress: Progress, cancelled: IsCancelled) -> list[bytes]:
    """Draw all pictures in one browser, which runs in a process of its own."""
    files = []
    with _process(pictures) as process:
        lines = _lines_of(process)
        for _picture in steps(pictures, progress, cancelled):
            line = _next_line(lines, cancelled)
            if not line:
                raise PictureError(_no_browser(process))
            files.append(base64.b64decode(line))
    return files


@contextmanager
def _process(pictures: Sequence[_Picture]) -> Iterator[subprocess.Popen[str]]:
    """Start the process that draws the pictures; at the end, end it and its child processes."""
    orders = [
        {
            "figure": themed(figure, theme),
            "options": {"format": kind, "scale": PNG_SCALE if kind == "png" else 1},
        }
        for figure, kind, theme in pictures
    ]
    pipe = subprocess.PIPE
    command = [sys.executable, "-P", drawing_process.__file__]
    # The browser's own files are in a folder that is deleted, even if the browser is killed.
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)
        environment = os.environ | places
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, text=True)
        with process:
            try:
                assert process.stdin is not None
                with suppress(BrokenPipeError):  # a process that has ended at once writes no line
                    process.stdin.write(json.dumps(orders))
                with suppress(BrokenPipeError):
                    process.stdin.close()
                yield process
            finally:
                _end(process.pid)


def _lines_of(process: subprocess.Popen[str]) -> Queue[str]:
    """Read the lines that a process writes; an empty text follows the last line."""
    lines: Queue[str] = Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    Thread(target=read, daemon=True).start()
    return lines


def _next_line(lines: Queue[str], cancelled: IsCancelled) -> str:
    """Wait for the next line; the result is empty if no line comes in `MOST_SECONDS`."""
    deadline = time.monotonic() + MOST_SECONDS
    while time.monotonic() < deadline:
        with suppress(Empty):
            return lines.get(timeout=POLL_SECONDS)
        require_going_on(cancelled)
    return ""


def _no_browser(process: subprocess.Popen[str]) -> str:
    """Wait until the process ends, and return a sentence about the problem with the browser."""
    with suppress(subprocess.TimeoutExpired):  # a process with a browser that hangs does not end
        process.wait(POLL_SECONDS * 10)
    if process.returncode == drawing_process.NO_BROWSER:
        return _(
            "The pictures of the figures need Chrome or Chromium. Install it (Debian: apt install "
            "chromium), or set BROWSER_PATH to its program."
        )
    return _(
        "Chrome or Chromium does not work here, so there are no pictures of the figures. Install "
        "it anew (Debian: apt install chromium), or set BROWSER_PATH to the program of another one."
    )


def _end(process: int) -> None:
    """End a process and all its descendants; do nothing if the process has already ended."""
    for each in _suspended(process):
        with suppress(psutil.NoSuchProcess):
            each.kill()


def _suspended(process: int) -> list[psutil.Process]:
    """Suspend a process and all its descendants, so that they can start no further process."""
    family: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(process)
        parent.suspend()
        family.append(parent)
        for child in parent.children():
            family += _suspended(child.pid)
    return family
