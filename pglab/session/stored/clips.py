"""The two clips of the home page: the default agent before and after training.

`pglab.studies.opening_clips` makes these clips.
"""

from __future__ import annotations

import json
from typing import Any

from pglab.session.stored import DATA

FOLDER = DATA / "clips"


def stored_facts() -> dict[str, Any]:
    """Read the stored facts about the clips."""
    facts: dict[str, Any] = json.loads((FOLDER / "facts.json").read_text(encoding="utf-8"))
    return facts
