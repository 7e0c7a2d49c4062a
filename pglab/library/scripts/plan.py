"""Prepares what the scripts of all agents need, such as the packages and the hidden layers."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from itertools import pairwise

from pglab.config import RunConfig
from pglab.environments import ENVIRONMENTS, make_environment, sizes, time_limit_of
from pglab.networks import ACTIVATIONS

PACKAGES = ("torch", "gymnasium", "numpy")
WIDTH = 88  # characters in a line of a script; the default of Ruff
SURROGATE = "Only the gradient of L(θ) matters; the value of L(θ) does not measure progress."
NO_DISCOUNT_FACTOR = (
    "Like most implementations (Nota & Thomas 2020), this script leaves the factor γᵗ out of the "
    "policy gradient."
)
ENTROPY_SOURCE = (
    'Mnih et al. (2016), "Asynchronous methods for deep reinforcement learning", on the entropy '
    "bonus"
)
TEXTBOOK = 'Sutton & Barto (2018), "Reinforcement learning: an introduction"'
FACTOR_SOURCE = 'Nota & Thomas (2020), "Is the policy gradient a gradient?", on γᵗ'
UNIT_NAMES = ("first", "second", "third", "fourth")


class Plan:
    """The values and texts that a template needs in addition to the settings of the run.

    Attributes decide which parts the script contains. Properties are texts of the script.
    """

    can_diverge = True
    learns = True
    replay = False
    clips = False
    measures_gradient = False  # the script computes the norm of each gradient
    transition_fields: tuple[tuple[str, str], ...] = ()

    def __init__(self, config: RunConfig) -> None:
        """Check the environment.

        Raises:
            ConfigError: the environment cannot be used.
        """
        environment = make_environment(config.env_id)
        self.observation_size, self.actions = sizes(environment)
        self.longest = time_limit_of(environment) or 0  # steps of an episode; 0 without a limit
        environment.close()
        info = ENVIRONMENTS.get(config.env_id)
        low, high = info.return_range if info else (-1.0, 1.0)
        self.only_rewards, self.only_costs = low >= 0, high <= 0
        # Each check counts one episode at most. No return is above `high`.
        checks = config.total_steps // config.eval_interval
        reachable = info is None or config.success_return <= high
        may_be_solved = reachable and checks >= config.smoothing_window
        self.may_stop = config.stop_when_solved and may_be_solved
        self.leaves_factor_out = config.gamma < 1  # the factor γᵗ of the policy gradient
        self.hidden_sizes = config.hidden_sizes
        self.activation = ACTIVATIONS[config.activation].__name__

    @property
    def packages(self) -> str:
        """The packages of the script, with the versions that are installed here."""
        return " ".join(f"{name}=={version(name).partition('+')[0]}" for name in PACKAGES)

    @property
    def progress_error(self) -> str:
        """How the mean of counted returns differs from that of all returns if lengths vary."""
        return "too high" if self.only_rewards else "too low" if self.only_costs else "biased"

    @property
    def unit_names(self) -> tuple[str, ...]:
        """The names of the script's constants for the sizes of the hidden layers."""
        layers = len(self.hidden_sizes)
        return ("HIDDEN_SIZE",) if layers == 1 else UNIT_NAMES[:layers]

    @property
    def hidden_parts(self) -> list[str]:
        """The code of each hidden layer and of its activation."""
        layers = pairwise(("inputs", *self.unit_names))
        return [
            part
            for inputs, outputs in layers
            for part in (f"nn.Linear({inputs}, {outputs})", f"nn.{self.activation}()")
        ]

    @property
    def head(self) -> str:
        """The code of the last linear layer."""
        return f"nn.Linear({('inputs', *self.unit_names)[-1]}, outputs)"


def paragraph(sentences: Iterable[str]) -> str:
    """Write sentences as a paragraph of the script's docstring."""
    return textwrap.fill(" ".join(sentences), WIDTH, break_on_hyphens=False)


def listed(remarks: Iterable[str]) -> str:
    """Write remarks as a list of the script's docstring."""
    items = (
        textwrap.fill(
            remark,
            WIDTH,
            initial_indent="- ",
            subsequent_indent="  ",
            break_on_hyphens=False,
        )
        for remark in remarks
    )
    return "\n".join(items)


def source_paragraph(papers: Iterable[str]) -> str:
    """Write the paragraph that names the papers."""
    return paragraph([f"Source: {'; '.join(papers)}."])


def sequential(parts: Sequence[str], start: str) -> str:
    """Write the code of a network that applies its parts one after another, in Ruff's format.

    `start` is the text before the network, including the indentation.
    """
    if len(parts) == 1:
        return start + parts[0]
    line = f"{start}nn.Sequential({', '.join(parts)})"
    if len(line) <= WIDTH:
        return line
    indent = " " * (len(start) - len(start.lstrip()))
    lines = (f"{indent}    {part},\n" for part in parts)
    return f"{start}nn.Sequential(\n{''.join(lines)}{indent})"
