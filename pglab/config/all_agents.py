"""The settings that all agents share, such as the discount and the learning rate."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from pglab.config.checking import checked
from pglab.config.setting import DECADES, HORIZONS, SEEDS, Setting, powers_of_two, setting
from pglab.language import N_

# The mean return at which an environment is solved. CartPole is solved at the greatest possible
# return, as in the seminar (Gymnasium's `reward_threshold` is 475). The other environments are
# solved at Gymnasium's `reward_threshold`.
SUCCESS_RETURNS = {"CartPole-v1": 500.0, "Acrobot-v1": -100.0, "MountainCar-v0": -110.0}


def success_return_of(env_id: str) -> float:
    """The default of the setting `success_return` for this environment."""
    return SUCCESS_RETURNS.get(env_id, 500.0)


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """The settings that all algorithms share.

    Raises:
        ConfigError: a value cannot be used; the message says what to change.
    """

    gamma: float = setting(
        0.99,
        label=N_("Discount γ"),
        short=N_("γ"),
        help=N_("With a larger γ, later rewards count more, but returns get noisier."),
        minimum=0.0,
        maximum=1.0,
        stops=HORIZONS,
        changes_while_running=True,
        level="basic",
    )
    learning_rate: float = setting(
        1e-3,
        label=N_("Learning rate α"),
        short=N_("α"),
        help=N_(
            "With a larger α, each update changes the policy more. If α is too large, the policy "
            "collapses."
        ),
        minimum=1e-5,
        maximum=1.0,
        scale="log",
        stops=DECADES,
        changes_while_running=True,
        level="basic",
    )
    hidden_sizes: tuple[int, ...] = setting(
        (128, 128),
        label=N_("Hidden layers"),
        short=N_("layers"),
        help=N_("More or wider layers can represent more policies, but make updates slower."),
        minimum=1,
        maximum=512,
        scale="log",
        stops=powers_of_two(512)[3:],
        level="basic",
    )
    activation: str = setting(
        "relu",
        label=N_("Activation"),
        short=N_("activation"),
        help=N_(
            "With ReLU, boundaries in the heatmap are piecewise linear. With Tanh, they are smooth."
        ),
        choices={
            "relu": N_("ReLU"),
            "tanh": N_("Tanh"),
        },
        level="batch",
    )
    env_id: str = setting(
        "CartPole-v1",
        label=N_("Environment"),
        short=N_("environment"),
        help=N_("The task to learn. Settings that suit one task may fail on another task."),
    )
    engine: str = setting(
        "fast",
        label=N_("Engine"),
        short=N_("engine"),
        help=N_(
            "The fast engine is compiled code. The reference is the slower PyTorch code, which the "
            "chapter Code shows. The updates of the two engines differ only by rounding, but "
            "rounding errors grow, so their runs drift apart."
        ),
        choices={
            "fast": N_("fast"),
            "reference": N_("reference"),
        },
    )
    seed: int = setting(
        0,
        label=N_("Random seed"),
        short=N_("seed"),
        help=N_("Another seed gives other initial parameters, first states and sampled actions."),
        minimum=0,
        maximum=SEEDS - 1,
    )
    total_steps: int = setting(
        200_000,
        label=N_("Total environment steps"),
        short=N_("total steps"),
        help=N_("With more steps, a run lasts longer, unless it stops because the task is solved."),
        minimum=1_000,
        maximum=1_000_000,
        step=1_000,
        changes_while_running=True,
    )
    eval_interval: int = setting(
        1_000,
        label=N_("Steps between readings"),
        short=N_("reading interval"),
        help=N_("With a larger interval, fewer episodes count in the measure of progress."),
        minimum=100,
        maximum=50_000,
        step=100,
    )
    smoothing_window: int = setting(
        10,
        label=N_("Readings averaged"),
        short=N_("readings averaged"),
        help=N_("More readings make the measure of progress steadier, but slower to react."),
        minimum=1,
        maximum=100,
    )
    success_return: float = setting(
        None,  # replaced by the default of the environment
        label=N_("Return that counts as solved"),
        short=N_("solved at"),
        help=N_(
            "A higher return is harder to reach. "
            "The defaults are 500 for CartPole, −100 for Acrobot and −110 for MountainCar."
        ),
        minimum=-500.0,
        maximum=500.0,
        step=5.0,
    )
    stop_when_solved: bool = setting(
        True,
        label=N_("Stop when solved"),
        short=N_("stop when solved"),
        help=N_("Off: training continues after the task is solved, and the policy may get worse."),
        changes_while_running=True,
    )

    entropy_coefficient: float = setting(
        0.0,
        label=N_("Entropy bonus"),
        short=N_("entropy bonus"),
        help=N_("A larger bonus keeps the policy random for longer."),
        minimum=0.0,
        maximum=1.0,
        stops=(0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
        changes_while_running=True,
    )

    def __post_init__(self) -> None:
        """Check every field."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name == "success_return" and value is None:
                value = success_return_of(self.env_id)
            object.__setattr__(self, field.name, checked(field, value))

    def changed(self, **changes: Any) -> Self:
        """A copy of this configuration with some settings replaced.

        If `env_id` changes, a `success_return` that has the default value of the old environment
        gets the default value of the new environment.

        Raises:
            ConfigError: a new value cannot be used.
        """
        if self.success_return == success_return_of(self.env_id) and "env_id" in changes:
            changes = {"success_return": None, **changes}
        return dataclasses.replace(self, **changes)


def settings_of(config: RunConfig | type[RunConfig]) -> Mapping[str, Setting]:
    """A mapping from the name of each field to its `Setting`, in the order of the fields."""
    kind = config if isinstance(config, type) else type(config)
    return _settings_of_class(kind)  # type: ignore[arg-type]  # a class is hashable


@cache
def _settings_of_class(kind: type[RunConfig]) -> Mapping[str, Setting]:
    return {field.name: field.metadata["setting"] for field in dataclasses.fields(kind)}
