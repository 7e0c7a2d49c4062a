"""Reads quantities and values from the local variables of watched functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from pglab.algorithms.gradients import Gradient, norm
from pglab.slow_motion.watched_lines import Locals, Values


def local(name: str) -> Any:
    """Return a function that reads the local variable `name`."""
    return lambda there: there[name]


def filled(name: str) -> Any:
    """Return a function that reads the local variable `name`.

    If the value is empty, the returned function raises `KeyError`, as for a missing variable.
    """

    def value(there: Locals) -> Any:
        if not there[name]:
            raise KeyError(name)
        return there[name]

    return value


def length_of(name: str) -> Any:
    """Return a function that reads the length of the run's list `name`.

    If the list is empty, the returned function raises `KeyError`, as for a missing variable.
    """

    def value(there: Locals) -> int:
        length = len(getattr(there["run"], name))
        if not length:
            raise KeyError(name)
        return length

    return value


def copied(*names: str, **renamed: str) -> Any:
    """Return a function that copies local variables.

    The copies of `names` keep their names. `renamed` maps the name of a copy to the name of the
    variable.
    """
    named = {name: name for name in names} | renamed
    return lambda there: {name: plain(there[variable]) for name, variable in named.items()}


def plain(value: Any) -> Any:
    """Copy a value, so that the run cannot change the copy later.

    A tensor becomes a number or a NumPy array.
    """
    if isinstance(value, torch.Tensor):
        array = value.detach().numpy().copy()
        return array.item() if array.ndim == 0 else array
    return value.copy() if isinstance(value, np.ndarray) else value


def networks_of(there: Locals) -> dict[str, nn.Module]:
    """The run's networks by name.

    The network "agent" is left out, because it only contains the other networks.
    """
    return {name: net for name, net in there["run"].networks.items() if name != "agent"}


# --- Gradients and Adam


def read_gradient(gradient: Gradient, networks: Mapping[str, nn.Module]) -> dict[str, Any]:
    """The norm of the whole gradient, and the norm of the gradient in each layer."""
    layers: dict[str, Gradient] = {}
    for parameter, derivative in gradient.items():
        layers.setdefault(layer_of(parameter, networks), {})[parameter] = derivative
    return {
        "norm": norm(gradient),
        "layers": {layer: norm(part) for layer, part in layers.items()},
    }


def after_backward(network: str) -> Any:
    """Return a function that reads the gradient that `backward` has stored in a network.

    If `zero_grad` has removed the gradient, the returned function raises `KeyError`, as for a
    missing variable.
    """

    def value(there: Locals) -> Any:
        derivative = getattr(there["run"], network).head.bias.grad
        if derivative is None:
            raise KeyError(network)
        return derivative

    return value


def layer_of(parameter: nn.Parameter, networks: Mapping[str, nn.Module]) -> str:
    """The name of a parameter's layer, such as "policy.body.0".

    If several networks share the layer, the layer's name begins with the name of the first network.

    Raises:
        ValueError: the parameter belongs to none of the networks.
    """
    for name, network in networks.items():
        for path, known in network.named_parameters():
            if known is parameter:
                return f"{name}.{path}".rsplit(".", 1)[0]
    raise ValueError("the parameter belongs to none of the networks")


def read_adam(there: Locals, optimizer: torch.optim.Adam) -> Values:
    """The numbers in Adam's formula for the parameter with the largest gradient.

    If every gradient is 0, the numbers belong to the parameter with the largest running mean m.
    """
    group = optimizer.param_groups[0]
    gradients = {p: p.grad for p in group["params"] if p.grad is not None}
    length = there["gradient_norm"]
    pulls = {p: g if length else optimizer.state[p]["exp_avg"] for p, g in gradients.items()}
    parameter = max(pulls, key=lambda known: float(pulls[known].abs().max()))
    place = int(pulls[parameter].abs().argmax())
    state = optimizer.state[parameter]
    names = networks_of(there)
    return {
        "layer": layer_of(parameter, names),
        "layers": sorted({layer_of(known, names) for known in gradients}),
        "gradient": float(gradients[parameter].flatten()[place]),
        "mean": float(state["exp_avg"].flatten()[place]),
        "mean_square": float(state["exp_avg_sq"].flatten()[place]),
        "steps": int(state["step"]),
        "betas": tuple(group["betas"]),
        "epsilon": float(group["eps"]),
        "learning_rate": float(group["lr"]),
        "parameter": float(parameter.detach().flatten()[place]),
        "norm": length,
    }
