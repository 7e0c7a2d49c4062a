"""Moves the parameters of networks into flat arrays that PyTorch and compiled code both use."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pglab.engine.kernels.layers import BIASES, INPUTS, OUTPUTS, WEIGHTS
from pglab.engine.kernels.steps import BLOCK, Memory, Work
from pglab.networks import ActionNetwork, ValueNetwork

AnyNetwork = ActionNetwork | ValueNetwork


def layers_of(network: AnyNetwork) -> list[nn.Linear]:
    """The layers that have parameters, from the first to the last. The head is the last layer."""
    hidden = [layer for layer in network.body if isinstance(layer, nn.Linear)]
    return [*hidden, network.head]


def moved(layers: Sequence[nn.Linear], optimizers: Sequence[torch.optim.Adam]) -> Memory:
    """Move all parameters and their Adam states into flat arrays.

    PyTorch's tensors become views of these arrays.
    """
    table = _table(layers)
    size = int(table[-1, BIASES]) + layers[-1].out_features
    parameters, means, squares = (torch.zeros(size, dtype=layers[0].weight.dtype) for _ in range(3))
    steps = torch.zeros(len(layers), 2, dtype=torch.float32)
    for row, layer in enumerate(layers):
        for column, parameter in enumerate((layer.weight, layer.bias)):
            start = int(table[row, (WEIGHTS, BIASES)[column]])
            end = start + parameter.numel()
            _move(parameter, parameters[start:end])
            flat = {"exp_avg": means[start:end], "exp_avg_sq": squares[start:end]}
            for optimizer in optimizers:
                if any(parameter is known for known in optimizer.param_groups[0]["params"]):
                    _move_state(optimizer, parameter, flat, steps[row, column])
    return Memory(
        parameters.numpy(),
        means.numpy(),
        squares.numpy(),
        steps.numpy(),
        np.empty((2, 0), parameters.numpy().dtype),  # see `Room`
        table,
    )


def _table(layers: Sequence[nn.Linear]) -> NDArray[np.int64]:
    """Make a table of the layers' sizes and places, which compiled code reads."""
    rows, start, units = [], 0, 0
    for layer in layers:
        weights = layer.in_features * layer.out_features
        rows.append((layer.in_features, layer.out_features, start, start + weights, units))
        start = _whole_lines(start + weights + layer.out_features)
        units += layer.out_features
    return np.array(rows, np.int64)


def _whole_lines(size: int) -> int:
    """Round a size up, so that the array's next part begins a new cache line (64 bytes)."""
    return -(-size // 16) * 16


def _move(parameter: Tensor, flat: Tensor) -> None:
    """Copy a parameter into part of a flat array. PyTorch then uses this part of the array."""
    flat.copy_(parameter.data.flatten())
    parameter.data = flat.view_as(parameter)


def _move_state(
    optimizer: torch.optim.Adam, parameter: Tensor, flat: dict[str, Tensor], steps: Tensor
) -> None:
    """Move a parameter's Adam state into flat arrays, or make a new Adam state there."""
    state = optimizer.state[parameter]
    for name, part in flat.items():
        if name in state:
            part.copy_(state[name].flatten())
        state[name] = part.view_as(parameter)
    if "step" in state:
        steps.copy_(state["step"])
    state["step"] = steps


def _aligned(size: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Make an array of zeros. Vector units read it faster, because it begins a new cache line."""
    kind = {4: torch.float32, 8: torch.float64}[dtype.itemsize]
    array: NDArray[Any] = torch.zeros(size, dtype=kind).numpy()  # PyTorch aligns new tensors
    return array


class Room:
    """Arrays for the intermediate results of the compiled code.

    No call reads the intermediate results of an earlier call, so all runs that one thread trains
    share the same arrays. Sharing saves memory, because the arrays are larger than a small network.
    """

    def __init__(self) -> None:
        self._kept = threading.local()

    def for_call(
        self, memory: Memory, observation_size: int, actions: int, batch_size: int
    ) -> tuple[Memory, Work]:
        """Return `memory` with an array for the gradients, and a `Work` with the other arrays."""
        table, dtype = memory.table, memory.parameters.dtype
        kind = (table.tobytes(), dtype, observation_size, actions, batch_size)
        if getattr(self._kept, "kind", None) != kind:
            padded = _whole_lines(len(memory.parameters))
            self._kept.gradients = _aligned(2 * padded, dtype).reshape(2, padded)
            self._kept.work = _work_for(table, dtype, observation_size, actions, batch_size)
            self._kept.kind = kind
        work: Work = self._kept.work
        work.constants[:] = 0  # the compiled code stores the factors of the latest Adam step here
        return memory._replace(gradients=self._kept.gradients), work


def _work_for(
    table: NDArray[np.int64],
    dtype: np.dtype[Any],
    observation_size: int,
    actions: int,
    batch_size: int,
) -> Work:
    units = int(table[:, OUTPUTS].sum())
    return Work(
        acting=_aligned(units, dtype),
        units=_aligned(BLOCK * units, dtype),
        deltas=_aligned(BLOCK * units, dtype),
        other_deltas=_aligned(units, dtype),
        inputs=np.empty((BLOCK, observation_size), dtype),
        policy=np.empty(actions, dtype),
        values=np.empty(actions, dtype),
        constants=np.zeros(10, dtype),
        matrix=_aligned(int((table[:, INPUTS] * table[:, OUTPUTS]).max()), dtype),
        rewards=np.empty(BLOCK),
        terminated=np.empty(BLOCK, np.bool_),
        actions=np.empty(BLOCK, np.int64),
        collected=np.empty(BLOCK, np.int64),
        places=np.empty(max(BLOCK, batch_size), np.int64),
    )
