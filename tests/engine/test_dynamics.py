"""The compiled environments are equal to Gymnasium's environments, bit for bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from gymnasium.envs.classic_control import acrobot
from gymnasium.utils.seeding import np_random

from pglab.engine.kernels import dynamics
from pglab.environments import Environment, make_environment, sizes, time_limit_of

KERNELS: Any = dynamics  # Numba's kernels have no type annotations
ACROBOT: Any = acrobot

# The observation as bytes, the reward, terminated, and truncated.
Step = tuple[bytes, float, bool, bool]

# Gymnasium takes most of the test's time, especially with Acrobot.
STEPS = {"CartPole-v1": 40_000, "Acrobot-v1": 15_000, "MountainCar-v0": 40_000}

EVERY_ENVIRONMENT = pytest.mark.parametrize("env_id", STEPS)

# `test_equal_from_any_state` draws states between −EDGES and EDGES.
EDGES = {
    "CartPole-v1": (2.45, 4.0, 1.0, 40.0),
    "Acrobot-v1": (4 * math.pi, 4 * math.pi, 4 * math.pi, 9 * math.pi),
    "MountainCar-v0": (1.2, 0.075),
}


class Compiled:
    """A compiled environment with the methods of a Gymnasium environment."""

    def __init__(self, environment: Environment, seed: int) -> None:
        assert environment.spec is not None
        self.kind = dynamics.KINDS[environment.spec.id]
        self.generator, _ = np_random(seed)
        self.state = np.full(dynamics.STATE_SIZES[self.kind], np.nan)
        self.elapsed = 0
        self.limit = time_limit_of(environment) or 0
        self.width = sizes(environment)[0]

    def reset(self) -> bytes:
        uniforms = self.generator.random(dynamics.UNIFORMS[self.kind])
        KERNELS.reset(self.kind, uniforms, self.state)
        self.elapsed = 0
        return self.observe()

    def step(self, action: int) -> Step:
        reward, terminated = KERNELS.step(self.kind, self.state, action)
        self.elapsed += 1
        truncated = self.elapsed >= self.limit
        return self.observe(), reward, terminated, truncated

    def observe(self) -> bytes:
        out = np.full(self.width, np.nan, np.float32)
        KERNELS.observe(self.kind, self.elapsed, self.state, out)
        return out.tobytes()

    def take_over(self, environment: Environment) -> None:
        self.state[:] = state_of(environment)
        self.elapsed = environment.get_wrapper_attr("_elapsed_steps")


def step_of(environment: Environment, action: int) -> Step:
    observation, reward, terminated, truncated, _ = environment.step(action)
    return observation.tobytes(), float(reward), terminated, truncated


def state_of(environment: Environment) -> np.ndarray:
    return np.array(environment.get_wrapper_attr("state"), np.float64)


def skilful(state: np.ndarray, kind: int) -> int:
    """Choose an action with a policy that keeps the pole up or reaches the goal."""
    if kind == dynamics.CARTPOLE:
        return int(state @ [0.1, 0.3, 3.0, 1.0] > 0)
    return 2 if state[-1] > 0 else 0  # pushes in the direction of the motion


@EVERY_ENVIRONMENT
def test_equal_over_many_episodes(env_id: str) -> None:
    """Every second episode follows a skilful policy, so some episodes terminate."""
    environment = make_environment(env_id)
    compiled = Compiled(environment, seed=7)
    assert compiled.reset() == environment.reset(seed=7)[0].tobytes()
    ends: list[tuple[bool, bool]] = []
    choices = np.random.default_rng(1)
    for action in choices.integers(sizes(environment)[1], size=STEPS[env_id]).tolist():
        if len(ends) % 2:
            action = skilful(compiled.state, compiled.kind)
        expected = step_of(environment, action)
        assert compiled.step(action) == expected
        if expected[2] or expected[3]:
            ends.append(expected[2:])
            assert compiled.reset() == environment.reset()[0].tobytes()
    assert {(True, False), (False, True)} <= set(ends)


@EVERY_ENVIRONMENT
def test_equal_resets(env_id: str) -> None:
    """For Acrobot, the first observation must use the cosine and the sine of float32 numbers."""
    environment = make_environment(env_id)
    compiled = Compiled(environment, seed=11)
    assert compiled.reset() == environment.reset(seed=11)[0].tobytes()
    for _ in range(10_000):
        assert compiled.reset() == environment.reset()[0].tobytes()


@EVERY_ENVIRONMENT
def test_equal_after_taking_over_an_episode(env_id: str) -> None:
    environment = make_environment(env_id)
    compiled = Compiled(environment, seed=0)
    choices = np.random.default_rng(2)
    for seed in range(10):
        environment.reset(seed=seed)
        for _ in range(seed):  # with seed 0, no step follows the reset
            environment.step(int(choices.integers(2)))
        compiled.take_over(environment)
        ended = False
        while not ended:
            action = int(choices.integers(2))
            expected = step_of(environment, action)
            assert compiled.step(action) == expected
            assert compiled.state.tobytes() == state_of(environment).tobytes()
            ended = expected[2] or expected[3]


@EVERY_ENVIRONMENT
def test_equal_from_any_state(env_id: str) -> None:
    """The next steps are equal from random states, also near the time limit.

    Some of these states never occur in an episode. The float64 states are compared, because the
    float32 observations hide small differences.
    """
    environment = make_environment(env_id, disable_env_checker=True)
    compiled = Compiled(environment, seed=0)
    environment.reset(seed=0)
    limit = compiled.limit
    generator = np.random.default_rng(3)
    ends = set()
    for _ in range(3000):
        environment.reset()
        state = generator.uniform(-1, 1, len(compiled.state)) * EDGES[env_id]
        environment.set_wrapper_attr("state", state)
        environment.set_wrapper_attr("_elapsed_steps", int(generator.integers(limit - 2, limit)))
        compiled.take_over(environment)
        action = int(generator.integers(sizes(environment)[1]))
        expected = step_of(environment, action)
        assert compiled.step(action) == expected
        assert compiled.state.tobytes() == state_of(environment).tobytes()
        ends.add(expected[2:])
    assert len(ends) == 4


def test_the_ends_of_the_circle_stay_where_they_are() -> None:
    ends = [edge * math.pi for edge in (-3, -1, 1, 3)]
    for angle in [math.nextafter(end, to) for end in ends for to in (-9, end, 9)]:
        assert KERNELS.wrapped(angle) == ACROBOT.wrap(angle, -math.pi, math.pi)


@pytest.mark.parametrize("action", range(3))
def test_only_a_car_that_moves_left_stops_at_the_wall(action: int) -> None:
    """At the wall, the car's velocity to the right is too small to change its position."""
    environment = make_environment("MountainCar-v0", disable_env_checker=True)
    environment.reset(seed=0)
    compiled = Compiled(environment, seed=0)
    acceleration = (action - 1) * 0.001 + math.cos(3 * -1.2) * -0.0025
    environment.set_wrapper_attr("state", np.array([-1.2, math.nextafter(-acceleration, 1.0)]))
    compiled.take_over(environment)
    assert compiled.step(action) == step_of(environment, action)
    assert compiled.state.tobytes() == state_of(environment).tobytes()
    assert compiled.state[1] > 0


@EVERY_ENVIRONMENT
@pytest.mark.parametrize("steps", [0, 1, 23])
def test_a_restored_environment_continues(env_id: str, steps: int) -> None:
    """After a restore, the environments stay equal until the end of the next episode."""
    environment = make_environment(env_id)
    environment.reset(seed=3)
    compiled = Compiled(environment, seed=5)
    compiled.reset()
    choices = np.random.default_rng(6)
    for _ in range(steps):
        compiled.step(int(choices.integers(2)))
    dynamics.restore(environment, compiled.state, compiled.elapsed)
    environment.unwrapped.np_random.bit_generator.state = compiled.generator.bit_generator.state
    for _ in range(2):
        ended = False
        while not ended:
            action = int(choices.integers(2))
            expected = compiled.step(action)
            assert step_of(environment, action) == expected
            ended = expected[2] or expected[3]
        assert environment.reset()[0].tobytes() == compiled.reset()


@EVERY_ENVIRONMENT
def test_a_restored_environment_has_a_state_of_its_own(env_id: str) -> None:
    environment = make_environment(env_id)
    compiled = Compiled(environment, seed=5)
    compiled.reset()
    dynamics.restore(environment, compiled.state, 0)
    before = state_of(environment).tobytes()
    compiled.step(0)
    assert state_of(environment).tobytes() == before


def test_squares_are_those_of_numpy_scalars() -> None:
    """NumPy's `x**2` calls C's `pow`. The product x · x is sometimes slightly different."""
    numbers = np.random.default_rng(4).normal(0, 10, 100_000)
    expected = np.array([x**2 for x in numbers])
    assert np.array_equal([KERNELS.square(x) for x in numbers], expected)
