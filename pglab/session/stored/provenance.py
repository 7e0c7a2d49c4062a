"""What made a stored figure: the engine, and the versions of what computes with it.

A run of one seed is repeated bit for bit by the same engine on the same machine. Another engine,
another version or another processor rounds otherwise, and the two runs part in the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from pglab.language import _

KEY = "made_by"  # in every stored file
COMPUTING = ("torch", "numba", "numpy", "gymnasium")


def made_by(engine: str) -> dict[str, str]:
    """What a run of this engine is computed by, here and now."""
    return {"engine": engine, **{name: version(name) for name in COMPUTING}}


def engine_of(stored: Mapping[str, Any]) -> str:
    """The engine that made what a file holds.

    Raises:
        KeyError: The file does not say.
    """
    engine: str = stored[KEY]["engine"]
    return engine


def engine_name(engine: str) -> str:
    """The engine in words, for a sentence."""
    return {"fast": _("compiled fast engine"), "reference": _("PyTorch reference")}[engine]
