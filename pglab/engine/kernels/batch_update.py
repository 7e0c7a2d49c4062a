"""The update of an actor-critic on a batch of steps, in compiled code."""

from __future__ import annotations

import math

from pglab.engine.compiling import exact, inlined, is_finite
from pglab.engine.kernels import adam, layers
from pglab.engine.kernels.gradients import actor_delta, compare, critic_delta, td_target
from pglab.engine.kernels.steps import (
    ACTOR_LOSS,
    ADDED,
    BLOCK,
    CRITIC_LOSS,
    CRITIC_ROWS,
    GLOBAL_STEP,
    GOES_ON,
    GRADIENT,
    GRADIENT_STEPS,
    STORED,
    UPDATE_ROWS,
)
from pglab.engine.kernels.updates import (
    ACTOR,
    CRITIC,
    clear_record,
    note_conflict,
    part_of_step,
    scale_of,
)


@inlined
def learn(counts, own, constants, memory, networks, work, rollout, buffer, draws, out):
    """Update the actor and the critic. The actor learns from the rollout.

    With replay, the critic learns before the actor, from random transitions of the replay buffer.
    Without replay, the critic learns from the rollout too.

    Returns:
        `GOES_ON`, or the code of the quantity that is not finite.
    """
    record, row, gradients = out.updates, out.rows[UPDATE_ROWS], memory.gradients
    clear_record(record, row)
    joint = networks.one_optimizer and not own.replay
    status, critic_square = learn_critic(
        counts, own, constants, memory, networks, work, rollout, buffer, draws, out, joint
    )
    if own.replay and status != GOES_ON:
        return status
    actor_square = actor_gradient(counts, own, memory, networks, work, rollout, out)
    if not is_finite(record.actor_loss[row]):
        return ACTOR_LOSS
    if status != GOES_ON:
        return status
    both, dot = max(networks.actor_reach, networks.critic_reach), 0.0
    critic_learned = not math.isnan(record.critic_loss[row])
    overlap = own.actor_learns and critic_learned and both < networks.shared
    if overlap:
        a, c, dot = compare(memory.table, networks.actor, both, networks.shared, gradients)
        note_conflict(record, row, a, c, dot)
    square = actor_square + 2 * dot + critic_square if joint else actor_square
    if not is_finite(square):
        return GRADIENT
    scale = scale_of(square, own.max_gradient_norm)
    if joint and overlap:
        add_overlap(memory.table, networks.actor, both, networks.shared, gradients)
    critic_steps = joint and critic_learned
    for part in range(3):
        first, last = part_of_step(networks, own.actor_learns, critic_steps, part)
        adam.descend(
            memory,
            networks.actor if part == 0 else networks.critic,
            first,
            last,
            gradients[ACTOR if part == 0 else CRITIC],
            scale,
            own.learning_rate,
            constants,
            work.constants,
        )
    counts[GRADIENT_STEPS] += 1 if own.actor_learns or critic_steps else 0
    if not own.actor_learns:
        record.actor_loss[row] = math.nan
    return GOES_ON


@inlined
def learn_critic(
    counts, own, constants, memory, networks, work, rollout, buffer, draws, out, joint
):
    """Compute the critic's gradient. If `joint` is false, take an Adam step with this gradient.

    With replay, the function does this for at most `critic_updates` batches. If `joint` is true,
    the caller later takes one Adam step for actor and critic together.

    Returns:
        A code and the squared norm of the last gradient. The code is `GOES_ON`, or the code of the
        quantity that is not finite.
    """
    record, row, first = out.updates, out.rows[UPDATE_ROWS], out.rows[CRITIC_ROWS]
    held = min(counts[ADDED], len(buffer.actions))
    size = own.batch_size if own.replay else counts[STORED]
    passes = min(own.critic_updates, held // own.batch_size) if own.replay else 1
    if not own.critic_learns:
        passes = 0
    square, status = 0.0, GOES_ON
    for _number in range(passes):
        if own.replay:
            draw_places(buffer, held, size, draws, work.places)
        loss, distance = critic_gradient(
            counts, own, memory, networks, work, rollout, buffer, size, first, out
        )
        square = layers.square_norm(
            memory.table, networks.critic, networks.critic_reach, memory.gradients[CRITIC]
        )
        if not is_finite(loss):
            status = CRITIC_LOSS
        elif not joint and not is_finite(square):
            status = GRADIENT
        if status != GOES_ON:
            break
        if not joint:
            adam.descend(
                memory,
                networks.critic,
                networks.critic_reach,
                len(networks.critic),
                memory.gradients[CRITIC],
                scale_of(square, own.max_gradient_norm),
                own.learning_rate if networks.one_optimizer else own.critic_learning_rate,
                constants,
                work.constants,
            )
            counts[GRADIENT_STEPS] += 1
        record.critic_loss[row] = loss / size
        record.critic_gradient_norm[row] = math.sqrt(square)
        record.td_error[row] = distance / size
    if passes > 0:
        out.rows[CRITIC_ROWS] += size
    return status, square


@inlined
def add_overlap(table, rows, first, last, gradients):
    """Add the critic's gradient to the actor's gradient, on the layers `first` to `last` − 1."""
    for place in range(first, last):
        start, end = layers.span_of(table, rows[place])
        one, other = gradients[ACTOR, start:end], gradients[CRITIC, start:end]
        for i in range(len(one)):
            one[i] += other[i]


@inlined
def critic_gradient(counts, own, memory, networks, work, rollout, buffer, size, first, out):
    """Compute the critic's gradient on a batch.

    With replay, the batch consists of the transitions at `work.places` of the replay buffer.
    Without replay, the batch is the rollout. The function writes the estimates, targets and ages of
    the batch into `out.critic_batches`, from row `first` on.

    Returns:
        `size` times the critic's loss, and the sum of |y − Q(s,a)| over the batch.
    """
    table, rows, gradient = memory.table, networks.critic, memory.gradients[CRITIC]
    layers.clear(table, rows, networks.critic_reach, gradient)
    batches = out.critic_batches
    loss, distance = 0.0, 0.0
    block = BLOCK // 2  # because each sample has two inputs, s and s′
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


@exact
def draw_places(buffer, held, size, draws, places):
    """Draw `size` different places of the replay buffer, as `ReplayBuffer.sample` does."""
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
def gather_from_buffer(buffer, place, t, count, work):
    """Copy a transition of the replay buffer into `work`, as sample `t` of `count` samples."""
    for i in range(work.inputs.shape[1]):
        work.inputs[t, i] = buffer.observations[place, i]
        work.inputs[count + t, i] = buffer.next_observations[place, i]
    work.rewards[t] = buffer.rewards[place]
    work.terminated[t] = buffer.terminated[place]
    work.actions[t] = buffer.actions[place]
    work.collected[t] = buffer.collected[place]


@inlined
def gather_from_rollout(steps, place, t, count, work):
    """Copy a step of the rollout into `work`, as sample `t` of `count` samples."""
    for i in range(work.inputs.shape[1]):
        work.inputs[t, i] = steps.observation[place, i]
        work.inputs[count + t, i] = steps.next_observation[place, i]
    work.rewards[t] = steps.reward[place]
    work.terminated[t] = steps.terminated[place]
    work.actions[t] = steps.action[place]
    work.collected[t] = steps.global_step[place]


@inlined
def actor_gradient(counts, own, memory, networks, work, rollout, out):
    """Compute the actor's gradient on the rollout. Record the loss, the entropy and the norm.

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
