"""The training loop of an actor-critic in compiled code, for many steps in one call.

The loop does the same as the PyTorch code in `pglab.algorithms.actor_critic`.
"""

from __future__ import annotations

import math

from pglab.engine.compiling import compiled, exact, inlined
from pglab.engine.kernels import layers
from pglab.engine.kernels.batch_update import learn
from pglab.engine.kernels.gradients import greedy_policy, log_policy, signal_of, squash
from pglab.engine.kernels.one_step_update import learn_from_one_step
from pglab.engine.kernels.steps import (
    ADDED,
    BATCH_ROWS,
    GOES_ON,
    LOG_PROBABILITY,
    STEP_ROWS,
    STORED,
    UPDATE_ROWS,
    copy_row,
    end_episode,
    ends,
    is_enough,
    is_over,
    store,
    take_step,
)
from pglab.engine.kernels.updates import finish_record


@compiled
def actor_critic(
    run, settings, own, constants, memory, networks, work, rollout, buffer, draws, limits, out
):
    """Train until a limit is reached or the run ends. Return why the training stopped."""
    counts, written = run.counts, out.rows
    while not is_over(run, settings):
        compute_policy(run.observation, own, memory, networks, work)
        row = written[STEP_ROWS]
        if not take_step(run, draws, work.policy, out.steps, row):
            return LOG_PROBABILITY
        written[STEP_ROWS] += 1
        weight = signal_of(
            own.signal, work.values, out.steps.action_probabilities[row], out.steps.action[row]
        )
        store(rollout, counts[STORED], out.steps, row, weight)
        counts[STORED] += 1
        if own.replay:
            remember(buffer, counts, out.steps, row)
        # --- Episode
        if ends(out.steps, row):
            end_episode(run, settings, draws, out, row)
        # --- Update
        if counts[STORED] >= own.rollout_steps:
            if counts[STORED] == 1 and not own.replay:
                status = learn_from_one_step(
                    counts, own, constants, memory, networks, work, rollout, out
                )
            else:
                status = learn(
                    counts, own, constants, memory, networks, work, rollout, buffer, draws, out
                )
            if status != GOES_ON:
                return status
            finish_update(counts, own, rollout, out)
        if is_enough(written, limits):
            return GOES_ON
    return GOES_ON


@inlined
def compute_policy(observation, own, memory, networks, work):
    """Fill `work.policy` with log π(·|sₜ) and `work.values` with Q(sₜ,·)."""
    table, x = memory.table, work.inputs[0]
    for i in range(len(x)):
        x[i] = observation[i]
    layers.forward_one(memory.parameters, table, networks.actor, 0, own.tanh, x, work.acting)
    layers.forward_one(
        memory.parameters, table, networks.critic, networks.shared, own.tanh, x, work.acting
    )
    squash(layers.vector_of(table, networks.critic[-1], work.acting), own.symexp, work.values)
    if own.critic_only:
        greedy_policy(work.values, own.epsilon, work.policy)
    else:
        logits = layers.vector_of(table, networks.actor[-1], work.acting)
        log_policy(logits, own.symexp, work.policy)


@exact
def remember(buffer, counts, steps, row):
    """Store row `row` of `steps` in the replay buffer.

    In a full buffer, the new transition replaces the oldest transition.
    """
    place = counts[ADDED] % len(buffer.actions)
    copy_row(steps.observation, row, buffer.observations, place)
    buffer.actions[place] = steps.action[row]
    buffer.rewards[place] = steps.reward[row]
    buffer.terminated[place] = steps.terminated[row]
    copy_row(steps.next_observation, row, buffer.next_observations, place)
    buffer.collected[place] = steps.global_step[row]
    counts[ADDED] += 1


@exact
def finish_update(counts, own, rollout, out):
    """Complete the record of an update, and delete the steps of the rollout."""
    count, place, row = counts[STORED], out.rows[BATCH_ROWS], out.rows[UPDATE_ROWS]
    batches, entropy = out.batches, 0.0
    for t in range(count):
        batches.batch_return[place + t] = math.nan
        batches.weight[place + t] = rollout.weights[t]
        if own.critic_only:
            for k in range(rollout.steps.action_probabilities.shape[1]):
                p = float(rollout.steps.action_probabilities[t, k])
                entropy -= p * math.log(p)
    if own.critic_only:
        out.updates.entropy[row] = entropy / count
    finish_record(counts, rollout.steps, out)
