"""The dynamics of three Gymnasium environments, compiled by Numba.

The environments are `CartPole-v1`, `Acrobot-v1` and `MountainCar-v0` with their default options, as
in Gymnasium 1.4. Observations, rewards and ends of episodes are equal bit for bit to the results of
Gymnasium. The formulas come from `gymnasium.envs.classic_control`
(https://github.com/Farama-Foundation/Gymnasium).

The integer `kind` says which of the environments a function computes. The memory of an environment
has two parts: a state (float64, of length `STATE_SIZES[kind]`), and `elapsed`, the number of steps
since the last reset. The caller counts these steps. An episode ends when `step` reports that the
episode terminated, or when the time limit is reached. The caller must then call `reset`.

Sums and products are in Gymnasium's order, because another order rounds differently.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from pglab.engine.compiling import exact
from pglab.environments import Environment

CARTPOLE, ACROBOT, MOUNTAIN_CAR = range(3)
KINDS = {"CartPole-v1": CARTPOLE, "Acrobot-v1": ACROBOT, "MountainCar-v0": MOUNTAIN_CAR}

# One entry for each kind.
STATE_SIZES = (4, 4, 2)
UNIFORMS = (4, 4, 1)  # number of random numbers that a reset needs


# --- Kernels that the engine calls


@exact
def reset(kind, uniforms, state):
    """Fill `state` with the first state of an episode.

    `uniforms` are the next `UNIFORMS[kind]` numbers of the environment's random generator, each in
    [0, 1): `environment.np_random.random(UNIFORMS[kind])`.
    """
    if kind == CARTPOLE:
        for i in range(4):
            state[i] = between(-0.05, 0.05, uniforms[i])
    elif kind == ACROBOT:
        for i in range(4):
            state[i] = np.float32(between(-0.1, 0.1, uniforms[i]))
    else:
        state[0] = between(-0.6, -0.4, uniforms[0])
        state[1] = 0.0


@exact
def step(kind, state, action):
    """Change `state` by one step. Return the reward, and whether the episode terminated."""
    if kind == CARTPOLE:
        return step_cartpole(state, action)
    if kind == ACROBOT:
        return step_acrobot(state, action)
    return step_mountain_car(state, action)


@exact
def observe(kind, elapsed, state, out):
    """Fill `out` (float32) with the observation of `state`, `elapsed` steps after the reset."""
    if kind != ACROBOT:
        for i in range(len(state)):
            out[i] = state[i]
        return
    for i in range(2):
        angle = state[i]
        if elapsed == 0:  # before the first step, Gymnasium's state is float32
            single = np.float32(angle)
            out[2 * i], out[2 * i + 1] = single_cos(single), single_sin(single)
        else:
            out[2 * i], out[2 * i + 1] = math.cos(angle), math.sin(angle)
    out[4], out[5] = state[2], state[3]


# --- CartPole: the state is x, dx/dt, θ, dθ/dt

TRACK = 2.4  # metres from the middle of the track to its end
TILT = 12 * 2 * math.pi / 360  # the largest θ without termination, in radians
TOTAL_MASS = 0.1 + 1.0  # mass of the pole plus mass of the cart
POLE_MASS_LENGTH = 0.1 * 0.5


@exact
def step_cartpole(state, action):
    """Compute one step of CartPole: an Euler step of 0.02 seconds."""
    x, dx, theta, dtheta = state[0], state[1], state[2], state[3]
    force = 10.0 if action == 1 else -10.0
    cos, sin = math.cos(theta), math.sin(theta)
    temp = (force + POLE_MASS_LENGTH * (dtheta * dtheta) * sin) / TOTAL_MASS
    ddtheta = (9.8 * sin - cos * temp) / (0.5 * (4.0 / 3.0 - 0.1 * (cos * cos) / TOTAL_MASS))
    ddx = temp - POLE_MASS_LENGTH * ddtheta * cos / TOTAL_MASS
    x, dx = x + 0.02 * dx, dx + 0.02 * ddx
    theta, dtheta = theta + 0.02 * dtheta, dtheta + 0.02 * ddtheta
    state[0], state[1], state[2], state[3] = x, dx, theta, dtheta
    terminated = x < -TRACK or x > TRACK or theta < -TILT or theta > TILT
    return 1.0, terminated


# --- Acrobot: the state is θ₁, θ₂, dθ₁/dt, dθ₂/dt

MOST_1, MOST_2 = 4 * math.pi, 9 * math.pi  # the largest angular velocities, in rad/s


@exact
def step_acrobot(state, action):
    """Compute one step of Acrobot: a Runge-Kutta step of order four over 0.2 seconds."""
    torque = action - 1.0
    a, b, c, d = state[0], state[1], state[2], state[3]
    half = 0.2 / 2.0
    a1, b1, c1, d1 = acceleration(a, b, c, d, torque)
    a2, b2, c2, d2 = acceleration(
        a + half * a1, b + half * b1, c + half * c1, d + half * d1, torque
    )
    a3, b3, c3, d3 = acceleration(
        a + half * a2, b + half * b2, c + half * c2, d + half * d2, torque
    )
    a4, b4, c4, d4 = acceleration(a + 0.2 * a3, b + 0.2 * b3, c + 0.2 * c3, d + 0.2 * d3, torque)
    sixth = 0.2 / 6.0
    a = wrapped(a + sixth * (a1 + 2 * a2 + 2 * a3 + a4))
    b = wrapped(b + sixth * (b1 + 2 * b2 + 2 * b3 + b4))
    c = min(max(c + sixth * (c1 + 2 * c2 + 2 * c3 + c4), -MOST_1), MOST_1)
    d = min(max(d + sixth * (d1 + 2 * d2 + 2 * d3 + d4), -MOST_2), MOST_2)
    state[0], state[1], state[2], state[3] = a, b, c, d
    terminated = -math.cos(a) - math.cos(b + a) > 1.0
    return 0.0 if terminated else -1.0, terminated


@exact
def acceleration(theta1, theta2, dtheta1, dtheta2, torque):
    """The time derivatives of Acrobot's state: two velocities and two accelerations.

    Both links have mass 1, length 1 and moment of inertia 1. The centre of mass of a link is in its
    middle.
    """
    cos, sin = math.cos(theta2), math.sin(theta2)
    d1 = 0.25 + (1.0 + 0.25 + cos) + 1.0 + 1.0
    d2 = (0.25 + 0.5 * cos) + 1.0
    phi2 = 0.5 * 9.8 * math.cos(theta1 + theta2 - math.pi / 2.0)
    phi1 = (
        -0.5 * square(dtheta2) * sin
        - dtheta2 * dtheta1 * sin
        + 1.5 * 9.8 * math.cos(theta1 - math.pi / 2)
        + phi2
    )
    ddtheta2 = (torque + d2 / d1 * phi1 - 0.5 * square(dtheta1) * sin - phi2) / (
        1.25 - square(d2) / d1
    )
    ddtheta1 = -(d2 * ddtheta2 + phi1) / d1
    return dtheta1, dtheta2, ddtheta1, ddtheta2


@exact
def wrapped(angle):
    """Add a multiple of 2π to an angle, so that the result is in [−π, π]."""
    while angle > math.pi:
        angle = angle - 2 * math.pi
    while angle < -math.pi:
        angle = angle + 2 * math.pi
    return angle


# --- MountainCar: the state is the position and the velocity


@exact
def step_mountain_car(state, action):
    """Compute one step of MountainCar. The unit of time is one step."""
    position, velocity = state[0], state[1]
    velocity = velocity + ((action - 1) * 0.001 + math.cos(3 * position) * -0.0025)
    velocity = min(max(velocity, -0.07), 0.07)
    position = min(max(position + velocity, -1.2), 0.6)
    if position == -1.2 and velocity < 0:
        velocity = 0.0
    state[0], state[1] = position, velocity
    return -1.0, position >= 0.5 and velocity >= 0


# --- Arithmetic as in NumPy


@exact
def between(low, high, uniform):
    """Compute a random number in [low, high) as `numpy.random.Generator.uniform` does."""
    return low + (high - low) * uniform


@exact
def square(x):
    """Compute x², rounded in the same way as `x**2` of a NumPy scalar.

    NumPy calls the C function `pow`, which sometimes rounds differently from x · x. The compiler
    would replace `pow(x, 2.0)` by x · x. So the exponent here is an expression with x, which the
    compiler cannot replace by 2.
    """
    return math.pow(x, 2.0 + 0.0 * x)


def multiply_add(context, a, b, c):
    """Compute a · b + c for three float32 numbers, and round only once."""

    def instruction(context, builder, signature, arguments):
        return builder.fma(*arguments)

    return types.float32(types.float32, types.float32, types.float32), instruction


fused: Any = intrinsic(multiply_add)


# For the cosine and the sine of float32 numbers, NumPy does not call the C functions. It uses its
# own polynomials (numpy/_core/src/umath/loops_trigonometric.dispatch.cpp).
ZERO, ONE = np.float32(0), np.float32(1)
COS_2, COS_4, COS_6, COS_8 = (
    np.float32(float.fromhex(digits))
    for digits in ("-0x1p-1", "0x1.55553cp-5", "-0x1.6c06dcp-10", "0x1.98e616p-16")
)
SIN_3, SIN_5, SIN_7, SIN_9 = (
    np.float32(float.fromhex(digits))
    for digits in ("-0x1.555556p-3", "0x1.11119ap-7", "-0x1.a06bbap-13", "0x1.7d3bbcp-19")
)


@exact
def single_cos(x):
    """Compute the cosine of a float32 number in [−0.1, 0.1] as NumPy does."""
    z = fused(x, x, ZERO)
    r = fused(COS_8, z, COS_6)
    r = fused(r, z, COS_4)
    r = fused(r, z, COS_2)
    return fused(r, z, ONE)


@exact
def single_sin(x):
    """Compute the sine of a float32 number in [−0.1, 0.1] as NumPy does."""
    z = fused(x, x, ZERO)
    r = fused(SIN_9, z, SIN_7)
    r = fused(r, z, SIN_5)
    r = fused(r, z, SIN_3)
    r = fused(r, z, ZERO)
    return fused(r, x, x)


def restore(environment: Environment, state: NDArray[np.float64], elapsed: int) -> None:
    """Set a Gymnasium environment to a state that is `elapsed` steps after the last reset."""
    kind = KINDS[environment.spec.id] if environment.spec is not None else None
    single = kind == ACROBOT and elapsed == 0  # before the first step, the state is float32
    bare: Any = environment.unwrapped
    bare.state = state.astype(np.float32) if single else state.copy()
    environment.set_wrapper_attr("_elapsed_steps", elapsed)
