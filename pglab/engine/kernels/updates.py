"""Two classes: what an update has done, and the settings and networks of an actor-critic."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pglab.engine.compiling import exact
from pglab.engine.kernels.steps import (
    BATCH_ROWS,
    CRITIC_ROWS,
    GLOBAL_STEP,
    STORED,
    UPDATE_ROWS,
    UPDATES,
    ends,
)

ACTOR, CRITIC = range(2)
# As in `clip_factor`. A constant of another package could change without a new compilation.
CLIP_EPSILON = 1e-6


class ActorCriticSettings(NamedTuple):
    """The numbers that describe an actor-critic, without the numbers in `Settings`."""

    gamma: float
    learning_rate: float
    critic_learning_rate: float
    entropy_coefficient: float
    q_regularization: float
    value_loss_coefficient: float
    max_gradient_norm: float
    epsilon: float
    signal: int  # index in `pglab.engine.settings.SIGNALS`
    rollout_steps: int
    batch_size: int
    critic_updates: int
    replay: bool
    critic_only: bool
    actor_learns: bool
    critic_learns: bool
    tanh: bool
    symexp: bool


class Networks(NamedTuple):
    """The layers of actor and critic, as row numbers of the table of layers.

    Only the layers from `actor_reach` on have a gradient of the actor's loss. Only the layers from
    `critic_reach` on have a gradient of the critic's loss. `shared` is the number of layers that
    both networks share.
    """

    actor: NDArray[np.int64]
    critic: NDArray[np.int64]
    shared: int
    actor_reach: int
    critic_reach: int
    one_optimizer: bool


@exact
def clear_record(record, row):
    """Set the optional fields of an update's record to NaN. Not every update computes them."""
    record.actor_loss[row] = record.critic_loss[row] = math.nan
    record.actor_gradient_norm[row] = record.critic_gradient_norm[row] = math.nan
    record.cosine[row] = record.td_error[row] = math.nan
    record.shared_actor_norm[row] = record.shared_critic_norm[row] = math.nan


@exact
def finish_record(counts, steps, out):
    """Complete the record of an update, and delete the stored steps that the update has used."""
    count, place, row = counts[STORED], out.rows[BATCH_ROWS], out.rows[UPDATE_ROWS]
    record, batches = out.updates, out.batches
    for t in range(count):
        batches.action[place + t] = steps.action[t]
        batches.episode_end[place + t] = ends(steps, t)
    out.rows[BATCH_ROWS] += count
    out.rows[UPDATE_ROWS] += 1
    counts[STORED] = 0
    counts[UPDATES] += 1
    record.global_step[row] = counts[GLOBAL_STEP]
    record.update[row] = counts[UPDATES]
    record.batch_end[row] = out.rows[BATCH_ROWS]
    record.critic_end[row] = out.rows[CRITIC_ROWS]


@exact
def note_conflict(record, row, actor_square, critic_square, dot):
    """Record the cosine and the norms of two gradients on the shared layers."""
    product = math.sqrt(actor_square) * math.sqrt(critic_square)
    record.cosine[row] = dot / product if product > 0 else math.nan
    record.shared_actor_norm[row] = math.sqrt(actor_square)
    record.shared_critic_norm[row] = math.sqrt(critic_square)


@exact
def scale_of(square, limit):
    """The factor `clip_factor` for a gradient whose squared norm is `square`."""
    length = math.sqrt(max(square, 0.0))
    return min(1.0, limit / (length + CLIP_EPSILON)) if limit > 0 else 1.0


@exact
def part_of_step(networks, actor_steps, critic_steps, part):
    """The layers that part 0, 1 or 2 of an Adam step changes: (first layer, last layer + 1).

    Part 0 changes the actor's layers. For layers that both losses train, part 0 uses the sum of
    both gradients. Part 1 changes the layers of a shared body that only the critic's loss trains.
    Part 2 changes the layers that only the critic has.
    """
    if part == 0:
        return (networks.actor_reach, len(networks.actor)) if actor_steps else (0, 0)
    if not critic_steps:
        return 0, 0
    if part == 2:
        return max(networks.critic_reach, networks.shared), len(networks.critic)
    both = max(networks.actor_reach, networks.critic_reach)
    last = min(both, networks.shared) if actor_steps else networks.shared
    return networks.critic_reach, last
