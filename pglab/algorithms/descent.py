"""One Adam step on the sum of one or several gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import torch

from pglab.algorithms.gradients import AnyGradient, Gradient, norm
from pglab.algorithms.run import Run, require_finite
from pglab.engine.engine import Engine, FlatGradient


class ActorGradient(NamedTuple):
    """The actor's loss, the policy's entropy in nats, and the gradient of the actor's loss.

    The gradient is empty if the actor does not learn.
    """

    loss: float
    entropy: float
    gradient: AnyGradient


def descend(
    run: Run[Any],
    optimizer: torch.optim.Adam,
    learning_rate: float,
    *gradients: AnyGradient,
    max_norm: float = 0.0,
) -> None:
    """Add the gradients and take one Adam step with the sum.

    Parameters that are in none of the gradients do not change. If `max_norm` is positive, the sum
    is scaled down until its Euclidean norm is at most `max_norm`.

    Raises:
        TrainingDiverged: the sum is not finite. In this case no parameter has changed.
    """
    if run.engine is not None:
        flat_gradients = [cast(FlatGradient, one) for one in gradients if one]
        descend_fast(run, run.engine, learning_rate, flat_gradients, max_norm)
        return
    total: Gradient = {}
    for one in cast(Sequence[Gradient], gradients):
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


def descend_fast(
    run: Run[Any],
    engine: Engine,
    learning_rate: float,
    gradients: Sequence[FlatGradient],
    max_norm: float,
) -> None:
    """Do the same as `descend`, with the fast engine."""
    length = engine.norm_of_sum(gradients)
    require_finite(run.global_step, "gradient", length)
    scale = max_norm / length if max_norm and length > max_norm else 1.0
    engine.descend(gradients, learning_rate, scale)
    run.gradient_steps += 1
