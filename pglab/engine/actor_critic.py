"""Actor-critic, compiled: the loop of `pglab.algorithms.actor_critic`, for many steps in one call."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pglab.engine import layers
from pglab.engine.compiling import compiled, exact, inlined
from pglab.engine.gradients import (
    actor_delta,
    compare,
    critic_delta,
    greedy_policy,
    log_policy,
    signal_of,
    squash,
    td_target,
)
from pglab.engine.steps import (
    ACTOR_LOSS,
    ADDED,
    BATCH_ROWS,
    BLOCK,
    CRITIC_LOSS,
    CRITIC_ROWS,
    EPISODE_ROWS,
    GLOBAL_STEP,
    GOES_ON,
    GRADIENT,
    GRADIENT_STEPS,
    LOG_PROBABILITY,
    STEP_ROWS,
    STORED,
    UPDATE_ROWS,
    UPDATES,
    copy_row,
    end_episode,
    ends,
    is_over,
    store,
    take_step,
)

ACTOR, CRITIC = range(2)


class ActorCriticSettings(NamedTuple):
    """The settings that only actor-critics have, as numbers."""

    gamma: float
    learning_rate: float
    critic_learning_rate: float
    entropy_coefficient: float
    q_regularization: float
    value_loss_coefficient: float
    max_gradient_norm: float
    epsilon: float
    signal: int  # place in `SIGNALS`
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
    """The layers of actor and critic, as rows of the table.

    A network's gradient has entries for its layers from its `reach` on. `shared` is the number of
    layers that the two networks have in common.
    """

    actor: NDArray[np.int64]
    critic: NDArray[np.int64]
    shared: int
    actor_reach: int
    critic_reach: int
    one_optimizer: bool


@compiled
def actor_critic(
    run, settings, own, constants, memory, networks, work, rollout, buffer, draws, limits, out
):
    """Train until a limit is reached or the run ends; return why it stopped."""
    counts, written = run.counts, out.rows
    table = memory.table
    while not is_over(run, settings):
        # --- Act: log π(·|sₜ) and Q(sₜ,·)
        x = work.inputs[0]
        for i in range(len(x)):
            x[i] = run.observation[i]
        layers.forward_one(memory.parameters, table, networks.actor, 0, own.tanh, x, work.acting)
        layers.forward_one(
            memory.parameters, table, networks.critic, networks.shared, own.tanh, x, work.acting
        )
        values = work.values
        squash(layers.vector_of(table, networks.critic[-1], work.acting), own.symexp, values)
        if own.critic_only:
            greedy_policy(values, own.epsilon, work.policy)
        else:
            logits = layers.vector_of(table, networks.actor[-1], work.acting)
            log_policy(logits, own.symexp, work.policy)
        row = written[STEP_ROWS]
        if not take_step(run, draws, work.policy, out.steps, row):
            return LOG_PROBABILITY
        written[STEP_ROWS] += 1
        weight = signal_of(
            own.signal, values, out.steps.action_probabilities[row], out.steps.action[row]
        )
        store(rollout, counts[STORED], out.steps, row, weight)
        counts[STORED] += 1
        if own.replay:
            remember(buffer, counts, out.steps, row)
        # --- Episode
        if ends(out.steps, row):
            end_episode(
                run,
                settings,
                draws,
                not out.steps.terminated[row],
                out.episodes,
                written[EPISODE_ROWS],
            )
            written[EPISODE_ROWS] += 1
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
        if (
            written[STEP_ROWS] >= limits.steps
            or written[EPISODE_ROWS] >= limits.episodes
            or written[UPDATE_ROWS] >= limits.updates
        ):
            return GOES_ON
    return GOES_ON


@exact
def remember(buffer, counts, steps, row):
    """Store row `row` of `steps` in the replay buffer, in place of the oldest if it is full."""
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
    """Complete the record of an update, and delete the rollout."""
    count, place, row = counts[STORED], out.rows[BATCH_ROWS], out.rows[UPDATE_ROWS]
    record, batches = out.updates, out.batches
    entropy = 0.0
    for t in range(count):
        batches.action[place + t] = rollout.steps.action[t]
        batches.batch_return[place + t] = math.nan
        batches.weight[place + t] = rollout.weights[t]
        batches.episode_end[place + t] = ends(rollout.steps, t)
        if own.critic_only:
            for k in range(rollout.steps.action_probabilities.shape[1]):
                p = float(rollout.steps.action_probabilities[t, k])
                entropy -= p * math.log(p)
    if own.critic_only:
        record.entropy[row] = entropy / count
    out.rows[BATCH_ROWS] += count
    out.rows[UPDATE_ROWS] += 1
    counts[STORED] = 0
    counts[UPDATES] += 1
    record.global_step[row] = counts[GLOBAL_STEP]
    record.update[row] = counts[UPDATES]
    record.batch_end[row] = out.rows[BATCH_ROWS]
    record.critic_end[row] = out.rows[CRITIC_ROWS]


@exact
def clear_record(record, row):
    """Set all that an update may not compute to NaN."""
    record.actor_loss[row] = record.critic_loss[row] = math.nan
    record.actor_gradient_norm[row] = record.critic_gradient_norm[row] = math.nan
    record.cosine[row] = record.td_error[row] = math.nan
    record.shared_actor_norm[row] = record.shared_critic_norm[row] = math.nan


@exact
def note_conflict(record, row, actor_square, critic_square, dot):
    """Record the cosine of two gradients on the shared layers, and their norms there."""
    product = math.sqrt(actor_square) * math.sqrt(critic_square)
    record.cosine[row] = dot / product if product > 0 else math.nan
    record.shared_actor_norm[row] = math.sqrt(actor_square)
    record.shared_critic_norm[row] = math.sqrt(critic_square)


@exact
def scale_of(square, limit):
    """The factor that clips a gradient with this squared norm; 1 without a limit."""
    length = math.sqrt(max(square, 0.0))
    return limit / length if limit > 0 and length > limit else 1.0


# --- An update on a batch


@inlined
def learn(counts, own, constants, memory, networks, work, rollout, buffer, draws, out):
    """Learn from the rollout; with replay, the critic learns from random transitions, and first.

    Returns:
        `GOES_ON`, or what is no longer finite.
    """
    record, row = out.updates, out.rows[UPDATE_ROWS]
    gradients = memory.gradients
    clear_record(record, row)
    joint = networks.one_optimizer and not own.replay
    critic_rate = own.learning_rate if networks.one_optimizer else own.critic_learning_rate
    size = own.batch_size if own.replay else counts[STORED]
    passes = 1 if own.critic_learns else 0
    if own.replay:
        held = min(counts[ADDED], len(buffer.actions))
        passes *= min(own.critic_updates, held // own.batch_size)
    first = out.rows[CRITIC_ROWS]
    critic_square = 0.0
    critic_status = GOES_ON
    for number in range(passes):
        if own.replay:
            draw_places(buffer, held, size, draws, work.places)
        loss, distance = critic_gradient(
            counts, own, memory, networks, work, rollout, buffer, size, first, out
        )
        critic_square = layers.square_norm(
            memory.table, networks.critic, networks.critic_reach, gradients[CRITIC]
        )
        if not math.isfinite(loss):
            critic_status = CRITIC_LOSS
        elif not joint and not math.isfinite(critic_square):
            critic_status = GRADIENT
        if critic_status != GOES_ON and own.replay:
            return critic_status
        if not joint and critic_status == GOES_ON:
            scale = scale_of(critic_square, own.max_gradient_norm)
            layers.descend(
                memory,
                networks.critic,
                networks.critic_reach,
                len(networks.critic),
                gradients[CRITIC],
                scale,
                critic_rate,
                constants,
                work.constants,
            )
            counts[GRADIENT_STEPS] += 1
        record.critic_loss[row] = loss / size
        record.critic_gradient_norm[row] = math.sqrt(critic_square)
        record.td_error[row] = distance / size
    if passes > 0:
        out.rows[CRITIC_ROWS] += size

    actor_square = actor_gradient(counts, own, memory, networks, work, rollout, out)
    if not math.isfinite(record.actor_loss[row]):
        return ACTOR_LOSS
    if critic_status != GOES_ON:
        return critic_status
    dot = 0.0
    both = max(networks.actor_reach, networks.critic_reach)
    overlap = own.actor_learns and passes > 0 and both < networks.shared
    if overlap:
        a, c, dot = compare(memory.table, networks.actor, both, networks.shared, gradients)
        note_conflict(record, row, a, c, dot)
    square = actor_square if own.actor_learns else 0.0
    if joint:
        square += 2 * dot + critic_square
    if not math.isfinite(square):
        return GRADIENT
    scale = scale_of(square, own.max_gradient_norm)
    if joint and overlap:
        add_overlap(memory.table, networks.actor, both, networks.shared, gradients)
    if own.actor_learns:
        layers.descend(
            memory,
            networks.actor,
            networks.actor_reach,
            len(networks.actor),
            gradients[ACTOR],
            scale,
            own.learning_rate,
            constants,
            work.constants,
        )
    if joint and passes > 0:
        # Where both gradients have entries, the actor's step was taken with their sum.
        split = min(both, networks.shared) if own.actor_learns else networks.shared
        rest = max(networks.critic_reach, networks.shared)
        layers.descend(
            memory,
            networks.critic,
            networks.critic_reach,
            split,
            gradients[CRITIC],
            scale,
            own.learning_rate,
            constants,
            work.constants,
        )
        layers.descend(
            memory,
            networks.critic,
            rest,
            len(networks.critic),
            gradients[CRITIC],
            scale,
            own.learning_rate,
            constants,
            work.constants,
        )
    if own.actor_learns or (joint and passes > 0):
        counts[GRADIENT_STEPS] += 1
    if not own.actor_learns:
        record.actor_loss[row] = math.nan
    return GOES_ON


@inlined
def add_overlap(table, rows, first, last, gradients):
    """Add the critic's gradient to the actor's, on the layers `first` to `last` − 1."""
    for place in range(first, last):
        start, end = layers.span_of(table, rows[place])
        one, other = gradients[ACTOR, start:end], gradients[CRITIC, start:end]
        for i in range(len(one)):
            one[i] += other[i]


@exact
def draw_places(buffer, held, size, draws, places):
    """Draw `size` different places of the buffer, as `ReplayBuffer.sample` does."""
    draws.used[3] += 1
    for n in range(size):
        last = held - size + n
        place = int(draws.replay[draws.used[2]] * (last + 1))
        draws.used[2] += 1
        if buffer.drawn[place] == draws.used[3]:
            place = last
        buffer.drawn[place] = draws.used[3]
        places[n] = place


@inlined
def critic_gradient(counts, own, memory, networks, work, rollout, buffer, size, first, out):
    """Fill the critic's gradient on a batch; write estimates, targets and ages from row `first` on.

    The batch is the rollout, or the places `work.places` of the replay buffer.

    Returns:
        The sum over the batch whose mean is the critic's loss, and the sum of |y − Q(s,a)|.
    """
    table, rows, gradient = memory.table, networks.critic, memory.gradients[CRITIC]
    layers.clear(table, rows, networks.critic_reach, gradient)
    batches = out.critic_batches
    loss, distance = 0.0, 0.0
    block = BLOCK // 2  # for each sample, s and s′
    for start in range(0, size, block):
        count = min(block, size - start)
        for t in range(count):
            if own.replay:
                gather_from_buffer(buffer, work.places[start + t], t, count, work)
            else:
                gather_from_rollout(rollout.steps, start + t, t, count, work)
            batches.age[first + start + t] = counts[GLOBAL_STEP] - work.collected[t]
        inputs = work.inputs[: 2 * count]
        layers.forward(memory.parameters, table, rows, 0, own.tanh, inputs, work.units, work.matrix)
        outputs = layers.outputs_of(table, rows[-1], 2 * count, work.units)
        deltas = layers.outputs_of(table, rows[-1], count, work.deltas)
        for t in range(count):
            place = first + start + t
            target = td_target(
                work.rewards[t], work.terminated[t], outputs[count + t], own.symexp, own.gamma
            )
            estimate, part = critic_delta(
                outputs[t],
                own.symexp,
                work.actions[t],
                target,
                own.value_loss_coefficient,
                own.q_regularization,
                size,
                deltas[t],
            )
            batches.target[place], batches.estimate[place] = target, estimate
            loss, distance = loss + part, distance + abs(target - estimate)
        layers.backward(
            memory.parameters,
            table,
            rows,
            networks.critic_reach,
            own.tanh,
            inputs,
            work.units,
            count,
            work.deltas,
            gradient,
            work.matrix,
        )
    return loss, distance


@inlined
def gather_from_buffer(buffer, place, t, count, work):
    """Copy a transition of the buffer into row `t` of the room for a block of `count` samples."""
    for i in range(work.inputs.shape[1]):
        work.inputs[t, i] = buffer.observations[place, i]
        work.inputs[count + t, i] = buffer.next_observations[place, i]
    work.rewards[t] = buffer.rewards[place]
    work.terminated[t] = buffer.terminated[place]
    work.actions[t] = buffer.actions[place]
    work.collected[t] = buffer.collected[place]


@inlined
def gather_from_rollout(steps, place, t, count, work):
    """Copy a step of the rollout into row `t` of the room for a block of `count` samples."""
    for i in range(work.inputs.shape[1]):
        work.inputs[t, i] = steps.observation[place, i]
        work.inputs[count + t, i] = steps.next_observation[place, i]
    work.rewards[t] = steps.reward[place]
    work.terminated[t] = steps.terminated[place]
    work.actions[t] = steps.action[place]
    work.collected[t] = steps.global_step[place]


@inlined
def actor_gradient(counts, own, memory, networks, work, rollout, out):
    """Fill the actor's gradient on the rollout, and record loss, entropy and norm.

    Returns:
        The squared norm of the gradient; 0 if the actor does not learn.
    """
    table, rows, gradient = memory.table, networks.actor, memory.gradients[ACTOR]
    record, row, size = out.updates, out.rows[UPDATE_ROWS], counts[STORED]
    layers.clear(table, rows, networks.actor_reach, gradient)
    loss, entropy = 0.0, 0.0
    for start in range(0, size, BLOCK):
        count = min(BLOCK, size - start)
        inputs = work.inputs[:count]
        for t in range(count):
            for i in range(inputs.shape[1]):
                inputs[t, i] = rollout.steps.observation[start + t, i]
        layers.forward(memory.parameters, table, rows, 0, own.tanh, inputs, work.units, work.matrix)
        outputs = layers.outputs_of(table, rows[-1], count, work.units)
        deltas = layers.outputs_of(table, rows[-1], count, work.deltas)
        for t in range(count):
            one, other = actor_delta(
                outputs[t],
                own.symexp,
                work.policy,
                rollout.steps.action[start + t],
                rollout.weights[start + t],
                own.entropy_coefficient,
                size,
                deltas[t],
            )
            loss, entropy = loss + one, entropy + other
        if own.actor_learns:
            layers.backward(
                memory.parameters,
                table,
                rows,
                networks.actor_reach,
                own.tanh,
                inputs,
                work.units,
                count,
                work.deltas,
                gradient,
                work.matrix,
            )
    record.actor_loss[row] = loss / size
    record.entropy[row] = entropy / size
    if not own.actor_learns:
        return 0.0
    square = layers.square_norm(table, rows, networks.actor_reach, gradient)
    record.actor_gradient_norm[row] = math.sqrt(square)
    return square


# --- An update on one step, whose gradients are outer products of two vectors


@inlined
def learn_from_one_step(counts, own, constants, memory, networks, work, rollout, out):
    """Do the same as `learn` for a rollout of one step and a critic without replay.

    The activations of actor and critic at sₜ are still in `work.acting`. The gradient of a weight
    matrix is δ · xᵀ, where x are the layer's inputs and δ the derivatives of the loss by its
    outputs, so no matrix is formed.

    Returns:
        `GOES_ON`, or what is no longer finite.
    """
    record, row, table = out.updates, out.rows[UPDATE_ROWS], memory.table
    clear_record(record, row)
    x = work.inputs[0]
    actor_square, critic_square = 0.0, 0.0
    loss, entropy = one_actor_loss(own, memory, networks, work, rollout)
    record.actor_loss[row], record.entropy[row] = loss, entropy
    if not math.isfinite(loss):
        return ACTOR_LOSS
    if own.critic_learns:
        critic_loss = one_critic_loss(counts, own, memory, networks, work, rollout, out)
        if not math.isfinite(critic_loss):
            return CRITIC_LOSS
        record.critic_loss[row] = critic_loss
        critic_square = deltas_of(
            own, memory, networks.critic, networks.critic_reach, x, work.acting, work.other_deltas
        )
        record.critic_gradient_norm[row] = math.sqrt(critic_square)
    if own.actor_learns:
        actor_square = deltas_of(
            own, memory, networks.actor, networks.actor_reach, x, work.acting, work.deltas
        )
        record.actor_gradient_norm[row] = math.sqrt(actor_square)
    else:
        record.actor_loss[row] = math.nan

    both, dot = max(networks.actor_reach, networks.critic_reach), 0.0
    overlap = own.actor_learns and own.critic_learns and both < networks.shared
    if overlap:
        a, c, dot = compare_deltas(table, networks.actor, both, networks.shared, x, work)
        note_conflict(record, row, a, c, dot)
    scale = scale_of(actor_square, own.max_gradient_norm)
    critic_scale = scale_of(critic_square, own.max_gradient_norm)
    critic_rate = own.critic_learning_rate
    if networks.one_optimizer:
        square = actor_square + 2 * dot + critic_square
        if not math.isfinite(square):
            return GRADIENT
        scale = critic_scale = scale_of(square, own.max_gradient_norm)
        critic_rate = own.learning_rate
    elif not (math.isfinite(critic_square) and math.isfinite(actor_square)):
        return GRADIENT
    if overlap:
        add_deltas(table, networks.actor, both, networks.shared, work)
    if own.actor_learns:
        step_outer(
            memory,
            networks.actor,
            networks.actor_reach,
            len(networks.actor),
            x,
            work,
            work.deltas,
            scale,
            own.learning_rate,
            constants,
        )
    if own.critic_learns:
        # Where both gradients have entries, the actor's step was taken with their sum.
        split = min(both, networks.shared) if own.actor_learns else networks.shared
        for part in range(2):
            first = (
                networks.critic_reach if part == 0 else max(networks.critic_reach, networks.shared)
            )
            last = split if part == 0 else len(networks.critic)
            step_outer(
                memory,
                networks.critic,
                first,
                last,
                x,
                work,
                work.other_deltas,
                critic_scale,
                critic_rate,
                constants,
            )
    if networks.one_optimizer:
        counts[GRADIENT_STEPS] += 1 if own.actor_learns or own.critic_learns else 0
    else:
        counts[GRADIENT_STEPS] += int(own.actor_learns) + int(own.critic_learns)
    return GOES_ON


@inlined
def one_actor_loss(own, memory, networks, work, rollout):
    """Fill the derivatives by the actor's last outputs; return the actor's loss and the entropy."""
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
    """Fill the derivatives by the critic's last outputs, write its batch; return its loss."""
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
    """Fill `deltas` for all layers from `reach` on; return the squared norm of the gradient.

    The derivatives by the last layer's outputs are there before the call.
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
        Both squared norms, and the product of the two gradients.
    """
    actor, critic, dot = 0.0, 0.0, 0.0
    for place in range(first, last):
        one = layers.vector_of(table, rows[place], work.deltas)
        other = layers.vector_of(table, rows[place], work.other_deltas)
        # The 1 is the input of the biases.
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
    """Add the critic's derivatives to the actor's, on the layers `first` to `last` − 1."""
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
        layers.begin_step(memory, row, scale, rate, constants, numbers)
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
            layers.adam(weights, means, squares, gradient, numbers[7], numbers)
        else:
            for j in range(len(here)):
                start, end = j * wide, j * wide + wide
                layers.adam(
                    weights[start:end],
                    means[start:end],
                    squares[start:end],
                    inputs,
                    numbers[7] * here[j],
                    numbers,
                )
        layers.adam(
            layers.biases_of(memory.parameters, table, row),
            layers.biases_of(memory.means, table, row),
            layers.biases_of(memory.squares, table, row),
            here,
            numbers[7],
            numbers,
        )
