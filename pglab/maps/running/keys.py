"""Makes the key of a run's result from everything on which the result depends."""

from __future__ import annotations

import hashlib
import json

from pglab.algorithms.agents import AgentConfig
from pglab.library.encoding import config_facts
from pglab.maps.run_result import FORMAT, WINDOWS
from pglab.session.stored.provenance import made_by
from pglab.session.trainer import is_compiled

ENGINE_VERSION = 1  # changes whenever an engine trains the same settings to other results


def provenance_of(config: AgentConfig) -> dict[str, str]:
    """The provenance of a run that this process trains with these settings."""
    return made_by("fast" if is_compiled(config) else "reference")


def result_key(config: AgentConfig) -> str:
    """A key of 64 hexadecimal digits, from all settings, the seed, the engine and the packages."""
    facts = {
        "format": [FORMAT, WINDOWS],
        "engine_version": ENGINE_VERSION,
        "made_by": provenance_of(config),
        **config_facts(config),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
