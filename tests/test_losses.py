"""The losses and their gradients, compared with closed formulas."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from pglab.losses import entropy, policy_gradient_loss, td_loss, value_loss

Loss = Callable[[Tensor, Tensor], Tensor]

ACTIONS = torch.tensor([2, 0, 1, 1, 2])
WEIGHTS = torch.tensor([1.5, -2.0, 0.0, 4.0, 0.5], dtype=torch.float64)


def random_logits() -> Tensor:
    """Make random logits [5 steps, 3 actions] that require a gradient."""
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


TARGETS = torch.tensor([1.0, 0.5, -2.0, 3.0, 0.0], dtype=torch.float64)


@pytest.mark.parametrize("pull", [0.0, 0.1, 2.0])
def test_td_loss_and_its_gradient(pull: float) -> None:
    q_values = random_logits()
    loss = td_loss(q_values, ACTIONS, TARGETS, pull)
    loss.backward()

    q = q_values.detach().numpy()
    chosen = np.array([q[t, action] for t, action in enumerate(ACTIONS.tolist())])
    errors = TARGETS.numpy() - chosen
    assert loss.item() == pytest.approx(np.mean(errors**2) + pull * np.mean(chosen))
    expected = np.zeros((5, 3))
    expected[range(5), ACTIONS.tolist()] = (-2 * errors + pull) / 5
    assert q_values.grad is not None
    np.testing.assert_allclose(q_values.grad.numpy(), expected, atol=1e-15)


def test_the_pull_lowers_the_estimates_that_the_critic_ends_at() -> None:
    """The minimum of (y − Q)² + c·Q is at Q = y − c/2."""
    q_values = torch.tensor([[3.0 - 0.1 / 2, 7.0]], requires_grad=True)
    td_loss(q_values, torch.tensor([0]), torch.tensor([3.0]), 0.1).backward()
    assert q_values.grad is not None
    np.testing.assert_allclose(q_values.grad.numpy(), [[0.0, 0.0]], atol=1e-6)


def test_no_gradient_flows_into_the_targets() -> None:
    critic = torch.tensor([[1.0, 2.0], [0.5, -1.0]], requires_grad=True)
    targets = 1 + 0.9 * critic.max(dim=1).values  # computed by the same critic
    td_loss(critic, torch.tensor([0, 0]), targets, 0.0).backward()
    assert critic.grad is not None
    assert critic.grad[:, 1].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(critic.grad[:, 0].numpy(), [-(2.8 - 1), -(1.45 - 0.5)], rtol=1e-6)


@pytest.mark.parametrize(
    ("q_values", "actions", "targets"),
    [
        ((3, 2), (2,), (2,)),
        ((3, 2), (2,), (3,)),
        ((3, 2), (3,), (2,)),
        ((3, 2), (3,), (3, 1)),
        ((3, 2), (3, 1), (3,)),
        ((3,), (3,), (3,)),
        ((0, 2), (0,), (0,)),
        ((2, 3, 2), (2,), (2,)),
    ],
)
def test_td_loss_of_wrong_shapes(
    q_values: tuple[int, ...], actions: tuple[int, ...], targets: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="must be"):
        td_loss(
            torch.zeros(q_values), torch.zeros(actions, dtype=torch.int64), torch.zeros(targets), 0
        )


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
    assert unlikely.item() == 200  # the losses of the two steps are 0 and 400
    assert logits.grad is not None
    np.testing.assert_allclose(logits.grad.numpy(), [[0.0, 0.0], [-0.5, 0.5]])
