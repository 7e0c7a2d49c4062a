"""Writes `config.json`: the settings of a run, their changes, and the software of the run."""

from __future__ import annotations

import json
from dataclasses import asdict

from pglab.library.contents import Facts, RunContents
from pglab.library.encoding import config_facts
from pglab.library.model_card.origin import written_by


def config_file(contents: RunContents, link: str | None) -> str:
    """Return a JSON text with everything that decides the results of a run.

    Args:
        contents: the run.
        link: an address that opens the app with these settings, if there is one.
    """
    facts: Facts = {
        **config_facts(contents.initial_config),
        "changes": [asdict(change) for change in contents.changes],
        "link": link,
        "made_by": contents.made_by,
        "written_by": written_by(),
    }
    return json.dumps(facts, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
