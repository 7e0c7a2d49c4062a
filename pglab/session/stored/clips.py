"""The home page's two clips: the default agent before its first update, and once it is solved.

`pglab.studies.opening_clips` makes them.
"""

from __future__ import annotations

import json
from typing import Any

from pglab.session.stored import DATA

FOLDER = DATA / "clips"


def stored_facts() -> dict[str, Any]:
    """Those of the clips that are part of the repository."""
    facts: dict[str, Any] = json.loads((FOLDER / "facts.json").read_text(encoding="utf-8"))
    return facts
