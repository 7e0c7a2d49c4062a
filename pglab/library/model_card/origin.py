"""Finds out which version and which commit of pglab write a file, and on which machine."""

from __future__ import annotations

import platform
import subprocess
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pglab.library
from pglab.library.contents import Facts

_PACKAGE = Path(pglab.library.__file__).resolve().parents[1]


def written_by() -> Facts:
    """Return pglab's version and commit, and the machine, as values that JSON can hold.

    A value is None if it is unknown.
    """
    return {
        "pglab": pglab_version(),
        "commit": commit_of(_PACKAGE.parent),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
    }


@cache
def pglab_version() -> str | None:
    """Return the version in the repository's `pyproject.toml`, or that of the installed package."""
    project = _PACKAGE.parent / "pyproject.toml"
    if project.exists():
        facts = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {})
        if facts.get("name") == _PACKAGE.name:
            return str(facts["version"])
    try:
        return version(_PACKAGE.name)
    except PackageNotFoundError:
        return None


@cache
def commit_of(folder: Path) -> str | None:
    """Return the commit of the Git repository whose top folder is `folder`.

    The result is None if Git is missing, or if `folder` is not the top folder of a repository. So
    if the package is installed inside another repository, that repository's commit is not used.
    If files have changed since the commit, the result ends with "-dirty".
    """
    top = _git(folder, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != folder.resolve():
        return None
    return _git(folder, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _git(folder: Path, *words: str) -> str | None:
    """Run Git in a folder, and return what it prints; None if Git is missing or fails."""
    try:
        done = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, encoding="utf-8", errors="replace"
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
