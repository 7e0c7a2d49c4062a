"""The documents name files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACES = (ROOT, ROOT / "pglab", ROOT / "pglab" / "ui" / "stage" / "js")
# A path has a slash or an ending; `<page>` and the like stand for anything.
NAMED = re.compile(r"`([\w.]+(?:/[\w.<>]+)*/?)`")
ENDINGS = (".py", ".js", ".md", ".txt", ".toml", "/")


def missing(text: str) -> list[str]:
    """The paths in a text that are neither in the repository nor in the package."""
    paths = [name for name in NAMED.findall(text) if "/" in name or name.endswith(ENDINGS)]
    written = [re.sub(r"<\w+>", "*", path).rstrip("/") for path in paths]
    return [
        path
        for path in written
        if not any([*place.glob(path), *place.glob(f"{path}.py")] for place in PLACES)
    ]


@pytest.mark.parametrize("name", ["docs/architecture.md", "docs/glossary.md", "CONTRIBUTING.md"])
def test_the_paths_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    # After the first of a list, files of the same folder go by their names.
    alone = {path for path in missing(text) if not list((ROOT / "pglab").rglob(path))}
    assert alone == set()


def test_a_path_that_is_gone_is_found() -> None:
    text = "`ui/stage/gone.py`, `session/bench.py`, `stage.js`, `pglab/ui/`, `run.config`, `gone/`"
    assert missing(text) == ["ui/stage/gone.py", "gone"]
