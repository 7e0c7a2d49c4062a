"""Writes figures as picture files, PNG or SVG, with the help of a browser.

The package kaleido draws the figures in Chrome or Chromium, without a window. It takes the browser
that BROWSER_PATH names, or else one that is installed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

import kaleido
import psutil
from kaleido.errors import BrowserClosedError, BrowserFailedError, ChromeNotFoundError

from pglab.language import _
from pglab.library.progress import IsCancelled, Progress, never, steps, unreported
from pglab.palette import THEMES, ThemeName
from pglab.plots.figures import Figure

Kind = Literal["png", "svg"]

WIDTH, HEIGHT = 900, 540  # pixels
PNG_SCALE = 2  # a PNG has so many times more pixels in each direction
START_SECONDS = 30.0  # a browser that has not started after this time does not work
FONT_SIZE = 15
# The letters of these fonts are equally wide, so an SVG looks alike on all systems.
FONT = "Arial, Helvetica, Liberation Sans, sans-serif"
MARGIN = {"l": 85, "r": 30, "t": 115, "b": 65}


class PictureError(RuntimeError):
    """No browser can draw the figures; the message is a sentence that says what to do."""


class _Picture(NamedTuple):
    figure: Figure
    kind: Kind
    theme: ThemeName


class _Page(kaleido.PageGenerator):  # type: ignore[misc]  # kaleido has no types
    """The page in which the browser draws: the same figure always gives the same bytes.

    Plotly names the parts of an SVG at random.
    """

    header = (
        kaleido.PageGenerator.header
        + "<script>let drawn = 1; Math.random = () => (drawn = drawn * 16807 % 2147483647)"
        " / 2147483647;</script>"
    )


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
    """Draw figures as PNG and SVG in both themes. The browser starts only once.

    Args:
        figures: the figures by name; a name is a part of a file's name.
        progress: receives the share of the pictures that are drawn.
        cancelled: says whether the visitor has cancelled the work.

    Returns:
        The files by name: "returns-light.png", "returns-dark.svg" and so on.

    Raises:
        PictureError: there is no browser, or it does not work.
        Cancelled: `cancelled` was true.
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
    """Put title and subtitle together; Plotly alone would not place them evenly."""
    return f'{text}<br><span style="font-size:{FONT_SIZE}px">{subtitle["text"]}</span>'


def _drawn(pictures: Sequence[_Picture], progress: Progress, cancelled: IsCancelled) -> list[bytes]:
    """Draw all pictures in one browser. The thread must have no running event loop."""
    try:
        return asyncio.run(_draw(pictures, progress, cancelled))
    except ChromeNotFoundError as error:
        raise PictureError(
            _(
                "The pictures of the figures need Chrome or Chromium. Install it (Debian: apt "
                "install chromium), or set BROWSER_PATH to its program."
            )
        ) from error
    except (BrowserClosedError, BrowserFailedError, TimeoutError) as error:
        raise PictureError(
            _(
                "Chrome or Chromium does not work here, so there are no pictures of the figures. "
                "Install it anew (Debian: apt install chromium), or set BROWSER_PATH to the "
                "program of another one."
            )
        ) from error


async def _draw(
    pictures: Sequence[_Picture], progress: Progress, cancelled: IsCancelled
) -> list[bytes]:
    browser = await _started()
    try:
        files = []
        for figure, kind, theme in steps(pictures, progress, cancelled):
            options = {"format": kind, "scale": PNG_SCALE if kind == "png" else 1}
            files.append(await browser.calc_fig(themed(figure, theme), options))
        return files
    finally:
        await browser.close()


async def _started() -> Any:
    """Start a browser. If it hangs, end it."""
    # MathJax would come from the internet, and no figure needs it.
    browser = kaleido.Kaleido(page_generator=_Page(mathjax=False))
    try:
        await asyncio.wait_for(browser.open(), START_SECONDS)
    except (BrowserFailedError, TimeoutError):
        _end(browser.subprocess.pid)
        await browser.close()
        raise
    return browser


def _end(process: int) -> None:
    """End a process and all processes that it has started; without effect if it has ended."""
    if psutil.pid_exists(process):
        parent = psutil.Process(process)
        for each in (*parent.children(recursive=True), parent):
            each.kill()
