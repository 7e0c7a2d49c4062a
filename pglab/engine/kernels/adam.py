"""The optimiser Adam on the layers of a network, compiled by Numba."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from pglab.engine.compiling import compiled
from pglab.engine.kernels.layers import span_of


class AdamConstants(NamedTuple):
    """The constants of PyTorch's optimiser Adam."""

    beta1: float
    beta2: float
    epsilon: float


@compiled
def descend(memory, rows, first, last, gradient, scale, rate, adam_constants, numbers):
    """Take one Adam step with the gradient `scale` · `gradient`, on layers `first` to `last` − 1.

    The function writes the factors of the Adam step into `numbers` [10].
    """
    for place in range(first, last):
        start, end = span_of(memory.table, rows[place])
        begin_step(memory, rows[place], scale, rate, adam_constants, numbers)
        adam(
            memory.parameters[start:end],
            memory.means[start:end],
            memory.squares[start:end],
            gradient[start:end],
            numbers[7],
            numbers,
        )


@compiled
def begin_step(memory, row, scale, rate, adam_constants, numbers):
    """Count the next Adam step of a layer, and fill `numbers` with the factors of this step.

    `numbers` has the precision of the parameters, because mixed precisions would be slower.
    """
    memory.adam_steps[row, 0] += 1
    memory.adam_steps[row, 1] += 1
    steps = memory.adam_steps[row, 0]
    beta1, beta2, epsilon = adam_constants
    numbers[0], numbers[1] = beta1, 1 - beta1
    numbers[2], numbers[3] = beta2, 1 - beta2
    if numbers[8] != steps:  # compute the powers only if needed, because they take long
        numbers[8] = steps
        numbers[5], numbers[9] = 1 / math.sqrt(1 - beta2**steps), 1 / (1 - beta1**steps)
    numbers[4] = rate * numbers[9]
    numbers[6], numbers[7] = epsilon, scale


@compiled
def adam(parameters, means, squares, gradient, factor, numbers):
    """Take one Adam step (Kingma & Ba 2015) with the gradient `factor` · `gradient`.

    The first four arguments are arrays [N]. `begin_step` has filled `numbers`.
    """
    kept, fresh, kept_square, fresh_square = numbers[0], numbers[1], numbers[2], numbers[3]
    size, root, small = numbers[4], numbers[5], numbers[6]
    for i in range(len(parameters)):
        g = factor * gradient[i]
        m = kept * means[i] + fresh * g
        v = kept_square * squares[i] + fresh_square * g * g
        means[i], squares[i] = m, v
        parameters[i] -= size * m / (np.sqrt(v) * root + small)
