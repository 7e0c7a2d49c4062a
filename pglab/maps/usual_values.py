"""The default values of a setting that varies in a map."""

from __future__ import annotations

from typing import Any

from pglab.algorithms.agents import AgentConfig
from pglab.config import settings_of


def usual_values(config: AgentConfig, name: str) -> tuple[Any, ...]:
    """All choices of a setting, or all stops of its slider together with the value in `config`.

    For the sizes of hidden layers, each stop is the width of all layers. The result is empty if the
    setting has no choices and no stops.
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
