"""Forward pass, backward pass and Adam for small multilayer perceptrons, compiled by Numba.

One flat array contains all parameters; a second one contains all activations. A `table` has one
row for each layer. A row has five numbers: the number of inputs, the number of outputs, the place
where the weight matrix [outputs, inputs] begins, the place where the biases begin, and the total
number of outputs of the layers in earlier rows. A network is given as the list of its layers' rows
in the table; if two networks share a body, the body's rows are in both lists, and both networks use
the same place for the body's activations. The kernels read all sizes from the table, so networks of
another size need no new compilation.

The gradients of the losses in `pglab.losses` were derived by hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit

INPUTS, OUTPUTS, WEIGHTS, BIASES, UNITS = range(5)  # columns of a table

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel) -> Kernel:
    """Compile a kernel at its first call in each precision, and store the compiled code on disk.

    `fastmath` lets the compiler reorder sums, so that vector units can compute them; NaN and
    infinity keep their meaning. `error_model` removes Python's check for division by zero, because
    the check prevents the use of vector units. `forceinline` copies a called kernel into its
    caller. Without `forceinline`, a kernel could have several compiled copies that round
    differently, and the order of loading would decide which copy is called.
    """
    options = {"reassoc", "contract", "nsz", "arcp"}
    kernel: Any = njit(
        cache=True, nogil=True, error_model="numpy", fastmath=options, forceinline=True
    )(function)
    return cast(Kernel, kernel)


@compiled
def outputs_of(table, row, count, units):
    """A layer's activations for a batch of `count` samples, as a view: [B, outputs]."""
    size = table[row, OUTPUTS]
    start = count * table[row, UNITS]
    return units[start : start + count * size].reshape(count, size)


@compiled
def below_of(table, rows, place, inputs, units):
    """The inputs of layer number `place` of a network: [B, inputs of the layer]."""
    if place == 0:
        return inputs
    return outputs_of(table, rows[place - 1], len(inputs), units)


@compiled
def forward(parameters, table, rows, first, tanh, inputs, units):
    """Compute a network's activations from layer `first` to the last layer, which is linear."""
    for place in range(first, len(rows)):
        row = rows[place]
        wide, size = table[row, INPUTS], table[row, OUTPUTS]
        weights = parameters[table[row, WEIGHTS] : table[row, WEIGHTS] + size * wide]
        biases = parameters[table[row, BIASES] : table[row, BIASES] + size]
        below = below_of(table, rows, place, inputs, units)
        out = outputs_of(table, row, len(inputs), units)
        multiply(weights.reshape(size, wide), biases, below, out)
        if place + 1 < len(rows):
            activate(out, tanh)


@compiled
def multiply(weights, biases, below, out):
    """Fill `out` with below · weightsᵀ + biases."""
    count, wide = below.shape
    size = len(biases)
    fours = count - count % 4
    # Four samples at a time, so that each entry of `weights` is read only once for all four.
    for start in range(0, fours, 4):
        a, b, c, d = below[start], below[start + 1], below[start + 2], below[start + 3]
        for j in range(size):
            row = weights[j]
            p = q = r = s = biases[j]
            for i in range(wide):
                p += row[i] * a[i]
                q += row[i] * b[i]
                r += row[i] * c[i]
                s += row[i] * d[i]
            out[start, j], out[start + 1, j] = p, q
            out[start + 2, j], out[start + 3, j] = r, s
    for t in range(fours, count):
        a = below[t]
        for j in range(size):
            row = weights[j]
            p = biases[j]
            for i in range(wide):
                p += row[i] * a[i]
            out[t, j] = p


@compiled
def activate(out, tanh):
    """Apply tanh to `out` in place if `tanh` is true; otherwise apply ReLU."""
    for t in range(out.shape[0]):
        row = out[t]
        if tanh:
            for j in range(len(row)):
                row[j] = tanh_of(row[j])
        else:
            for j in range(len(row)):
                row[j] = max(row[j], 0)


@compiled
def tanh_of(x):
    """The hyperbolic tangent, without branches, so that vector units can compute it.

    On [−9, 9] the error is at most 1e-9. Beyond ±9 the result is constant, with an error of at most
    3.1e-8.
    """
    y = min(max(x, -9.0), 9.0) / 8
    z = y * y
    # p / q approximates tanh y (Padé, order (7, 6)).
    p = y * (1 + z * (17325 / 135135 + z * (378 / 135135 + z / 135135)))
    q = 1 + z * (62370 / 135135 + z * (3150 / 135135 + z * (28 / 135135)))
    # From y to 8y, in three steps: tanh 2y = 2pq / (p² + q²).
    p, q = 2 * p * q, p * p + q * q
    p, q = 2 * p * q, p * p + q * q
    return 2 * p * q / (p * p + q * q)


@compiled
def symexp_of(raw):
    """Compute sign(x)·(e^|x| − 1) for x = `raw`, as `pglab.networks.symexp` does."""
    size = math.expm1(abs(raw))
    return size if raw >= 0 else -size


@compiled
def log_softmax(outputs):
    """Replace the logits in `outputs` [B, A] by log-probabilities."""
    for t in range(outputs.shape[0]):
        row = outputs[t]
        most = row.max()
        total = 0.0
        for k in range(len(row)):
            total += math.exp(row[k] - most)
        shift = most + math.log(total)
        for k in range(len(row)):
            row[k] -= shift


@compiled
def backward(parameters, table, rows, reach, tanh, inputs, units, deltas, gradient):
    """Fill `gradient` with the derivatives of a loss, from layer `reach` to the last layer.

    `deltas` [B, outputs] are the derivatives of the loss with respect to the last layer's outputs.
    """
    for place in range(len(rows) - 1, reach - 1, -1):
        row = rows[place]
        wide, size = table[row, INPUTS], table[row, OUTPUTS]
        start, biases = table[row, WEIGHTS], table[row, BIASES]
        below = below_of(table, rows, place, inputs, units)
        of_weights = gradient[start : start + size * wide].reshape(size, wide)
        of_biases = gradient[biases : biases + size]
        for j in range(size):
            of_biases[j] = deltas[:, j].sum()
            combine(deltas[:, j], below, of_weights[j])
        if place == reach:
            return
        weights = parameters[start : start + size * wide].reshape(size, wide)
        deltas = deltas_below(weights, below, deltas, tanh)


@compiled
def deltas_below(weights, below, deltas, tanh):
    """Loss derivatives with respect to the pre-activations [B, units] of the layer below."""
    count, wide = below.shape
    lower = np.empty_like(below)
    for t in range(count):
        line, values = lower[t], below[t]
        combine(deltas[t], weights, line)
        for i in range(wide):
            if tanh:
                line[i] *= 1 - values[i] * values[i]
            elif values[i] <= 0:
                line[i] = 0
    return lower


@compiled
def combine(factors, rows, out):
    """Fill `out` with Σₙ factors[n] · rows[n], four rows at a time."""
    count, wide = rows.shape
    a, p = rows[0], factors[0]
    for i in range(wide):
        out[i] = p * a[i]
    last = count - (count - 1) % 4
    for n in range(1, last, 4):
        a, b, c, d = rows[n], rows[n + 1], rows[n + 2], rows[n + 3]
        p, q, r, s = factors[n], factors[n + 1], factors[n + 2], factors[n + 3]
        for i in range(wide):
            out[i] += p * a[i] + q * b[i] + r * c[i] + s * d[i]
    for n in range(last, count):
        a, p = rows[n], factors[n]
        for i in range(wide):
            out[i] += p * a[i]


@compiled
def stretch(table, row):
    """The place where a layer's weight matrix and biases begin, and the place where they end."""
    start = table[row, WEIGHTS]
    return start, start + table[row, OUTPUTS] * (table[row, INPUTS] + 1)


@compiled
def square_norm(table, rows, reach, gradient):
    """Squared norm of a gradient, over a network's layers from `reach` to the last."""
    total = 0.0
    for place in range(reach, len(rows)):
        start, end = stretch(table, rows[place])
        part = gradient[start:end]
        of_layer = part[0] * 0
        for i in range(len(part)):
            of_layer += part[i] * part[i]
        total += of_layer
    return total


@compiled
def adam(parameters, means, squares, gradient, start, end, scale, rate, steps):
    """Take Adam step number `steps` (Kingma & Ba 2015) on the parameters from `start` to `end`."""
    first, second, epsilon = 0.9, 0.999, 1e-8
    numbers = np.empty(8, parameters.dtype)  # in the precision of the parameters
    numbers[0], numbers[1] = first, 1 - first
    numbers[2], numbers[3] = second, 1 - second
    numbers[4] = rate / (1 - first**steps)
    numbers[5] = 1 / math.sqrt(1 - second**steps)
    numbers[6], numbers[7] = epsilon, scale
    kept, fresh, kept_square, fresh_square = numbers[0], numbers[1], numbers[2], numbers[3]
    size, root, small, factor = numbers[4], numbers[5], numbers[6], numbers[7]
    # Slices let the index begin at 0. If it could be negative, the loop would not be vectorised.
    weights, derivative = parameters[start:end], gradient[start:end]
    mean, square = means[start:end], squares[start:end]
    for i in range(len(weights)):
        g = factor * derivative[i]
        m = kept * mean[i] + fresh * g
        v = kept_square * square[i] + fresh_square * g * g
        mean[i], square[i] = m, v
        weights[i] -= size * m / (np.sqrt(v) * root + small)


# --- Kernels that the engine calls


@compiled
def act(parameters, table, actor, critic, shared, tanh, symexp, inputs, units, policy, values):
    """Fill `policy` [B, A] with log π and `values` [B, outputs] with the critic's outputs.

    `inputs` are observations [B, D]. `shared` is the number of layers that actor and critic have
    in common. For an agent without a critic, the argument `critic` is empty.
    """
    forward(parameters, table, actor, 0, tanh, inputs, units)
    policy[:] = outputs_of(table, actor[-1], len(inputs), units)
    if symexp:
        squash(policy)
    log_softmax(policy)
    if len(critic):
        value_of(parameters, table, critic, shared, tanh, symexp, inputs, units, values)


@compiled
def value_of(parameters, table, critic, first, tanh, symexp, inputs, units, values):
    """Fill `values` [B, outputs] with the critic's outputs for the observations `inputs` [B, D].

    The activations of the layers before `first` must be computed before the call.
    """
    forward(parameters, table, critic, first, tanh, inputs, units)
    values[:] = outputs_of(table, critic[-1], len(inputs), units)
    if symexp:
        squash(values)


@compiled
def squash(outputs):
    """Apply symexp to `outputs` in place."""
    for t in range(outputs.shape[0]):
        for k in range(outputs.shape[1]):
            outputs[t, k] = symexp_of(outputs[t, k])


@compiled
def steepen(deltas, raw):
    """Multiply `deltas` by the derivative of symexp at `raw`, in place."""
    for t in range(deltas.shape[0]):
        for k in range(deltas.shape[1]):
            deltas[t, k] *= math.exp(abs(raw[t, k]))


@compiled
def actor_gradient(
    parameters, table, rows, reach, tanh, symexp, inputs, actions, weights, pull, units, gradient
):
    """Fill the actor's `gradient`; return the loss, the entropy and the squared gradient norm.

    `gradient` becomes the gradient of −mean( w · log π(a|s) ) − pull · H, where H is the policy's
    entropy in nats and `pull` is its coefficient. The returned loss is −mean( w · log π(a|s) ),
    without the entropy. Layers before `reach` get no gradient.
    """
    count = len(inputs)
    forward(parameters, table, rows, 0, tanh, inputs, units)
    raw = outputs_of(table, rows[-1], count, units)
    policy = raw.copy()
    if symexp:
        squash(policy)
    log_softmax(policy)
    deltas = np.empty_like(policy)
    loss, entropy = 0.0, 0.0
    for t in range(count):
        entropy_here = 0.0
        for k in range(policy.shape[1]):
            entropy_here -= math.exp(policy[t, k]) * policy[t, k]
        loss -= weights[t] * policy[t, actions[t]]
        entropy += entropy_here
        for k in range(policy.shape[1]):
            p = math.exp(policy[t, k])
            chosen = 1.0 if k == actions[t] else 0.0
            derivative = -weights[t] * (chosen - p) + pull * p * (policy[t, k] + entropy_here)
            deltas[t, k] = derivative / count
    if reach == len(rows):
        return loss / count, entropy / count, 0.0
    if symexp:
        steepen(deltas, raw)
    backward(parameters, table, rows, reach, tanh, inputs, units, deltas, gradient)
    return loss / count, entropy / count, square_norm(table, rows, reach, gradient)


@compiled
def td_targets(
    parameters,
    table,
    critic,
    tanh,
    symexp,
    observations,
    rewards,
    terminated,
    gamma,
    units,
    targets,
):
    """Fill `targets` with y = r + γ·(1 − d)·max Q(s′,·); `observations` [B, D] are s′."""
    count = len(rewards)
    forward(parameters, table, critic, 0, tanh, observations, units)
    values = outputs_of(table, critic[-1], count, units)
    for t in range(count):
        most = values[t].max()  # symexp keeps the order
        if symexp:
            most = symexp_of(most)
        targets[t] = rewards[t] + (0.0 if terminated[t] else gamma * most)


@compiled
def critic_gradient(
    parameters,
    table,
    rows,
    reach,
    tanh,
    symexp,
    inputs,
    actions,
    targets,
    coefficient,
    regularization,
    units,
    gradient,
    estimates,
):
    """Fill the critic's `gradient` and `estimates`; return the loss and the squared gradient norm.

    The loss is L = mean( (y − Q(s,a))² ) + regularization · mean( Q(s,a) ), and `gradient` becomes
    the gradient of coefficient · L. Layers before `reach` get no gradient.
    """
    count = len(inputs)
    forward(parameters, table, rows, 0, tanh, inputs, units)
    raw = outputs_of(table, rows[-1], count, units)
    values = raw.copy()
    if symexp:
        squash(values)
    deltas = np.zeros_like(values)
    loss = 0.0
    for t in range(count):
        estimate = values[t, actions[t]]
        error = targets[t] - estimate
        estimates[t] = estimate
        loss += error * error + regularization * estimate
        deltas[t, actions[t]] = coefficient * (regularization - 2 * error) / count
    if symexp:
        steepen(deltas, raw)
    backward(parameters, table, rows, reach, tanh, inputs, units, deltas, gradient)
    return loss / count, square_norm(table, rows, reach, gradient)


@compiled
def compare(table, rows, first, last, gradients):
    """Add and compare gradients[0] and gradients[1], on the layers `first` to `last` − 1.

    The sum is written into gradients[2]. The kernel returns |gradients[0]|², |gradients[1]|² and
    gradients[0] · gradients[1].
    """
    actor, critic, dot = 0.0, 0.0, 0.0
    for place in range(first, last):
        start, end = stretch(table, rows[place])
        one, other, total = (
            gradients[0, start:end],
            gradients[1, start:end],
            gradients[2, start:end],
        )
        a, c, d = one[0] * 0, one[0] * 0, one[0] * 0
        for i in range(len(one)):
            x, y = one[i], other[i]
            total[i] = x + y
            a += x * x
            c += y * y
            d += x * y
        actor, critic, dot = actor + a, critic + c, dot + d
    return actor, critic, dot


@compiled
def descend(parameters, means, squares, steps, table, rows, first, last, gradient, scale, rate):
    """Take one Adam step on the layers `first` to `last` − 1 of a network.

    `steps` [layers, 2] counts the Adam steps of each weight matrix and of each bias vector.
    """
    for place in range(first, last):
        row = rows[place]
        steps[row, 0] += 1
        steps[row, 1] += 1
        start, end = stretch(table, row)
        adam(parameters, means, squares, gradient, start, end, scale, rate, steps[row, 0])


@compiled
def descend_both(
    parameters,
    means,
    squares,
    steps,
    table,
    actor,
    actor_reach,
    critic,
    critic_reach,
    shared,
    gradients,
    scale,
    rate,
):
    """Take one Adam step with the sum of two gradients; call `compare` first, to add them."""
    both = max(actor_reach, critic_reach)
    state = (parameters, means, squares, steps, table)
    descend(*state, actor, both, shared, gradients[2], scale, rate)
    descend(*state, actor, actor_reach, min(both, shared), gradients[0], scale, rate)
    descend(*state, critic, critic_reach, min(both, shared), gradients[1], scale, rate)
    descend(*state, actor, max(actor_reach, shared), len(actor), gradients[0], scale, rate)
    descend(*state, critic, max(critic_reach, shared), len(critic), gradients[1], scale, rate)
