"""The library of the Policy Gradient Lab. The library trains policy-gradient agents.

Each public name is loaded at its first use. So commands that do not train start fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pglab.algorithms.run import TrainingDiverged
    from pglab.config import ActorCriticConfig, ConfigError, ReinforceConfig
    from pglab.session.train import train
    from pglab.session.training_session import TrainingSession

__all__ = [
    "ActorCriticConfig",
    "ConfigError",
    "ReinforceConfig",
    "TrainingDiverged",
    "TrainingSession",
    "train",
]
_MODULES = {
    "ActorCriticConfig": "pglab.config",
    "ConfigError": "pglab.config",
    "ReinforceConfig": "pglab.config",
    "TrainingDiverged": "pglab.algorithms.run",
    "TrainingSession": "pglab.session.training_session",
    "train": "pglab.session.train",
}


def __getattr__(name: str) -> Any:
    """Load a public name. Python calls this function if the package does not contain the name."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """All public names, for `dir` and for completion in an editor."""
    return sorted({*globals(), *__all__})
