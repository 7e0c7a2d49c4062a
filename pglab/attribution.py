"""What one update did with each of its transitions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pglab.losses import of_actions, policy_gradient_loss
from pglab.probes import action_probabilities
from pglab.records import Floats


@dataclass(frozen=True)
class Attribution:
    """Per transition of an update: its part in the gradient and what became of its action.

    `shares` sum to 1: each is the projection of the transition's own term of the policy
    gradient on the whole gradient, relative to the whole. One below zero pulls against the rest;
    all are NaN where the whole is zero. `before` and `after` are π(aₜ|sₜ) around the update.
    """

    shares: NDArray[np.float64]  # [T]
    before: Floats  # [T]
    after: Floats  # [T]


def attribute(
    before: nn.Module,
    after: nn.Module,
    observations: Floats,
    actions: NDArray[np.int64],
    weights: Floats,
) -> Attribution:
    """Look at an update from both sides; the networks stay as they are.

    Args:
        before: the policy, log π of every action, as it was when the gradient was taken.
        after: the policy that the update left.
        observations: [T, D] of the transitions.
        actions: [T] taken in them.
        weights: [T] factors of ∇log π.
    """
    steps = np.arange(len(actions))
    return Attribution(
        _shares(before, observations, actions, weights),
        action_probabilities(before, observations)[steps, actions],
        action_probabilities(after, observations)[steps, actions],
    )


def _shares(
    policy: nn.Module, observations: Floats, actions: NDArray[np.int64], weights: Floats
) -> NDArray[np.float64]:
    """(wₜ/T)·∇log π(aₜ|sₜ)·g / ‖g‖² with g = meanₜ(wₜ·∇log π(aₜ|sₜ)): [T].

    The gradient of Σₜ uₜ·log π(aₜ|sₜ) is linear in u. Its product with g, derived by u, gives all
    ∇log π(aₜ|sₜ)·g at once.
    """
    parameters = list(policy.parameters())
    log_probabilities = policy(torch.as_tensor(observations, dtype=torch.float32))
    log_probs = of_actions(log_probabilities, torch.as_tensor(actions))
    factors = torch.as_tensor(weights, dtype=torch.float32)
    u = torch.ones_like(log_probs, requires_grad=True)
    linear = torch.autograd.grad(log_probs @ u, parameters, create_graph=True)
    loss = policy_gradient_loss(log_probs, factors)
    whole = [-part for part in torch.autograd.grad(loss, parameters, retain_graph=True)]
    square = sum(float((part.double() ** 2).sum()) for part in whole)
    if square == 0.0:
        return np.full(len(actions), np.nan)
    product = torch.stack([(a * b).sum() for a, b in zip(linear, whole, strict=True)]).sum()
    (along,) = torch.autograd.grad(product, u)
    shares: NDArray[np.float64] = (factors * along).double().numpy() / (len(actions) * square)
    return shares
