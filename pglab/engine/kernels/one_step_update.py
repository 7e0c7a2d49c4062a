"""The update of an actor-critic on a single step, in compiled code.

The gradient of a weight matrix is δ · xᵀ. Here, x are the inputs of the layer, and δ are the
derivatives of the loss with respect to the outputs of the layer. The code computes the norms and
the dot products of gradients directly from the vectors x and δ, without gradient matrices.
"""

from __future__ import annotations

import math

from pglab.engine.compiling import compiled, inlined, is_finite
from pglab.engine.kernels import adam, layers
from pglab.engine.kernels.gradients import actor_delta, critic_delta, td_target
from pglab.engine.kernels.steps import (
    ACTOR_LOSS,
    CRITIC_LOSS,
    CRITIC_ROWS,
    GLOBAL_STEP,
    GOES_ON,
    GRADIENT,
    GRADIENT_STEPS,
    UPDATE_ROWS,
)
from pglab.engine.kernels.updates import clear_record, note_conflict, part_of_step, scale_of


@inlined
def learn_from_one_step(counts, own, constants, memory, networks, work, rollout, out):
    """Do the same as `learn`, for a rollout of one step and a critic without replay.

    `work.acting` still contains the activations of actor and critic at sₜ.

    Returns:
        `GOES_ON`, or the code of the quantity that is not finite.
    """
    record, row, table = out.updates, out.rows[UPDATE_ROWS], memory.table
    clear_record(record, row)
    x = work.inputs[0]
    status, actor_square, critic_square = one_step_deltas(
        counts, own, memory, networks, work, rollout, out, x
    )
    if status != GOES_ON:
        return status
    both, dot = max(networks.actor_reach, networks.critic_reach), 0.0
    overlap = own.actor_learns and own.critic_learns and both < networks.shared
    if overlap:
        a, c, dot = compare_deltas(table, networks.actor, both, networks.shared, x, work)
        note_conflict(record, row, a, c, dot)
        add_deltas(table, networks.actor, both, networks.shared, work)
    one = networks.one_optimizer
    square = actor_square + 2 * dot + critic_square
    if not is_finite(square):
        return GRADIENT
    scale = scale_of(square if one else actor_square, own.max_gradient_norm)
    critic_scale = scale_of(square if one else critic_square, own.max_gradient_norm)
    for part in range(3):
        first, last = part_of_step(networks, own.actor_learns, own.critic_learns, part)
        step_outer(
            memory,
            networks.actor if part == 0 else networks.critic,
            first,
            last,
            x,
            work,
            work.deltas if part == 0 else work.other_deltas,
            scale if part == 0 else critic_scale,
            own.learning_rate if part == 0 or one else own.critic_learning_rate,
            constants,
        )
    steps = int(own.actor_learns) + int(own.critic_learns)
    counts[GRADIENT_STEPS] += min(steps, 1) if one else steps
    return GOES_ON


@inlined
def one_step_deltas(counts, own, memory, networks, work, rollout, out, x):
    """Record both losses, and compute their derivatives with respect to all layers' outputs.

    Returns:
        A code and the squared norms of both gradients. The code is `GOES_ON`, or the code of the
        quantity that is not finite.
    """
    record, row = out.updates, out.rows[UPDATE_ROWS]
    actor_square, critic_square = 0.0, 0.0
    loss, entropy = one_actor_loss(own, memory, networks, work, rollout)
    record.entropy[row] = entropy
    if not is_finite(loss):
        return ACTOR_LOSS, actor_square, critic_square
    if own.critic_learns:
        critic_loss = one_critic_loss(counts, own, memory, networks, work, rollout, out)
        if not is_finite(critic_loss):
            return CRITIC_LOSS, actor_square, critic_square
        critic_square = deltas_of(
            own, memory, networks.critic, networks.critic_reach, x, work.acting, work.other_deltas
        )
        record.critic_loss[row] = critic_loss
        record.critic_gradient_norm[row] = math.sqrt(critic_square)
    if own.actor_learns:
        actor_square = deltas_of(
            own, memory, networks.actor, networks.actor_reach, x, work.acting, work.deltas
        )
        record.actor_loss[row] = loss
        record.actor_gradient_norm[row] = math.sqrt(actor_square)
    return GOES_ON, actor_square, critic_square


@inlined
def one_actor_loss(own, memory, networks, work, rollout):
    """Compute the derivatives of the actor's loss with respect to the actor's last outputs.

    Returns:
        The actor's loss, and the entropy.
    """
    table, head = memory.table, networks.actor[-1]
    return actor_delta(
        layers.vector_of(table, head, work.acting),
        own.symexp,
        work.policy,
        rollout.steps.action[0],
        rollout.weights[0],
        own.entropy_coefficient,
        1,
        layers.vector_of(table, head, work.deltas),
    )


@inlined
def one_critic_loss(counts, own, memory, networks, work, rollout, out):
    """Compute the derivatives of the critic's loss with respect to the critic's last outputs.

    The function also records the critic's batch, which is one transition, and returns the loss.
    """
    table, head, place = memory.table, networks.critic[-1], out.rows[CRITIC_ROWS]
    following = work.inputs[1]
    for i in range(len(following)):
        following[i] = rollout.steps.next_observation[0, i]
    layers.forward_one(
        memory.parameters, table, networks.critic, 0, own.tanh, following, work.units
    )
    target = td_target(
        rollout.steps.reward[0],
        rollout.steps.terminated[0],
        layers.vector_of(table, head, work.units),
        own.symexp,
        own.gamma,
    )
    estimate, loss = critic_delta(
        layers.vector_of(table, head, work.acting),
        own.symexp,
        rollout.steps.action[0],
        target,
        own.value_loss_coefficient,
        own.q_regularization,
        1,
        layers.vector_of(table, head, work.other_deltas),
    )
    batches = out.critic_batches
    batches.target[place], batches.estimate[place] = target, estimate
    batches.age[place] = counts[GLOBAL_STEP] - rollout.steps.global_step[0]
    out.rows[CRITIC_ROWS] += 1
    out.updates.td_error[out.rows[UPDATE_ROWS]] = abs(target - estimate)
    return loss


@inlined
def below(table, rows, place, x, units):
    """The inputs of layer number `place` of a network, for one sample `x` [D]: [inputs]."""
    return x if place == 0 else layers.vector_of(table, rows[place - 1], units)


@compiled
def deltas_of(own, memory, rows, reach, x, units, deltas):
    """Fill `deltas` for all layers from `reach` on. Return the squared norm of the gradient.

    `deltas` are the derivatives of the loss with respect to the outputs of the layers. Before the
    call, `deltas` must contain these derivatives for the last layer.
    """
    table, total = memory.table, 0.0
    for place in range(len(rows) - 1, reach - 1, -1):
        here = layers.vector_of(table, rows[place], deltas)
        inputs = below(table, rows, place, x, units)
        total += layers.squares_of(here) * (layers.squares_of(inputs) + 1.0)
        if place > reach:
            lower = layers.vector_of(table, rows[place - 1], deltas)
            layers.fill(lower, 0)
            layers.add_rows(here, layers.weights_of(memory.parameters, table, rows[place]), lower)
            layers.slope(lower, inputs, own.tanh)
    return total


@inlined
def compare_deltas(table, rows, first, last, x, work):
    """Compare the gradients of actor and critic on the layers `first` to `last` − 1.

    Returns:
        The squared norms of the two gradients, and their dot product.
    """
    actor, critic, dot = 0.0, 0.0, 0.0
    for place in range(first, last):
        one = layers.vector_of(table, rows[place], work.deltas)
        other = layers.vector_of(table, rows[place], work.other_deltas)
        # The 1 is the input that belongs to the biases.
        inputs = layers.squares_of(below(table, rows, place, x, work.acting)) + 1.0
        product = one[0] * 0
        for j in range(len(one)):
            product += one[j] * other[j]
        actor += layers.squares_of(one) * inputs
        critic += layers.squares_of(other) * inputs
        dot += product * inputs
    return actor, critic, dot


@inlined
def add_deltas(table, rows, first, last, work):
    """Add the critic's deltas to the actor's deltas, on the layers `first` to `last` − 1."""
    for place in range(first, last):
        one = layers.vector_of(table, rows[place], work.deltas)
        other = layers.vector_of(table, rows[place], work.other_deltas)
        for j in range(len(one)):
            one[j] += other[j]


@compiled
def step_outer(memory, rows, first, last, x, work, deltas, scale, rate, constants):
    """Take one Adam step on the layers `first` to `last` − 1, with the gradients δ · xᵀ."""
    numbers, table = work.constants, memory.table
    for place in range(first, last):
        row = rows[place]
        adam.begin_step(memory, row, scale, rate, constants, numbers)
        inputs = below(table, rows, place, x, work.acting)
        here = layers.vector_of(table, row, deltas)
        weights = layers.weights_of(memory.parameters, table, row)
        means = layers.weights_of(memory.means, table, row)
        squares = layers.weights_of(memory.squares, table, row)
        wide = len(inputs)
        if wide < layers.NARROW:
            gradient = work.matrix[: len(weights)]
            for j in range(len(here)):
                for i in range(wide):
                    gradient[j * wide + i] = here[j] * inputs[i]
            adam.adam(weights, means, squares, gradient, numbers[7], numbers)
        else:
            for j in range(len(here)):
                start, end = j * wide, j * wide + wide
                adam.adam(
                    weights[start:end],
                    means[start:end],
                    squares[start:end],
                    inputs,
                    numbers[7] * here[j],
                    numbers,
                )
        adam.adam(
            layers.biases_of(memory.parameters, table, row),
            layers.biases_of(memory.means, table, row),
            layers.biases_of(memory.squares, table, row),
            here,
            numbers[7],
            numbers,
        )
