"""The two clips of the home page: the default agent before its first update, and when trained.

They are made by `pglab.studies.opening_clips`.
"""

from __future__ import annotations

import json
from typing import Any

from pglab.session.stored import DATA

FOLDER = DATA / "clips"


def stored_facts() -> dict[str, Any]:
    """The facts about the stored clips."""
    facts: dict[str, Any] = json.loads((FOLDER / "facts.json").read_text(encoding="utf-8"))
    return facts
