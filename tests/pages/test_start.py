"""What a server loads before it shows its first page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pglab.ui.shell.process import warm_up
from pglab.ui.shell.process.warm_up import LATER
from tests.pages.opened import REINFORCE, open_app, open_page

ROOT = Path(__file__).resolve().parents[2]


def test_pandas_is_loaded_first_and_the_libraries_of_later_pages_are_not() -> None:
    """Pandas must be whole before two visitors draw at once."""
    scripts = [(ROOT / name).read_text(encoding="utf-8") for name in ("main.py", "app.py")]
    imports = [
        line
        for script in scripts
        for line in script.splitlines()
        if line.startswith(("import pglab", "from pglab"))
    ]
    assert len(imports) > 10
    entry = "import sys, pglab.ui.shell.entry; print('pandas' in sys.modules)"
    tell = f"print([name for name in {LATER!r} if name in sys.modules])"
    program = "\n".join([entry, *imports, tell])
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines() == ["True", "[]"]


@pytest.mark.parametrize("page", [REINFORCE, "pages/compare.py"])
def test_a_page_says_that_the_server_still_prepares_itself(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(app: AppTest) -> list[str]:
        return [element.value for element in app.info if "prepares" in element.value]

    def interrupted() -> None:
        raise InterruptedError  # so that the page stays as it is during the preparation

    assert told(open_page(page)) == []
    monkeypatch.setattr(warm_up, "is_ready", lambda: False)
    assert told(open_page(page)) == []
    monkeypatch.setattr(warm_up, "warm_up", interrupted)
    app = open_app()
    app.switch_page(page)
    app.run()
    assert len(told(app)) == 1
    assert len(app.exception) == 1
