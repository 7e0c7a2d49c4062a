"""The provenance of stored results: the engine and the package versions that computed them.

If the same engine repeats a run on the same machine, all numbers are equal bit for bit. Another
engine, package version or processor rounds the numbers differently. In the course of training,
these small differences grow, until two runs with the same configuration differ visibly.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from pglab.language import _

KEY = "made_by"  # every stored file has this key
COMPUTING = ("torch", "numba", "numpy", "gymnasium")


def made_by(engine: str) -> dict[str, str]:
    """The provenance of a run: the name of its engine, and the installed package versions."""
    return {"engine": engine, **_versions()}


@cache  # each name costs a millisecond, and every save asks for all of them
def _versions() -> dict[str, str]:
    return {name: version(name) for name in COMPUTING}


def other_versions(
    stored: Mapping[str, str], here: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """For each package or engine whose version differs, return the stored and the present version.

    A package that a provenance does not name has the version "none".
    """
    pairs = {n: (stored.get(n, "none"), here.get(n, "none")) for n in {**stored, **here}}
    return {name: (before, now) for name, (before, now) in pairs.items() if before != now}


def engine_of(stored: Mapping[str, Any]) -> str:
    """The engine that computed the contents of a stored file.

    Raises:
        KeyError: the file does not name its engine.
    """
    engine: str = stored[KEY]["engine"]
    return engine


def engine_name(engine: str) -> str:
    """The name of the engine, for use in a sentence."""
    return {"fast": _("compiled fast engine"), "reference": _("PyTorch reference")}[engine]
