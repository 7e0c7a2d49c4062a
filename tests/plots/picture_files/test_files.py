"""Figures leave the app as picture files that need no page around them."""

import io
import tempfile
import time
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image, ImageColor
from playwright.sync_api import sync_playwright

from pglab.library.progress import Cancelled
from pglab.palette import THEMES
from pglab.plots.figures import Figure
from pglab.plots.picture_files import files
from pglab.plots.picture_files.files import PictureError, figure_file, figure_files, themed
from pglab.plots.returns import series_figure
from tests.browser.harness import find_browser, playwright_browser

ROOT = Path(__file__).resolve().parents[3]
SVG = "{http://www.w3.org/2000/svg}"


def figure(label: str) -> Figure:
    made = series_figure(np.arange(20.0), np.arange(20.0), label, "#D55E00", limit=20.0)
    made["layout"]["title"] = {"text": "A title", "subtitle": {"text": "on CartPole-v1"}}
    return made


FIGURES = {name: figure("gradient norm") for name in ("norm", "again")}


def has_text(file: Path) -> bool:
    return file.exists() and bool(file.read_text())


@dataclass(frozen=True)
class Drawn:
    files: dict[str, bytes]
    shares: list[float]


@pytest.fixture(scope="module")
def browser() -> Iterator[None]:
    """Let the figures be drawn in the browser of the browser tests."""
    with sync_playwright() as playwright:
        path = find_browser() or playwright_browser(playwright)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROWSER_PATH", path)
        yield


@pytest.fixture(scope="module")
def drawn(browser: None) -> Drawn:
    shares: list[float] = []
    return Drawn(figure_files(FIGURES, progress=shares.append), shares)


@pytest.mark.browser
def test_each_figure_has_a_file_of_each_kind_in_each_theme(drawn: Drawn) -> None:
    assert set(drawn.files) == {
        f"{name}-{theme}.{kind}"
        for name in ("norm", "again")
        for theme in ("light", "dark")
        for kind in ("png", "svg")
    }
    assert all(earlier < later for earlier, later in pairwise(drawn.shares))
    assert (len(drawn.shares), drawn.shares[-1]) == (8, 1)


@pytest.mark.browser
@pytest.mark.parametrize("theme", THEMES)
def test_a_png_has_the_size_and_the_colours_of_the_theme(drawn: Drawn, theme: str) -> None:
    with Image.open(io.BytesIO(drawn.files[f"norm-{theme}.png"])) as picture:
        assert (picture.format, picture.size) == ("PNG", (1800, 1080))
        colours = {c for _n, c in picture.convert("RGB").getcolors(10**6) or ()}
        corner = picture.convert("RGB").getpixel((0, 0))
    expected = {
        name: ImageColor.getrgb(value)
        for name, value in THEMES[theme]._asdict().items()  # type: ignore[index]
    }
    assert corner == expected["background"]
    assert {expected["text"], expected["border"]} <= colours


@pytest.mark.browser
@pytest.mark.parametrize("theme", THEMES)
def test_an_svg_holds_its_texts_as_text(drawn: Drawn, theme: str) -> None:
    tree = ET.fromstring(drawn.files[f"norm-{theme}.svg"])
    assert tree.tag == f"{SVG}svg"
    assert (tree.get("width"), tree.get("height")) == ("900", "540")
    texts = ["".join(text.itertext()) for text in tree.iter(f"{SVG}text")]
    assert {"environment steps", "gradient norm"} <= set(texts)
    assert any("A title" in text and "on CartPole-v1" in text for text in texts)
    assert all("Arial" in text.get("style", "") for text in tree.iter(f"{SVG}text"))


@pytest.mark.browser
def test_the_files_of_the_themes_differ(drawn: Drawn) -> None:
    for kind in ("png", "svg"):
        assert drawn.files[f"norm-light.{kind}"] != drawn.files[f"norm-dark.{kind}"]


@pytest.mark.browser
def test_the_same_figure_gives_the_same_bytes(drawn: Drawn) -> None:
    assert figure_file(FIGURES["norm"], "svg", "dark") == drawn.files["norm-dark.svg"]
    assert drawn.files["norm-light.png"] == drawn.files["again-light.png"]


def test_without_a_browser_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER_PATH", str(ROOT / "no browser"))
    with pytest.raises(PictureError, match=r"apt install chromium.*BROWSER_PATH"):
        figure_file(FIGURES["norm"], "png", "light")


@dataclass(frozen=True)
class Program:
    """A program in the place of a browser. It writes the number of its process to a file."""

    started: Path
    places: Path  # a folder for temporary files

    def is_running(self) -> bool:
        if not has_text(self.started):
            return False
        try:
            process = psutil.Process(int(self.started.read_text()))
            return bool(process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def leaves_nothing(self) -> bool:
        for _attempt in range(50):  # the system needs a moment to end a process
            if not self.is_running():
                return not list(self.places.iterdir())
            time.sleep(0.1)
        return False


@pytest.fixture
def broken_browser(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Program:
    path, program = tmp_path / "chromium", Program(tmp_path / "started", tmp_path / "places")
    path.write_text(f"#!/bin/sh\necho $$ > {program.started}\n{request.param}\n")
    path.chmod(0o755)
    program.places.mkdir()
    monkeypatch.setenv("BROWSER_PATH", str(path))
    monkeypatch.setattr(tempfile, "tempdir", str(program.places))
    return program


@pytest.mark.parametrize("broken_browser", ["exit 1", "exec sleep 60"], indirect=True)
def test_a_browser_that_does_not_work_is_told(
    broken_browser: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_SECONDS", 2.0)
    with pytest.raises(PictureError, match="does not work"):
        figure_file(FIGURES["norm"], "png", "light")
    assert broken_browser.leaves_nothing()


@pytest.mark.parametrize("broken_browser", ["exec sleep 60"], indirect=True)
def test_a_visitor_can_cancel_the_work(broken_browser: Program) -> None:
    with pytest.raises(Cancelled):
        figure_files(FIGURES, cancelled=lambda: has_text(broken_browser.started))
    assert broken_browser.leaves_nothing()


def test_a_theme_leaves_the_figure_itself_unchanged() -> None:
    before = deepcopy(FIGURES)
    dark = themed(FIGURES["norm"], "dark")
    assert before == FIGURES
    assert dark["data"] == FIGURES["norm"]["data"]
    assert dark["layout"]["xaxis"]["range"] == FIGURES["norm"]["layout"]["xaxis"]["range"]


def test_the_themes_are_those_of_the_app() -> None:
    settings = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    for name, theme in THEMES.items():
        of_app = settings["theme"][name]
        assert theme.background == of_app["backgroundColor"]
        assert theme.text == of_app["textColor"]
        assert theme.border == of_app["borderColor"]
