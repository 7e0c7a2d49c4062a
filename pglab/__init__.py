"""Policy gradients, step by step: the library behind the Policy Gradient Lab."""

from pglab.algorithms.run import TrainingDiverged
from pglab.config import ActorCriticConfig, ConfigError, ReinforceConfig
from pglab.session import TrainingSession
from pglab.training import train

__all__ = [
    "ActorCriticConfig",
    "ConfigError",
    "ReinforceConfig",
    "TrainingDiverged",
    "TrainingSession",
    "train",
]
