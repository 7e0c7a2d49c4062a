"""What the scripts of all agents need of a configuration: its packages and its hidden layers."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from itertools import pairwise

from pglab.config import RunConfig
from pglab.environments import make_environment, sizes
from pglab.networks import ACTIVATIONS

PACKAGES = ("torch", "gymnasium", "numpy")
WIDTH = 88  # characters in a line of a script; the default of Ruff
UNIT_NAMES = ("first", "second", "third", "fourth")


class Plan:
    """The choices between two texts that a configuration makes, and the texts with its formulas.

    A template asks a plan only for what follows from several settings, or from a setting's value.
    """

    can_diverge = True
    replay = False
    clips = False
    transition_fields: tuple[tuple[str, str], ...] = ()

    def __init__(self, config: RunConfig) -> None:
        """Check the environment.

        Raises:
            ConfigError: the environment cannot be used.
        """
        environment = make_environment(config.env_id)
        self.observation_size, self.actions = sizes(environment)
        environment.close()
        self.hidden_sizes = config.hidden_sizes
        self.activation = ACTIVATIONS[config.activation].__name__

    @property
    def packages(self) -> str:
        """The packages of the script, with the versions that are installed here."""
        return " ".join(f"{name}=={version(name).partition('+')[0]}" for name in PACKAGES)

    @property
    def unit_names(self) -> tuple[str, ...]:
        """The script's names for the numbers of units of the hidden layers."""
        several = len(self.hidden_sizes) > 1
        return UNIT_NAMES[: len(self.hidden_sizes)] if several else ("HIDDEN_SIZE",)

    @property
    def layers(self) -> Iterator[tuple[str, str]]:
        """The script's names for the numbers of inputs and outputs of each hidden layer."""
        return pairwise(("inputs", *self.unit_names))

    @property
    def features(self) -> str:
        """The script's name for the number of inputs of a head."""
        match len(self.hidden_sizes):
            case 0:
                return "observation_size"
            case 1:
                return "HIDDEN_SIZE"
            case _:
                return "HIDDEN_SIZES[-1]"
