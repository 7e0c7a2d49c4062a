"""Losses against closed forms of their values and gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from pglab.losses import entropy, policy_gradient_loss, value_loss

Loss = Callable[[Tensor, Tensor], Tensor]

ACTIONS = torch.tensor([2, 0, 1, 1, 2])
WEIGHTS = torch.tensor([1.5, -2.0, 0.0, 4.0, 0.5], dtype=torch.float64)


def random_logits() -> Tensor:
    """Logits of five steps and three actions, to be differentiated."""
    drawn = np.random.default_rng(1).normal(size=(5, 3))
    return torch.tensor(drawn, requires_grad=True)


def test_policy_gradient_is_the_score_function() -> None:
    logits = random_logits()
    log_pi = torch.log_softmax(logits, dim=-1)
    loss = policy_gradient_loss(log_pi[torch.arange(5), ACTIONS], WEIGHTS)
    loss.backward()

    z = logits.detach().numpy()
    pi = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    w = WEIGHTS.numpy()
    taken = np.eye(3)[ACTIONS.numpy()]
    assert loss.item() == pytest.approx(-np.mean(w * np.log((pi * taken).sum(axis=1))))
    assert logits.grad is not None
    np.testing.assert_allclose(logits.grad.numpy(), -w[:, None] * (taken - pi) / 5, atol=1e-15)


def test_a_step_down_the_loss_favours_what_paid() -> None:
    logits = torch.zeros(1, 2, requires_grad=True)
    loss = policy_gradient_loss(torch.log_softmax(logits, -1)[:, 1], torch.tensor([2.0]))
    loss.backward()
    assert logits.grad is not None
    np.testing.assert_allclose(logits.grad.numpy(), [[1.0, -1.0]])


def test_value_loss() -> None:
    values = torch.tensor([1.0, 2.0, -1.0], requires_grad=True)
    returns = torch.tensor([3.0, 2.0, 0.0])
    loss = value_loss(values, returns)
    loss.backward()
    assert loss.item() == pytest.approx((4 + 0 + 1) / 3)
    assert values.grad is not None
    np.testing.assert_allclose(values.grad.numpy(), [-4 / 3, 0, -2 / 3], rtol=1e-6)


@pytest.mark.parametrize("loss", [policy_gradient_loss, value_loss])
def test_no_gradient_flows_into_the_constants(loss: Loss) -> None:
    learned = torch.tensor([-0.5, -1.0], requires_grad=True)
    constants = torch.tensor([1.0, 2.0], requires_grad=True)
    loss(learned, constants).backward()
    assert learned.grad is not None
    assert constants.grad is None


@pytest.mark.parametrize("loss", [policy_gradient_loss, value_loss])
@pytest.mark.parametrize(
    ("first", "second"), [((3,), (2,)), ((3,), (3, 1)), ((2, 2), (2, 2)), ((0,), (0,)), ((), ())]
)
def test_wrong_shapes(loss: Loss, first: tuple[int, ...], second: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"must be \[T\]"):
        loss(torch.zeros(first), torch.zeros(second))


def test_entropy_and_its_gradient() -> None:
    logits = random_logits()
    H = entropy(torch.log_softmax(logits, dim=-1))  # noqa: N806 (the formula's symbol)
    H.backward()

    z = logits.detach().numpy()
    pi = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    each = -(pi * np.log(pi)).sum(axis=1, keepdims=True)
    assert H.item() == pytest.approx(each.mean())
    assert logits.grad is not None
    np.testing.assert_allclose(logits.grad.numpy(), -pi * (np.log(pi) + each) / 5, atol=1e-15)


def test_entropy_of_a_uniform_policy() -> None:
    assert entropy(torch.log_softmax(torch.zeros(4, 3), dim=-1)).item() == pytest.approx(np.log(3))


def test_nearly_deterministic_policies_have_finite_gradients() -> None:
    logits = torch.tensor([[200.0, -200.0], [-200.0, 200.0]], requires_grad=True)
    log_pi = torch.log_softmax(logits, dim=-1)
    unlikely = policy_gradient_loss(log_pi[:, 0], torch.tensor([1.0, 1.0]))
    (unlikely - entropy(log_pi)).backward()
    assert entropy(log_pi).item() == 0
    assert unlikely.item() == 200  # the mean of 0 and 400
    assert logits.grad is not None
    np.testing.assert_allclose(logits.grad.numpy(), [[0.0, 0.0], [-0.5, 0.5]])
