"""The values over which a map varies a setting if nobody names other ones."""

from __future__ import annotations

from typing import Any

from pglab.algorithms.agents import AgentConfig
from pglab.config import settings_of


def usual_values(config: AgentConfig, name: str) -> tuple[Any, ...]:
    """All choices of a setting, or the stops of its slider with the value in `config`.

    All hidden layers get the same width. Empty if the setting has neither choices nor stops.
    """
    setting, own = settings_of(config)[name], getattr(config, name)
    if setting.choices:
        return tuple(setting.choices)
    if isinstance(own, bool):
        return (False, True)
    if not setting.stops:
        return ()
    if isinstance(own, tuple):
        layers = max(1, len(own))
        return tuple(sorted({own, *((int(width),) * layers for width in setting.stops)}))
    return tuple(sorted({own, *setting.stops}))
