"""From gradients to an Adam step."""

from __future__ import annotations

from typing import Any

import torch

from pglab.algorithms.run import Run, require_finite
from pglab.gradients import Gradient, norm


def descend(
    run: Run[Any],
    optimizer: torch.optim.Adam,
    learning_rate: float,
    *gradients: Gradient,
    max_norm: float = 0.0,
) -> None:
    """One Adam step down the sum of the gradients; parameters in none of them stay as they are.

    `max_norm` bounds the norm of the sum; 0 does not.

    Raises:
        TrainingDiverged: the sum is not finite; nothing has changed then.
    """
    total: Gradient = {}
    for one in gradients:
        for parameter, derivative in one.items():
            known = total.get(parameter)
            total[parameter] = derivative if known is None else known + derivative
    length = norm(total)
    require_finite(run.global_step, gradient=length)
    if max_norm and length > max_norm:
        total = {parameter: d * (max_norm / length) for parameter, d in total.items()}
    optimizer.zero_grad()
    for parameter, derivative in total.items():
        parameter.grad = derivative
    optimizer.param_groups[0]["lr"] = learning_rate
    optimizer.step()
    run.gradient_steps += 1
