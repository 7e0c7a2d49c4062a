"""The library of the Policy Gradient Lab. The library trains policy-gradient agents."""

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
