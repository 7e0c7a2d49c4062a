"""Finds the states nearest to an observation among the states from which a run has learned.

A run keeps only some of the states from which it has learned. With a replay buffer, the buffer's
transitions are searched, because the critic draws its batches from them. Without a buffer, the
search uses the steps of the latest updates that the history still contains.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pglab.config import ActorCriticConfig
from pglab.environments import EnvironmentInfo
from pglab.looks.probes import action_values
from pglab.records import Floats
from pglab.replay_buffer import ReplayBuffer
from pglab.returns import td_targets
from pglab.session.training_session import TrainingSession

MOST_STATES = 5

Source = Literal["buffer", "updates", "nothing"]


@dataclass(frozen=True)
class NearestStates:
    """The K states nearest to an observation, the nearest one first.

    `source` names the states that were searched: those in the replay buffer, or those in the latest
    updates. `source` is "nothing" if the run has not learned yet. `searched` is the number of
    states that were searched. `distances` are Euclidean distances between observations whose
    coordinates are divided by the lengths of the axes. `ages` count the environment steps since the
    agent was in the state. `numbers` maps a name to one number for each state: "return" (Gₜ),
    "weight" (wₜ), "target" (the TD target, computed with the present critic) and "estimate" (Q(s,a)
    of the present critic).
    """

    source: Source
    searched: int
    observations: Floats  # [K, D]
    distances: Floats  # [K]
    actions: NDArray[np.int64]  # [K]
    rewards: Floats  # [K]
    ages: NDArray[np.int64]  # [K]
    numbers: dict[str, Floats] = field(default_factory=dict)  # each of shape [K]


def nearest_states(
    session: TrainingSession, info: EnvironmentInfo, observation: Floats, most: int = MOST_STATES
) -> NearestStates:
    """Find the states nearest to `observation`, among the states from which the run has learned.

    `most` is the maximum number of states in the result. The run is not changed.
    """
    buffer = session.buffer
    if buffer is not None and len(buffer):
        return _in_buffer(session, buffer, info, observation, most)
    return _in_updates(session, info, observation, most)


def scaled_distances(info: EnvironmentInfo, states: Floats, observation: Floats) -> Floats:
    """Distances [N] of states [N, D] from an observation [D], with axes scaled to length 1."""
    lengths = np.array([axis.high - axis.low for axis in info.axes])
    apart: Floats = np.linalg.norm((states - observation) / lengths, axis=1)
    return apart


def _nearest(distances: Floats, newness: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """The rows with the smallest distances; of equal distances, the newest row comes first."""
    if len(distances) > most:
        furthest = np.partition(distances, most - 1)[most - 1]
        rows = np.flatnonzero(distances <= furthest)
    else:
        rows = np.arange(len(distances))
    order = np.lexsort((-newness[rows], distances[rows]))
    return rows[order][:most]


def _in_buffer(
    session: TrainingSession,
    buffer: ReplayBuffer,
    info: EnvironmentInfo,
    observation: Floats,
    most: int,
) -> NearestStates:
    held = len(buffer)
    collected = buffer.columns.collected[:held]
    distances = scaled_distances(info, buffer.columns.observations[:held], observation)
    rows = _nearest(distances, collected, most)
    found = buffer.rows(rows)
    critic = session.networks["critic"]
    values = action_values(critic, found.observations)
    targets = td_targets(
        found.rewards,
        found.terminated,
        action_values(critic, found.next_observations),
        session.config.gamma,
    )
    return NearestStates(
        "buffer",
        held,
        found.observations,
        distances[rows],
        found.actions,
        found.rewards,
        session.global_step - found.collected,
        {"target": targets, "estimate": values[np.arange(len(rows)), found.actions]},
    )


def _in_updates(
    session: TrainingSession, info: EnvironmentInfo, observation: Floats, most: int
) -> NearestStates:
    """Search the steps of the latest updates.

    Each update learns from all steps since the update before. So the rows of the latest batches
    belong to consecutive steps, and the last row belongs to the step of the last update.
    """
    learned, weights, returns = _learned_steps(session)
    steps = session.history.steps
    observations = steps.observation[learned].reshape(-1, len(info.axes))
    distances = scaled_distances(info, observations, observation)
    rows = _nearest(distances, steps.global_step[learned], most)
    numbers = {"weight": weights[rows]}
    if not isinstance(session.config, ActorCriticConfig):
        numbers = {"return": returns[rows], **numbers}
    chosen = learned[rows]
    return NearestStates(
        "nothing" if session.history.last_update is None else "updates",
        len(learned),
        observations[rows],
        distances[rows],
        steps.action[chosen],
        steps.reward[chosen],
        session.global_step - steps.global_step[chosen],
        numbers,
    )


def _learned_steps(session: TrainingSession) -> tuple[NDArray[np.int64], Floats, Floats]:
    """The indices of the history's steps that updates used, and the steps' wₜ and Gₜ: [N] each."""
    steps, last = session.history.steps, session.history.last_update
    if last is None:
        return np.empty(0, np.int64), np.empty(0), np.empty(0)
    # The last batch is complete; of the batches before, the history keeps only the latest rows.
    _action, returns, weights, _end = session.history.signals
    if len(last.weights) > len(weights):
        weights = last.weights
        returns = np.full(len(weights), np.nan) if last.returns is None else last.returns
    learned = np.flatnonzero(steps.global_step <= last.global_step)[-len(weights) :]
    kept = slice(len(weights) - len(learned), None)
    return learned, weights[kept], returns[kept]
