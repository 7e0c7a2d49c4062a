"""Checks an episode of CartPole that was played in a browser.

The pole is unstable: over 500 steps, a rounding error in the last digit of a number can grow to a
metre. So the browser sends the state after each step, and this module checks each step separately
with Gymnasium's own dynamics. Over a single step, the numbers agree on any machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from pglab.environments import ENVIRONMENTS, make_environment, time_limit_of
from pglab.language import _
from pglab.records import Floats

ENV_ID = "CartPole-v1"
RANDOM_START = 0.05  # each coordinate of a random start is between −0.05 and 0.05, as in Gymnasium

LENGTHS = (0.1, 1.2)  # half the length of the pole, in m
GRAVITIES = (1.0, 30.0)  # in m/s²
NOISES = (0.0, 0.3)  # as a share of the largest value on the axis of each coordinate
LARGEST_PUSH = 20.0  # of all pushes in one step together, in m/s or rad/s

TOLERANCE = 1e-6  # largest difference of a state from Gymnasium's
PLAYERS = ("you", "agent")
_ROW, _STATE = 6, 4  # numbers in a row and in a state

Player = Literal["you", "agent"]


class EpisodeRefused(ValueError):
    """Raised if the browser has sent no valid episode. The message is a sentence for visitors."""


@dataclass(frozen=True)
class Physics:
    """The numbers of Gymnasium's CartPole; `length` is half the length of the pole."""

    gravity: float
    length: float
    masscart: float
    masspole: float
    force_mag: float
    tau: float  # seconds of one step
    x_threshold: float
    theta_threshold: float
    most_steps: int


@dataclass(frozen=True)
class OwnEpisode:
    """An episode of T steps that a visitor or the agent played in the browser.

    `observations` are the states with the noise of the sensors. `worlds` has the half length of the
    pole, the gravity and the noise at each step. In each step, after the observation and before the
    action, the `pushes` were added to the cart's velocity and to the pole's angular velocity.
    """

    player: Player
    random_start: bool
    states: NDArray[np.float64]  # [T+1, 4]
    observations: NDArray[np.float32]  # [T+1, 4]
    actions: NDArray[np.int64]  # [T]
    worlds: NDArray[np.float64]  # [T, 3]
    pushes: NDArray[np.float64]  # [T, 2]
    terminated: bool

    @property
    def total(self) -> float:
        """The undiscounted return: CartPole gives reward 1 for each step."""
        return float(len(self.actions))

    @property
    def usual(self) -> bool:
        """True if the start was random, nobody changed the world, and nobody pushed."""
        usual = np.array([*usual_world(), 0.0])
        nudges = np.column_stack([self.worlds, np.abs(self.pushes).sum(axis=1)])
        return self.random_start and bool((nudges == usual).all())


class World:
    """CartPole with a pole length and a gravity that can change between two steps."""

    def __init__(self) -> None:
        self._made = make_environment(ENV_ID)
        self._cartpole = cast(Any, self._made.unwrapped)

    @property
    def physics(self) -> Physics:
        """The usual numbers of the environment."""
        cartpole = self._cartpole
        limit = time_limit_of(self._made)
        assert limit is not None
        return Physics(
            cartpole.gravity,
            cartpole.length,
            cartpole.masscart,
            cartpole.masspole,
            cartpole.force_mag,
            cartpole.tau,
            cartpole.x_threshold,
            cartpole.theta_threshold_radians,
            limit,
        )

    def step(
        self, state: Floats, action: int, world: Sequence[float] | Floats, pushes: Floats
    ) -> tuple[NDArray[np.float64], bool]:
        """Take a step from `state` [4]; return the next state, and True if it is terminal."""
        cartpole = self._cartpole
        cartpole.length, cartpole.gravity = float(world[0]), float(world[1])
        cartpole.polemass_length = cartpole.masspole * cartpole.length
        cartpole.state = np.array(state, np.float64)
        cartpole.state[1] += pushes[0]
        cartpole.state[3] += pushes[1]
        cartpole.steps_beyond_terminated = None
        _observation, _reward, terminated, _truncated, _info = cartpole.step(action)
        return cartpole.state, terminated


def usual_world() -> tuple[float, float, float]:
    """The usual half length of the pole, gravity and noise."""
    physics = World().physics
    return physics.length, physics.gravity, 0.0


def noise_scale() -> NDArray[np.float64]:
    """For each coordinate, the largest error at a noise of 100 %: [4]."""
    return np.array([axis.high for axis in ENVIRONMENTS[ENV_ID].axes])


def checked_episode(value: object) -> OwnEpisode:
    """Read an episode that a browser has sent, and check everything in it.

    Args:
        value: a dictionary from JSON with `player`, `randomStart`, and three lists: `rows` (in each
            row: action, half length, gravity, noise, push of the cart, push of the pole), `states`
            and `seen`.

    Raises:
        EpisodeRefused: something is missing or impossible, or a step does not follow from the state
            before it.
    """
    world = World()
    sent = value if isinstance(value, dict) else {}
    most = world.physics.most_steps
    rows = _table(sent.get("rows"), _ROW, most)
    states, seen = (_table(sent.get(name), _STATE, most + 1) for name in ("states", "seen"))
    player, random_start = sent.get("player"), sent.get("randomStart")
    if player not in PLAYERS or not isinstance(random_start, bool):
        raise _refusal()
    if not len(rows) or len(states) != len(rows) + 1 or len(seen) != len(states):
        raise _refusal()
    episode = OwnEpisode(
        player=cast(Player, player),
        random_start=random_start,
        states=states,
        observations=seen.astype(np.float32),
        actions=rows[:, 0].astype(np.int64),
        worlds=rows[:, 1:4],
        pushes=rows[:, 4:],
        terminated=world.step(states[-2], int(rows[-1, 0] == 1), rows[-1, 1:4], rows[-1, 4:])[1],
    )
    if not (_has_possible_numbers(episode, rows[:, 0]) and _has_true_steps(episode, world, most)):
        raise _refusal()
    return episode


def _table(value: object, columns: int, most: int) -> NDArray[np.float64]:
    """Convert a list of rows to an array [rows, columns]; `most` is the maximum number of rows."""
    if not isinstance(value, list) or len(value) > most:
        raise _refusal()
    for row in value:
        if not isinstance(row, list) or len(row) != columns:
            raise _refusal()
        if not all(type(number) in (int, float) and abs(number) < 1e6 for number in row):
            raise _refusal()
    return np.array(value, np.float64).reshape(len(value), columns)


def _has_possible_numbers(episode: OwnEpisode, actions: Floats) -> bool:
    """True if start, actions, world, pushes and noise are within their bounds."""
    axes = ENVIRONMENTS[ENV_ID].axes
    lows, highs = np.array([(axis.low, axis.high) for axis in axes]).T
    most = np.full(len(axes), RANDOM_START) if episode.random_start else highs
    least = -most if episode.random_start else lows
    bounds = np.array([LENGTHS, GRAVITIES, NOISES]).T
    noise = np.concatenate([episode.worlds[:1, 2], episode.worlds[:, 2]])
    allowed = noise[:, None] * noise_scale() + TOLERANCE
    start = episode.states[0]
    return bool(
        np.isin(actions, (0, 1)).all()
        and (least - TOLERANCE <= start).all()
        and (start <= most + TOLERANCE).all()
        and (bounds[0] <= episode.worlds).all()
        and (episode.worlds <= bounds[1]).all()
        and (np.abs(episode.pushes) <= LARGEST_PUSH).all()
        and (np.abs(episode.observations - episode.states) <= allowed).all()
    )


def _has_true_steps(episode: OwnEpisode, world: World, most: int) -> bool:
    """True if each state follows from the one before, and only the last step ends the episode."""
    last = len(episode.actions) - 1
    rows = zip(episode.states, episode.actions, episode.worlds, episode.pushes, strict=False)
    for t, (state, action, constants, pushes) in enumerate(rows):
        after, terminated = world.step(state, int(action), constants, pushes)
        if np.abs(after - episode.states[t + 1]).max() > TOLERANCE or (terminated and t < last):
            return False
    return episode.terminated or last + 1 == most


def _refusal() -> EpisodeRefused:
    return EpisodeRefused(
        _("The browser sent an episode that CartPole does not allow. Play a new episode.")
    )
