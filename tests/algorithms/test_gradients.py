"""The gradient for each parameter, and the angle between two gradients."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from pglab.algorithms.gradients import conflict_between, gradient, norm


def parameters(*sizes: int) -> list[nn.Parameter]:
    """Make parameters of these sizes, filled with ones."""
    return [nn.Parameter(torch.ones(size)) for size in sizes]


def test_what_a_loss_does_not_reach_is_left_out() -> None:
    first, second, third = parameters(2, 1, 3)
    loss = (3 * first).sum() - 4 * second.sum() ** 2
    found = gradient(loss, [first, third, second])
    assert set(found) == {first, second}
    assert found[first].tolist() == [3, 3]
    assert found[second].tolist() == [-8]
    assert all(parameter.grad is None for parameter in (first, second, third))
    assert gradient(loss, [first])[first].tolist() == [3, 3]  # the computation graph still exists


def test_norm_of_all_entries_together() -> None:
    first, second = parameters(2, 1)
    assert norm({first: torch.tensor([2.0, -3.0]), second: torch.tensor([6.0])}) == 7
    assert norm({}) == 0
    assert math.isinf(norm({first: torch.tensor([torch.inf, 1.0])}))
    assert math.isnan(norm({first: torch.tensor([torch.nan, 1.0])}))


@pytest.mark.parametrize(
    ("other", "cosine"),
    [
        ([[8.0, 6.0], [0.0]], 48 / 50),
        ([[3.0, 4.0], [0.0]], 1.0),
        ([[-6.0, -8.0], [0.0]], -1.0),
        ([[-4.0, 3.0], [5.0]], 0.0),
        ([[0.0, -1.0], [0.0]], -0.8),
    ],
)
def test_the_angle_is_between_all_shared_entries(other: list[list[float]], cosine: float) -> None:
    first, second, head, other_head = parameters(2, 1, 1, 1)
    actor = {first: torch.tensor([3.0, 4.0]), second: torch.tensor([0.0])}
    critic = {first: torch.tensor(other[0]), second: torch.tensor(other[1])}
    found = conflict_between(
        actor | {head: torch.tensor([100.0])}, critic | {other_head: torch.tensor([-100.0])}
    )
    assert found is not None
    assert found.cosine == pytest.approx(cosine, abs=1e-7)
    assert found.actor_norm == 5
    assert found.critic_norm == pytest.approx(math.dist([0, 0, 0], [*other[0], *other[1]]))


def test_no_angle() -> None:
    first, second = parameters(2, 2)
    ones = torch.ones(2)
    assert conflict_between({first: ones}, {second: ones}) is None
    assert conflict_between({}, {first: ones}) is None
    resting = conflict_between({first: torch.zeros(2)}, {first: ones})
    assert resting is not None
    assert math.isnan(resting.cosine)
    assert resting.actor_norm == 0
