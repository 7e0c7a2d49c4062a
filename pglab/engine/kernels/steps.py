"""The environment step and the end of an episode, for both algorithms, compiled by Numba.

The compiled functions get the state of a run as named tuples of arrays, and change these arrays in
place.
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

BLOCK = 256  # samples computed at a time, so that their activations stay in the processor's cache

# Entries of `RunState.counts`.
(
    GLOBAL_STEP,
    EPISODES,
    UPDATES,
    GRADIENT_STEPS,
    LENGTH,  # number of steps in the present episode
    STORED,  # number of steps in the batch or rollout
    ENDED,  # number of episodes in the batch that have ended
    ADDED,  # number of transitions stored in the replay buffer so far, also replaced ones
    READINGS,  # number of returns put into the window so far; a full window drops the oldest return
    SOLVED,
) = range(10)
COUNTS = SOLVED + 1

# The reasons why a compiled function stopped. `GOES_ON` means that training can go on. The other
# numbers name a quantity that is not finite (`DIVERGED` in `pglab.engine.engine`).
GOES_ON, LOG_PROBABILITY, ACTOR_LOSS, CRITIC_LOSS, GRADIENT = range(5)


class Settings(NamedTuple):
    """The settings that both algorithms use."""

    total_steps: int
    eval_interval: int
    success_return: float
    stop_when_solved: bool


class RunState(NamedTuple):
    """The numbers of a run that change during training, and the state of its environment."""

    counts: NDArray[np.int64]
    episode_return: NDArray[np.float64]  # [1], sum of the rewards in the present episode
    window: NDArray[np.float64]  # [smoothing_window] returns; the oldest return comes first
    kind: int  # number of the environment, see `dynamics`
    state: NDArray[np.float64]
    elapsed: NDArray[np.int64]  # [1] environment steps since the last reset
    time_limit: int  # environment steps after which an episode is truncated
    observation: NDArray[np.float32]  # [D]


class Draws(NamedTuple):
    """Random numbers that were drawn before the call. `used` says how many of them were used."""

    actions: NDArray[np.float64]
    resets: NDArray[np.float64]
    replay: NDArray[np.float64]
    used: NDArray[np.int64]  # [4]; the last entry counts the batches drawn from the replay buffer


class Columns(NamedTuple):
    """The arrays that compiled code fills, and the numbers of rows filled so far."""

    steps: StepColumns
    episodes: EpisodeColumns
    updates: UpdateColumns
    batches: BatchColumns
    critic_batches: CriticColumns
    rows: NDArray[np.int64]  # [5], in the order of the fields before


# Entries of `Columns.rows`.
STEP_ROWS, EPISODE_ROWS, UPDATE_ROWS, BATCH_ROWS, CRITIC_ROWS = range(5)


class Limits(NamedTuple):
    """The largest numbers of steps, episodes and updates in a call.

    The call stops at the first step that reaches one of these limits.
    """

    steps: int
    episodes: int
    updates: int


class Rollout(NamedTuple):
    """The steps since the last update. The first `counts[STORED]` rows are in use."""

    steps: StepColumns
    weights: NDArray[np.float64]  # wₜ of an actor-critic; 0 for REINFORCE


class Buffer(NamedTuple):
    """The replay buffer. `counts[ADDED]` is the number of transitions stored so far."""

    observations: NDArray[np.float32]  # [capacity, D]
    actions: NDArray[np.int64]  # [capacity]
    rewards: NDArray[np.float64]  # [capacity]
    terminated: NDArray[np.bool_]  # [capacity]
    next_observations: NDArray[np.float32]  # [capacity, D]
    collected: NDArray[np.int64]  # [capacity]
    drawn: NDArray[np.int64]  # [capacity], number of the last batch that contained the transition


class Memory(NamedTuple):
    """The parameters of all networks and the states of Adam, in the memory of PyTorch's tensors.

    `table` describes the layers. The module `pglab.engine.kernels.layers` explains the table.
    """

    parameters: Floats  # [P]
    means: Floats  # [P]
    squares: Floats  # [P]
    adam_steps: NDArray[np.float32]  # [layers, 2], numbers of Adam steps of weights and of biases
    gradients: Floats  # [2, P or a little more], the actor's and the critic's gradient
    table: NDArray[np.int64]  # [layers, 5]


class Work(NamedTuple):
    """Arrays for the intermediate results of compiled code."""

    acting: Floats  # activations for one observation
    units: Floats  # activations for a batch
    deltas: Floats  # derivatives of one network's loss with respect to the activations of a batch
    other_deltas: Floats  # derivatives of the critic's loss, in an update on one step
    inputs: Floats  # [BLOCK, D]
    policy: Floats  # [A], log π
    values: Floats  # [A], Q(s,·)
    constants: Floats  # [10], factors of the latest Adam step
    matrix: Floats  # as large as the largest weight matrix
    rewards: NDArray[np.float64]  # [BLOCK]
    terminated: NDArray[np.bool_]  # [BLOCK]
    actions: NDArray[np.int64]  # [BLOCK]
    collected: NDArray[np.int64]  # [BLOCK]
    places: NDArray[np.int64]  # [the largest batch of a critic], places in the replay buffer


# The copy functions use loops, because Numba needs seconds to compile an assignment of arrays.
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
    """Sample an action; see `pglab.algorithms.run.sample_action`."""
    whole = 0.0
    for action in range(len(probabilities)):
        whole += float(probabilities[action])
    reached = 0.0
    for action in range(len(probabilities)):
        reached += float(probabilities[action])
        if draw < reached / whole:
            return action
    return len(probabilities) - 1


@exact
def take_step(run, draws, policy, steps, row):
    """Sample aₜ from π(·|sₜ), and let the environment take a step.

    `policy` [A] is log π(·|sₜ). The step is written into row `row` of `steps`.

    Returns:
        True if the step was taken. False if the log-probability of the action is not finite. In
        this case, the run does not change.
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
    """Write the data of the episode that has ended, and begin the next episode.

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
    """Compute the seminar's measure of progress after an episode, as `SeminarReading` does.

    The result is NaN if the episode does not count for this measure.
    """
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
