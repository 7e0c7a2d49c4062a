"""All files that the documents name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACES = (ROOT, ROOT / "pglab", ROOT / "pglab" / "ui" / "stage" / "js")
# A path contains a slash or has a file ending. A placeholder such as `<page>` matches any name.
NAMED = re.compile(r"`([\w.]+(?:/[\w.<>]+)*/?)`")
ENDINGS = (".py", ".js", ".md", ".txt", ".toml", "/")


def missing(text: str) -> list[str]:
    """Return the paths in a text that exist neither in the repository nor in the package."""
    paths = [name for name in NAMED.findall(text) if "/" in name or name.endswith(ENDINGS)]
    written = [re.sub(r"<\w+>", "*", path).rstrip("/") for path in paths]
    return [
        path
        for path in written
        if not any([*place.glob(path), *place.glob(f"{path}.py")] for place in PLACES)
    ]


@pytest.mark.parametrize(
    "name", ["docs/architecture.md", "docs/glossary.md", "docs/running.md", "CONTRIBUTING.md"]
)
def test_the_paths_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    # In a list of files from one folder, only the first path may contain the folder.
    alone = {path for path in missing(text) if not list((ROOT / "pglab").rglob(path))}
    assert alone == set()


def test_a_path_that_is_gone_is_found() -> None:
    text = "`ui/stage/gone.py`, `session/bench.py`, `stage.js`, `pglab/ui/`, `run.config`, `gone/`"
    assert missing(text) == ["ui/stage/gone.py", "gone"]
