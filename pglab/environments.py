"""Makes the environments, and describes their observations, actions and returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete

from pglab.config import ConfigError
from pglab.language import N_, _

Environment = gymnasium.Env[np.ndarray, Any]


@dataclass(frozen=True)
class ObservationAxis:
    """One coordinate of the observation, with the range that figures show.

    A heatmap has two coordinates as axes. If this coordinate is not an axis of a heatmap, the
    heatmap fixes the coordinate at `rest` by default.
    """

    name: str
    unit: str
    low: float
    high: float
    rest: float = 0.0

    @property
    def label(self) -> str:
        """The translated name of the coordinate and, if the coordinate has a unit, the unit."""
        return f"{_(self.name)} ({self.unit})" if self.unit else _(self.name)


@dataclass(frozen=True)
class EnvironmentInfo:
    """The facts that pages show about an environment.

    `heatmap_axes` are the indices of the two coordinates that are the default axes of heatmaps.
    The return of an episode is always in `return_range`. `end` says why an episode terminates.
    """

    axes: tuple[ObservationAxis, ...]
    actions: tuple[str, ...]
    heatmap_axes: tuple[int, int]
    return_range: tuple[float, float]
    end: str


# The ranges come from Gymnasium's source code. For a velocity without bounds, the range covers the
# values that learning agents reach.
ENVIRONMENTS = {
    "CartPole-v1": EnvironmentInfo(
        axes=(
            ObservationAxis(N_("cart position"), "m", -2.4, 2.4),
            ObservationAxis(N_("cart velocity"), "m/s", -3.0, 3.0),
            ObservationAxis(N_("pole angle"), "rad", -0.21, 0.21),
            ObservationAxis(N_("angular velocity"), "rad/s", -3.0, 3.0),
        ),
        actions=(N_("left"), N_("right")),
        heatmap_axes=(2, 3),
        return_range=(0.0, 500.0),
        end=N_("the pole fell or the cart left the track"),
    ),
    "Acrobot-v1": EnvironmentInfo(
        axes=(
            ObservationAxis(N_("cos of upper angle"), "", -1.0, 1.0, rest=1.0),
            ObservationAxis(N_("sin of upper angle"), "", -1.0, 1.0),
            ObservationAxis(N_("cos of lower angle"), "", -1.0, 1.0, rest=1.0),
            ObservationAxis(N_("sin of lower angle"), "", -1.0, 1.0),
            ObservationAxis(N_("upper angular velocity"), "rad/s", -12.6, 12.6),
            ObservationAxis(N_("lower angular velocity"), "rad/s", -28.3, 28.3),
        ),
        actions=(N_("torque −1"), N_("no torque"), N_("torque +1")),
        heatmap_axes=(4, 5),
        return_range=(-500.0, 0.0),
        end=N_("the tip swung above the line"),
    ),
    "MountainCar-v0": EnvironmentInfo(
        axes=(
            ObservationAxis(N_("position"), "", -1.2, 0.6, rest=-0.5),
            ObservationAxis(N_("velocity"), "", -0.07, 0.07),
        ),
        actions=(N_("left"), N_("coast"), N_("right")),
        heatmap_axes=(0, 1),
        return_range=(-200.0, 0.0),
        end=N_("the car reached the flag"),
    ),
}


def make_environment(env_id: str, **options: Any) -> Environment:
    """Make an environment with a flat Box observation and a Discrete action space.

    Raises:
        ConfigError: there is no such environment, or its spaces are not supported.
    """
    if ":" in env_id:  # otherwise, a link could make Gymnasium import any module
        reason = _("An ID with a colon would make Gymnasium import a module.")
        raise ConfigError(_unsupported(env_id, reason))
    try:
        environment: Environment = gymnasium.make(env_id, **options)
    except (gymnasium.error.Error, ImportError, ValueError) as error:
        raise ConfigError(_unsupported(env_id, str(error).strip().splitlines()[0])) from error
    observations, actions = environment.observation_space, environment.action_space
    if not (isinstance(observations, Box) and len(observations.shape) == 1):
        raise ConfigError(_unsupported(env_id, _("The observation is not a flat Box.")))
    if not isinstance(actions, Discrete):
        raise ConfigError(_unsupported(env_id, _("The action space is not Discrete.")))
    return environment


def sizes(environment: Environment) -> tuple[int, int]:
    """The length of an observation and the number of actions."""
    shape, actions = environment.observation_space.shape, environment.action_space
    assert shape is not None
    assert isinstance(actions, Discrete)
    return shape[0], int(actions.n)


def time_limit_of(environment: Environment) -> int | None:
    """The number of steps after which an episode is truncated; None without a time limit."""
    return environment.spec.max_episode_steps if environment.spec is not None else None


def _unsupported(env_id: str, reason: str) -> str:
    return _(
        "The environment “{env_id}” cannot be used: {reason} Choose an environment with a flat "
        "Box observation and a Discrete action space, such as {examples}."
    ).format(env_id=env_id, reason=reason.rstrip(".") + ".", examples=", ".join(ENVIRONMENTS))
