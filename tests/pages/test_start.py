"""What a server loads before it shows its first page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pglab.ui.shell.process.warm_up import LATER

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
