"""One Adam step on the sum of one or several gradients."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from pglab.algorithms.gradients import Gradient, norm
from pglab.algorithms.run import Run, require_finite


class ActorGradient(NamedTuple):
    """The actor's loss, the policy's entropy in nats, and the gradient of the actor's loss.

    The gradient is empty if the actor does not learn.
    """

    loss: float
    entropy: float
    gradient: Gradient


def descend(
    run: Run[Any],
    optimizer: torch.optim.Adam,
    learning_rate: float,
    *gradients: Gradient,
    max_norm: float = 0.0,
) -> None:
    """Add the gradients and take one Adam step with the sum.

    Parameters that are in none of the gradients do not change. If `max_norm` is positive, the sum
    is scaled down until its Euclidean norm is at most `max_norm`.

    Raises:
        TrainingDiverged: the sum is not finite. In this case no parameter has changed.
    """
    total: Gradient = {}
    for one in gradients:
        for parameter, derivative in one.items():
            known = total.get(parameter)
            total[parameter] = derivative if known is None else known + derivative
    length = norm(total)
    require_finite(run.global_step, "gradient", length)
    if max_norm and length > max_norm:
        total = {parameter: d * (max_norm / length) for parameter, d in total.items()}
    optimizer.zero_grad()
    for parameter, derivative in total.items():
        parameter.grad = derivative
    optimizer.param_groups[0]["lr"] = learning_rate
    optimizer.step()
    run.gradient_steps += 1
