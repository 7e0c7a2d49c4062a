"""The training loop of REINFORCE in compiled code, for many steps in one call.

The loop does the same as the PyTorch code in `pglab.algorithms.reinforce`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from pglab.engine.compiling import compiled, exact, inlined, is_finite
from pglab.engine.kernels import adam, layers
from pglab.engine.kernels.gradients import actor_delta, critic_delta, log_policy
from pglab.engine.kernels.steps import (
    ACTOR_LOSS,
    BATCH_ROWS,
    BLOCK,
    CRITIC_LOSS,
    ENDED,
    GOES_ON,
    GRADIENT,
    GRADIENT_STEPS,
    LOG_PROBABILITY,
    STEP_ROWS,
    STORED,
    UPDATE_ROWS,
    end_episode,
    ends,
    is_enough,
    is_over,
    store,
    take_step,
)
from pglab.engine.kernels.updates import clear_record, finish_record


class ReinforceSettings(NamedTuple):
    """Numbers: those settings of REINFORCE that `Settings` does not contain."""

    gamma: float
    learning_rate: float
    value_learning_rate: float
    entropy_coefficient: float
    episodes_per_update: int
    min_batch_steps: int
    mean_baseline: bool
    value_baseline: bool
    whole_episode: bool
    normalize: bool
    tanh: bool


@compiled
def reinforce(
    run, settings, own, constants, memory, rows, value_rows, work, batch, draws, limits, out
):
    """Train until a limit is reached or the run ends. Return why the training stopped."""
    counts, written = run.counts, out.rows
    while not is_over(run, settings):
        x = work.inputs[0]
        for i in range(len(x)):
            x[i] = run.observation[i]
        layers.forward_one(memory.parameters, memory.table, rows, 0, own.tanh, x, work.acting)
        logits = layers.vector_of(memory.table, rows[-1], work.acting)
        log_policy(logits, False, work.policy)
        row = written[STEP_ROWS]
        if not take_step(run, draws, work.policy, out.steps, row):
            return LOG_PROBABILITY
        written[STEP_ROWS] += 1
        store(batch, counts[STORED], out.steps, row, 0.0)
        counts[STORED] += 1
        if ends(out.steps, row):
            counts[ENDED] += 1
            end_episode(run, settings, draws, out, row)
            enough = counts[ENDED] >= own.episodes_per_update
            if enough and counts[STORED] >= own.min_batch_steps:
                status = update(counts, own, constants, memory, rows, value_rows, work, batch, out)
                if status != GOES_ON:
                    return status
        if is_enough(written, limits):
            return GOES_ON
    return GOES_ON


@inlined
def update(counts, own, constants, memory, rows, value_rows, work, batch, out):
    """Learn from the stored episodes, then delete these episodes.

    Returns:
        `GOES_ON`, or the code of the quantity that is not finite.
    """
    count = counts[STORED]
    place = out.rows[BATCH_ROWS]
    returns = out.batches.batch_return[place : place + count]
    weights = out.batches.weight[place : place + count]
    fill_returns(batch, count, own.gamma, own.whole_episode, returns)
    if own.value_baseline:
        fill_values(own, memory, value_rows, work, batch, count, weights)
    fill_weights(own, returns, weights)
    row = out.rows[UPDATE_ROWS]
    gradient, record = memory.gradients[0], out.updates
    clear_record(record, row)

    # --- The policy
    loss, entropy = policy_gradient(own, memory, rows, work, batch, weights, gradient)
    if not is_finite(loss):
        return ACTOR_LOSS
    square = layers.square_norm(memory.table, rows, 0, gradient)
    if not is_finite(square):
        return GRADIENT
    adam.descend(
        memory, rows, 0, len(rows), gradient, 1.0, own.learning_rate, constants, work.constants
    )
    counts[GRADIENT_STEPS] += 1
    record.actor_loss[row] = loss / count
    record.entropy[row] = entropy / count
    record.actor_gradient_norm[row] = math.sqrt(square)

    # --- The learned baseline
    if own.value_baseline:
        status = fit_value(counts, own, constants, memory, value_rows, work, batch, returns, out)
        if status != GOES_ON:
            return status
    finish_record(counts, batch.steps, out)
    counts[ENDED] = 0
    return GOES_ON


@inlined
def policy_gradient(own, memory, rows, work, batch, weights, gradient):
    """Fill `gradient` with the gradient of the policy's loss, for the weights wₜ [T].

    Returns:
        T times the loss, and T times the mean entropy.
    """
    count, table = len(weights), memory.table
    layers.clear(table, rows, 0, gradient)
    loss, entropy = 0.0, 0.0
    for start in range(0, count, BLOCK):
        end = min(start + BLOCK, count)
        inputs, deltas = forward_block(own, memory, rows, work, batch, start, end)
        outputs = layers.outputs_of(table, rows[-1], end - start, work.units)
        for t in range(start, end):
            one, other = actor_delta(
                outputs[t - start],
                False,
                work.policy,
                batch.steps.action[t],
                weights[t],
                own.entropy_coefficient,
                count,
                deltas[t - start],
            )
            loss, entropy = loss + one, entropy + other
        backward_block(own, memory, rows, work, inputs, gradient)
    return loss, entropy


@inlined
def fit_value(counts, own, constants, memory, rows, work, batch, returns, out):
    """Take one Adam step that moves the learned baseline V toward the returns [T].

    Returns:
        `GOES_ON`, or the code of the quantity that is not finite.
    """
    count, row = counts[STORED], out.rows[UPDATE_ROWS]
    table, gradient = memory.table, memory.gradients[1]
    layers.clear(table, rows, 0, gradient)
    loss = 0.0
    for start in range(0, count, BLOCK):
        end = min(start + BLOCK, count)
        inputs, deltas = forward_block(own, memory, rows, work, batch, start, end)
        outputs = layers.outputs_of(table, rows[-1], end - start, work.units)
        for t in range(start, end):  # V has one output, number 0
            _value, part = critic_delta(
                outputs[t - start], False, 0, returns[t], 1.0, 0.0, count, deltas[t - start]
            )
            loss += part
        backward_block(own, memory, rows, work, inputs, gradient)
    if not is_finite(loss):
        return CRITIC_LOSS
    square = layers.square_norm(table, rows, 0, gradient)
    if not is_finite(square):
        return GRADIENT
    adam.descend(
        memory,
        rows,
        0,
        len(rows),
        gradient,
        1.0,
        own.value_learning_rate,
        constants,
        work.constants,
    )
    counts[GRADIENT_STEPS] += 1
    out.updates.critic_loss[row] = loss / count
    out.updates.critic_gradient_norm[row] = math.sqrt(square)
    return GOES_ON


@inlined
def forward_block(own, memory, rows, work, batch, start, end):
    """Compute a network's activations for a part of the batch.

    Returns:
        The observations [B, D] in the precision of the network, and an array [B, outputs]. The
        caller fills this array with the derivatives with respect to the last layer's outputs.
    """
    table = memory.table
    inputs = work.inputs[: end - start]
    for t in range(end - start):
        for i in range(inputs.shape[1]):
            inputs[t, i] = batch.steps.observation[start + t, i]
    layers.forward(memory.parameters, table, rows, 0, own.tanh, inputs, work.units, work.matrix)
    return inputs, layers.outputs_of(table, rows[-1], end - start, work.deltas)


@inlined
def backward_block(own, memory, rows, work, inputs, gradient):
    """Add the derivatives of a loss to `gradient`, for the samples of the last `forward_block`."""
    layers.backward(
        memory.parameters,
        memory.table,
        rows,
        0,
        own.tanh,
        inputs,
        work.units,
        len(inputs),
        work.deltas,
        gradient,
        work.matrix,
    )


@inlined
def fill_values(own, memory, rows, work, batch, count, values):
    """Fill `values` [T] with the estimates V(sₜ) of the learned baseline."""
    for start in range(0, count, BLOCK):
        end = min(start + BLOCK, count)
        forward_block(own, memory, rows, work, batch, start, end)
        outputs = layers.outputs_of(memory.table, rows[-1], end - start, work.units)
        for t in range(end - start):
            values[start + t] = outputs[t, 0]


@exact
def fill_returns(batch, count, gamma, whole_episode, returns):
    """Fill `returns` [T] with the numbers that `discounted_returns` gives.

    If `whole_episode` is true, fill `returns` with the numbers that `whole_episode_returns` gives.
    """
    G = 0.0  # noqa: N806 (the formula's symbol)
    for t in range(count - 1, -1, -1):
        G = batch.steps.reward[t] + gamma * (0.0 if ends(batch.steps, t) else G)  # noqa: N806
        returns[t] = G
    if whole_episode:
        for t in range(1, count):
            if not ends(batch.steps, t - 1):
                returns[t] = returns[t - 1]


@inlined
def fill_weights(own, returns, weights):
    """Fill `weights` [T] with wₜ.

    If V is the baseline, `weights` must contain V(sₜ) before the call. With other baselines,
    the function does not read `weights`.
    """
    count = len(returns)
    mean = 0.0
    for t in range(count):
        mean += returns[t]
    mean /= count
    for t in range(count):
        if own.value_baseline:
            weights[t] = returns[t] - weights[t]
        elif own.mean_baseline:
            weights[t] = returns[t] - mean
        else:
            weights[t] = returns[t]
    if not own.normalize:
        return
    mean, square = 0.0, 0.0
    for t in range(count):
        mean += weights[t]
    mean /= count
    for t in range(count):
        square += (weights[t] - mean) * (weights[t] - mean)
    spread = math.sqrt(square / count)
    for t in range(count):
        # If all weights are equal, rounding errors give a small spread. The division must not
        # enlarge these rounding errors.
        weights[t] = (weights[t] - mean) / spread if spread > 1e-8 else 0.0
