"""Forward and backward pass of small multilayer perceptrons, compiled by Numba.

One flat array contains all parameters. A second flat array contains all activations (the outputs of
the layers). A `table` has one row for each layer. A row has five numbers: the number of inputs, the
number of outputs, the place where the weight matrix [outputs, inputs] begins, the place where the
biases begin, and the total number of outputs of the layers in earlier rows.

A network is a list of row numbers of the table, one for each layer. If two networks share a body,
the rows of the body are in both lists. Both networks then use the same place for the activations of
the body. All sizes come from the table, so networks of another size need no new compilation.
"""

from __future__ import annotations

from pglab.engine.compiling import compiled, inlined

INPUTS, OUTPUTS, WEIGHTS, BIASES, UNITS = range(5)  # columns of a table

# For a matrix with fewer columns, products are computed in another order, because a loop over only
# a few numbers is slow.
NARROW = 16


# --- Places in the flat arrays


@inlined
def outputs_of(table, row, count, units):
    """Return the part of `units` that belongs to a layer: a view [count, outputs] for a batch."""
    size = table[row, OUTPUTS]
    start = count * table[row, UNITS]
    return units[start : start + count * size].reshape(count, size)


@inlined
def below_of(table, rows, place, inputs, units):
    """The inputs of layer number `place` of a network, for a batch: [B, inputs of the layer]."""
    if place == 0:
        return inputs
    return outputs_of(table, rows[place - 1], len(inputs), units)


@inlined
def vector_of(table, row, units):
    """Return the part of `units` that belongs to a layer: a view [outputs] for one sample."""
    return units[table[row, UNITS] : table[row, UNITS] + table[row, OUTPUTS]]


@inlined
def weights_of(flat, table, row):
    """The part of a flat array that belongs to a layer's weights: view [outputs · inputs]."""
    return flat[table[row, WEIGHTS] : table[row, BIASES]]


@inlined
def matrix_of(flat, table, row):
    """The part of a flat array that belongs to a layer's weights, as a matrix [outputs, inputs].

    Making this matrix takes longer than making the vector with `weights_of`.
    """
    return weights_of(flat, table, row).reshape(table[row, OUTPUTS], table[row, INPUTS])


@inlined
def biases_of(flat, table, row):
    """The part of a flat array that belongs to a layer's biases: view [outputs]."""
    return flat[table[row, BIASES] : table[row, BIASES] + table[row, OUTPUTS]]


@compiled
def span_of(table, row):
    """The place where a layer's parameters begin, and the place where they end."""
    start = table[row, WEIGHTS]
    return start, start + table[row, OUTPUTS] * (table[row, INPUTS] + 1)


@compiled
def fill(vector, number):
    """Set all entries of a vector to a number."""
    for i in range(len(vector)):
        vector[i] = number


# --- Sums of rows: all products of matrices consist of such sums


@compiled
def add_rows(factors, weights, out):
    """Add Σₙ factors[n] · W[n] to `out` [J], four rows of the matrix W at a time.

    `weights` [N · J] contains the rows of W, one after the other.
    """
    count, wide = len(factors), len(out)
    fours = count - count % 4
    for n in range(0, fours, 4):
        start = n * wide
        a, b = weights[start : start + wide], weights[start + wide : start + 2 * wide]
        start += 2 * wide
        c, d = weights[start : start + wide], weights[start + wide : start + 2 * wide]
        p, q, r, s = factors[n], factors[n + 1], factors[n + 2], factors[n + 3]
        for j in range(wide):
            out[j] += p * a[j] + q * b[j] + r * c[j] + s * d[j]
    for n in range(fours, count):
        a, p = weights[n * wide : n * wide + wide], factors[n]
        for j in range(wide):
            out[j] += p * a[j]


@compiled
def add_product(left, right, out):
    """Add left · right to `out`. The shapes are [P, Q], [Q, J] and [P, J].

    The loop takes eight rows of `right` at a time, which stay in the processor's fastest cache.
    """
    many, count = left.shape
    wide = right.shape[1]
    eights, fours = count - count % 8, count - count % 4
    for q in range(0, eights, 8):
        a, b, c, d = right[q], right[q + 1], right[q + 2], right[q + 3]
        e, f, g, h = right[q + 4], right[q + 5], right[q + 6], right[q + 7]
        for p in range(many):
            s, t, u, v = left[p, q], left[p, q + 1], left[p, q + 2], left[p, q + 3]
            w, x, y, z = left[p, q + 4], left[p, q + 5], left[p, q + 6], left[p, q + 7]
            row = out[p]
            for j in range(wide):
                row[j] += (
                    s * a[j] + t * b[j] + u * c[j] + v * d[j]
                    + w * e[j] + x * f[j] + y * g[j] + z * h[j]
                )  # fmt: skip
    for q in range(eights, fours, 4):
        a, b, c, d = right[q], right[q + 1], right[q + 2], right[q + 3]
        for p in range(many):
            one, two, three, four = left[p, q], left[p, q + 1], left[p, q + 2], left[p, q + 3]
            row = out[p]
            for j in range(wide):
                row[j] += one * a[j] + two * b[j] + three * c[j] + four * d[j]
    for q in range(fours, count):
        a = right[q]
        for p in range(many):
            one, row = left[p, q], out[p]
            for j in range(wide):
                row[j] += one * a[j]


@compiled
def transpose(matrix, out):
    """Fill `out` [J, I] with the transpose of `matrix` [I, J], in blocks that fit in the cache."""
    many, wide = matrix.shape
    blocks, across = many - many % 8, wide - wide % 8
    for i0 in range(0, blocks, 8):
        for j0 in range(0, across, 8):
            for i in range(8):
                for j in range(8):
                    out[j0 + j, i0 + i] = matrix[i0 + i, j0 + j]
    for i in range(many):
        for j in range(across if i < blocks else 0, wide):
            out[j, i] = matrix[i, j]


# --- Forward


@compiled
def forward_one(parameters, table, rows, first, tanh, x, units):
    """Compute the activations from layer `first` to the last layer, for one input `x` [D].

    The array `units` must already contain the activations of the layers before `first`.
    """
    for place in range(first, len(rows)):
        row = rows[place]
        below = x if place == 0 else vector_of(table, rows[place - 1], units)
        out = vector_of(table, row, units)
        dot_rows(weights_of(parameters, table, row), biases_of(parameters, table, row), below, out)
        if place + 1 < len(rows):
            activate(out, tanh)


@compiled
def dot_rows(weights, biases, x, out):
    """Fill `out` [J] with W · x + biases, four rows of the matrix W at a time.

    `weights` [J · I] contains the rows of W, one after the other.
    """
    size, wide = len(out), len(x)
    fours = size - size % 4
    for j in range(0, fours, 4):
        start = j * wide
        a, b = weights[start : start + wide], weights[start + wide : start + 2 * wide]
        start += 2 * wide
        c, d = weights[start : start + wide], weights[start + wide : start + 2 * wide]
        p, q, r, s = biases[j], biases[j + 1], biases[j + 2], biases[j + 3]
        for i in range(wide):
            p += a[i] * x[i]
            q += b[i] * x[i]
            r += c[i] * x[i]
            s += d[i] * x[i]
        out[j], out[j + 1], out[j + 2], out[j + 3] = p, q, r, s
    for j in range(fours, size):
        a, p = weights[j * wide : j * wide + wide], biases[j]
        for i in range(wide):
            p += a[i] * x[i]
        out[j] = p


@compiled
def forward(parameters, table, rows, first, tanh, inputs, units, scratch):
    """Compute the activations from layer `first` to the last layer, for a batch of inputs [B, D].

    The array `units` must already contain the activations of the layers before `first`. `scratch`
    has room for the largest weight matrix.
    """
    for place in range(first, len(rows)):
        row = rows[place]
        biases = biases_of(parameters, table, row)
        size, wide = table[row, OUTPUTS], table[row, INPUTS]
        below = below_of(table, rows, place, inputs, units)
        out = outputs_of(table, row, len(inputs), units)
        if size < NARROW:
            weights = weights_of(parameters, table, row)
            for t in range(len(inputs)):
                dot_rows(weights, biases, below[t], out[t])
        else:
            turned = scratch[: size * wide].reshape(wide, size)
            transpose(matrix_of(parameters, table, row), turned)
            for t in range(len(inputs)):
                for j in range(size):
                    out[t, j] = biases[j]
            add_product(below, turned, out)
        if place + 1 < len(rows):
            for t in range(len(inputs)):
                activate(out[t], tanh)


@compiled
def activate(out, tanh):
    """Change `out` [J] in place: apply tanh if `tanh` is true, otherwise apply ReLU."""
    if tanh:
        for j in range(len(out)):
            out[j] = tanh_of(out[j])
    else:
        for j in range(len(out)):
            out[j] = max(out[j], 0)


@compiled
def tanh_of(x):
    """Compute the hyperbolic tangent without branches, so that vector units can compute it.

    For x in [−9, 9], the error is at most 1e-9. Outside [−9, 9], the result is constant, with an
    error of at most 3.1e-8.
    """
    y = min(max(x, -9.0), 9.0) / 8
    z = y * y
    # The Padé approximation p / q of order (7, 6) approximates tanh y.
    p = y * (1 + z * (17325 / 135135 + z * (378 / 135135 + z / 135135)))
    q = 1 + z * (62370 / 135135 + z * (3150 / 135135 + z * (28 / 135135)))
    # Three steps with tanh 2y = 2pq / (p² + q²) lead from tanh y to tanh 8y.
    p, q = 2 * p * q, p * p + q * q
    p, q = 2 * p * q, p * p + q * q
    return 2 * p * q / (p * p + q * q)


# --- Backward


@compiled
def slope(lower, values, tanh):
    """Multiply `lower` [I], in place, by the derivative of the activation function.

    `values` [I] are the outputs of the activation function.
    """
    if tanh:
        for i in range(len(lower)):
            lower[i] *= 1 - values[i] * values[i]
    else:
        for i in range(len(lower)):
            lower[i] = lower[i] if values[i] > 0 else 0


@compiled
def backward(parameters, table, rows, reach, tanh, inputs, units, count, deltas, gradient, scratch):
    """Add the derivatives of a loss to `gradient`, from layer `reach` to the last layer.

    The loss depends on the first `count` samples of the batch `inputs`. Before the call, write the
    derivatives of the loss with respect to the network's outputs, [count, outputs], into the part
    of `deltas` that belongs to the last layer.
    """
    for place in range(len(rows) - 1, reach - 1, -1):
        row = rows[place]
        here = outputs_of(table, row, count, deltas)
        below = below_of(table, rows, place, inputs, units)[:count]
        matrix = matrix_of(gradient, table, row)
        size, wide = matrix.shape
        if wide < NARROW:
            turned = scratch[: size * wide].reshape(wide, size)
            fill(scratch[: size * wide], 0)
            add_product(below.T, here, turned)
            for j in range(size):
                for i in range(wide):
                    matrix[j, i] += turned[i, j]
        else:
            add_product(here.T, below, matrix)
        biases = biases_of(gradient, table, row)
        for t in range(count):
            for j in range(len(biases)):
                biases[j] += here[t, j]
        if place > reach:
            lower = outputs_of(table, rows[place - 1], count, deltas)
            fill(lower.reshape(-1), 0)
            add_product(here, matrix_of(parameters, table, row), lower)
            for t in range(count):
                slope(lower[t], below[t], tanh)


@compiled
def clear(table, rows, reach, gradient):
    """Set a gradient to 0, from layer `reach` of a network to its last layer."""
    for place in range(reach, len(rows)):
        start, end = span_of(table, rows[place])
        fill(gradient[start:end], 0)


@compiled
def square_norm(table, rows, reach, gradient):
    """Squared norm of a gradient, over the layers of a network from `reach` to the last layer."""
    total = 0.0
    for place in range(reach, len(rows)):
        start, end = span_of(table, rows[place])
        total += squares_of(gradient[start:end])
    return total


@compiled
def squares_of(vector):
    """The sum of the squares of a vector's entries."""
    total = vector[0] * 0
    for i in range(len(vector)):
        total += vector[i] * vector[i]
    return total
