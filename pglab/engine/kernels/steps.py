"""What both algorithms do at every environment step, compiled by Numba.

The kernels get the state of a run as named tuples of arrays, and change it in place.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pglab.engine.compiling import exact
from pglab.engine.kernels import dynamics
from pglab.records import Floats
from pglab.stretch import (
    BatchColumns,
    CriticColumns,
    EpisodeColumns,
    StepColumns,
    UpdateColumns,
)

BLOCK = 256  # samples of a batch at a time, whose activations stay in the processor's cache

# Entries of `RunState.counts`.
(
    GLOBAL_STEP,
    EPISODES,
    UPDATES,
    GRADIENT_STEPS,
    LENGTH,  # steps of the present episode
    STORED,  # steps of the batch or rollout
    ENDED,  # episodes that ended in the batch
    ADDED,  # transitions that the replay buffer ever got
    READINGS,  # returns in the window of the seminar's reading, before a full window drops some
    SOLVED,
) = range(10)
COUNTS = SOLVED + 1

# Why a kernel stopped. The names of what diverged are in `pglab.engine.engine`.
GOES_ON, LOG_PROBABILITY, ACTOR_LOSS, CRITIC_LOSS, GRADIENT = range(5)


class Settings(NamedTuple):
    """The settings that both algorithms use."""

    total_steps: int
    eval_interval: int
    success_return: float
    stop_when_solved: bool


class RunState(NamedTuple):
    """The changing numbers of a run, and its environment."""

    counts: NDArray[np.int64]
    episode_return: NDArray[np.float64]  # [1], of the present episode
    window: NDArray[np.float64]  # [smoothing_window] returns, oldest first
    kind: int  # of the environment
    state: NDArray[np.float64]
    elapsed: NDArray[np.int64]  # [1] environment steps since the last reset
    time_limit: int  # environment steps after which an episode is truncated
    observation: NDArray[np.float32]  # [D]


class Draws(NamedTuple):
    """Random numbers from the run's streams, drawn ahead, and how many of them were used."""

    actions: NDArray[np.float64]
    resets: NDArray[np.float64]
    replay: NDArray[np.float64]
    used: NDArray[np.int64]  # [4]; the last entry counts the batches drawn from the buffer


class Columns(NamedTuple):
    """What a kernel writes, and the numbers of rows that it has written."""

    steps: StepColumns
    episodes: EpisodeColumns
    updates: UpdateColumns
    batches: BatchColumns
    critic_batches: CriticColumns
    rows: NDArray[np.int64]  # [5], in the order above


# Entries of `Columns.rows`.
STEP_ROWS, EPISODE_ROWS, UPDATE_ROWS, BATCH_ROWS, CRITIC_ROWS = range(5)


class Limits(NamedTuple):
    """A kernel stops after this many steps, or at the first step that reaches another limit."""

    steps: int
    episodes: int
    updates: int


class Rollout(NamedTuple):
    """The steps since the last update, with room for more; `counts[STORED]` rows are in use."""

    steps: StepColumns
    weights: NDArray[np.float64]  # wₜ of an actor-critic


class Buffer(NamedTuple):
    """The replay buffer; `counts[ADDED]` says how many transitions it ever got."""

    observations: NDArray[np.float32]  # [capacity, D]
    actions: NDArray[np.int64]  # [capacity]
    rewards: NDArray[np.float64]  # [capacity]
    terminated: NDArray[np.bool_]  # [capacity]
    next_observations: NDArray[np.float32]  # [capacity, D]
    collected: NDArray[np.int64]  # [capacity]
    drawn: NDArray[np.int64]  # [capacity], the last draw that contained the transition


class Memory(NamedTuple):
    """The parameters of all networks and what Adam remembers, in PyTorch's own memory.

    `table` describes the layers, as in `pglab.engine.kernels.layers`.
    """

    parameters: Floats  # [P]
    means: Floats  # [P]
    squares: Floats  # [P]
    adam_steps: NDArray[np.float32]  # [layers, 2], of weights and of biases
    gradients: Floats  # [2, P or a little more], of actor and critic
    table: NDArray[np.int64]  # [layers, 5]


class Work(NamedTuple):
    """Room for what a kernel computes on the way."""

    acting: Floats  # activations for one observation
    units: Floats  # activations of a batch
    deltas: Floats  # derivatives by the activations of a batch, of one network
    other_deltas: Floats  # the same of another network
    inputs: Floats  # [BLOCK, D]
    policy: Floats  # [A], log π
    values: Floats  # [A], Q(s,·)
    constants: Floats  # [10], of Adam
    matrix: Floats  # as large as the largest weight matrix
    rewards: NDArray[np.float64]  # [BLOCK]
    terminated: NDArray[np.bool_]  # [BLOCK]
    actions: NDArray[np.int64]  # [BLOCK]
    collected: NDArray[np.int64]  # [BLOCK]
    places: NDArray[np.int64]  # [the largest batch of a critic]


# Loops, because Numba needs seconds to compile the assignment of one array to another.
@exact
def copy_row(source, place, target, row):
    """Copy row `place` of `source` [N, J] into row `row` of `target` [M, J]."""
    for j in range(source.shape[1]):
        target[row, j] = source[place, j]


@exact
def copy_vector(vector, target, row):
    """Copy `vector` [J] into row `row` of `target` [M, J]."""
    for j in range(len(vector)):
        target[row, j] = vector[j]


@exact
def sample(probabilities, draw):
    """The first action at which the running sum of the probabilities exceeds `draw`."""
    reached = 0.0
    for action in range(len(probabilities)):
        reached += float(probabilities[action])
        if draw < reached:
            return action
    return len(probabilities) - 1


@exact
def take_step(run, draws, policy, steps, row):
    """Sample aₜ from log π(·|sₜ) = `policy` [A], and let the environment take a step.

    The step goes into row `row` of `steps`.

    Returns:
        True; False if the action's log-probability is not a finite number. Then nothing happened.
    """
    counts = run.counts
    probabilities = steps.action_probabilities[row]
    for k in range(len(policy)):
        probabilities[k] = math.exp(policy[k])
    action = sample(probabilities, draws.actions[draws.used[0]])
    if not math.isfinite(policy[action]):
        return False
    draws.used[0] += 1
    copy_vector(run.observation, steps.observation, row)
    reward, terminated = dynamics.step(run.kind, run.state, action)
    run.elapsed[0] += 1
    dynamics.observe(run.kind, run.elapsed[0], run.state, run.observation)
    counts[GLOBAL_STEP] += 1
    counts[LENGTH] += 1
    run.episode_return[0] += reward
    steps.global_step[row] = counts[GLOBAL_STEP]
    steps.episode[row] = counts[EPISODES] + 1
    steps.action[row] = action
    steps.log_prob[row] = policy[action]
    steps.reward[row] = reward
    steps.terminated[row] = terminated
    steps.truncated[row] = run.elapsed[0] >= run.time_limit
    copy_vector(run.observation, steps.next_observation, row)
    return True


@exact
def end_episode(run, settings, draws, out, last):
    """Write the episode that has ended into its row, and begin the next one.

    `last` is the row of the episode's last step.
    """
    counts, episodes, row = run.counts, out.episodes, out.rows[EPISODE_ROWS]
    counts[EPISODES] += 1
    reading = read(run, settings)
    full = counts[READINGS] >= len(run.window)
    if not math.isnan(reading) and full and reading >= settings.success_return:
        counts[SOLVED] = 1
    episodes.global_step[row] = counts[GLOBAL_STEP]
    episodes.episode[row] = counts[EPISODES]
    episodes.episode_return[row] = run.episode_return[0]
    episodes.length[row] = counts[LENGTH]
    episodes.truncated[row] = not out.steps.terminated[last]
    episodes.reading[row] = reading
    episodes.solved[row] = counts[SOLVED] == 1
    used, uniforms = draws.used[1], dynamics.UNIFORMS[run.kind]
    dynamics.reset(run.kind, draws.resets[used : used + uniforms], run.state)
    draws.used[1] += uniforms
    run.elapsed[0] = 0
    dynamics.observe(run.kind, 0, run.state, run.observation)
    run.episode_return[0] = 0.0
    counts[LENGTH] = 0
    out.rows[EPISODE_ROWS] += 1


@exact
def read(run, settings):
    """The seminar's reading after an episode, as `SeminarReading` computes it; else NaN."""
    counts, window = run.counts, run.window
    before = counts[GLOBAL_STEP] - counts[LENGTH]
    if counts[GLOBAL_STEP] // settings.eval_interval == before // settings.eval_interval:
        return math.nan
    if counts[READINGS] >= len(window):
        for i in range(len(window) - 1):
            window[i] = window[i + 1]
        window[len(window) - 1] = run.episode_return[0]
    else:
        window[counts[READINGS]] = run.episode_return[0]
    counts[READINGS] += 1
    held = min(counts[READINGS], len(window))
    total = 0.0
    for i in range(held):
        total += window[i]
    return total / held


@exact
def store(rollout, place, steps, row, weight):
    """Copy row `row` of `steps` into row `place` of the rollout."""
    rollout.steps.global_step[place] = steps.global_step[row]
    rollout.steps.episode[place] = steps.episode[row]
    copy_row(steps.observation, row, rollout.steps.observation, place)
    rollout.steps.action[place] = steps.action[row]
    copy_row(steps.action_probabilities, row, rollout.steps.action_probabilities, place)
    rollout.steps.log_prob[place] = steps.log_prob[row]
    rollout.steps.reward[place] = steps.reward[row]
    rollout.steps.terminated[place] = steps.terminated[row]
    rollout.steps.truncated[place] = steps.truncated[row]
    copy_row(steps.next_observation, row, rollout.steps.next_observation, place)
    rollout.weights[place] = weight


@exact
def ends(steps, row):
    """True if the episode ended at this step, by termination or by truncation."""
    return steps.terminated[row] or steps.truncated[row]


@exact
def is_enough(written, limits):
    """True if a limit on steps, episodes or updates is reached."""
    return (
        written[STEP_ROWS] >= limits.steps
        or written[EPISODE_ROWS] >= limits.episodes
        or written[UPDATE_ROWS] >= limits.updates
    )


@exact
def is_over(run, settings):
    """True if the run has ended and takes no more steps."""
    counts = run.counts
    stopped = counts[SOLVED] == 1 and settings.stop_when_solved
    return stopped or counts[GLOBAL_STEP] >= settings.total_steps
