"""The commands that do not train start without PyTorch; the documents name commands that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import pglab
from pglab.agent_places import AGENT_PLACES
from pglab.commands import export_run, import_runs, list_runs, train, train_map

ROOT = Path(__file__).parents[2]
PARSERS = {
    "train": train.parser,
    "map": train_map.parser,
    "runs": list_runs.parser,
    "export": export_run.parser,
    "import": import_runs.parser,
}


def test_the_help_loads_neither_pytorch_nor_the_database() -> None:
    script = (
        "import atexit, runpy, sys; sys.argv = ['pglab', '--help'];"
        "atexit.register(lambda: print('loaded:', *sys.modules));"
        "runpy.run_module('pglab', run_name='__main__', alter_sys=True)"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    printed, _, loaded = run.stdout.partition("loaded:")
    assert all(f"\n  {command} " in printed for command in PARSERS)
    assert "pglab" in loaded.split()
    assert {"torch", "sqlalchemy", "gymnasium", "numba"}.isdisjoint(loaded.split())


def test_the_package_has_all_its_public_names() -> None:
    assert all(callable(getattr(pglab, name)) for name in pglab.__all__)
    assert set(pglab.__all__) <= set(dir(pglab))
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        pglab.trian  # noqa: B018


def test_the_commands_in_the_documents_can_be_given() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("<address>", "address")
    named = re.findall(rf"^pglab ({'|'.join(PARSERS)}) (.*)$", text, re.MULTILINE)
    named += re.findall(rf"`pglab ({'|'.join(PARSERS)}) ([^`]*--out[^`]*)`", text)
    assert {command for command, _arguments in named} == set(PARSERS)
    for command, arguments in named:
        PARSERS[command]().parse_args(shlex.split(arguments))


def test_the_pages_that_show_a_run_exist() -> None:
    assert all((ROOT / "pages" / f"{place.path}.py").exists() for place in AGENT_PLACES)
