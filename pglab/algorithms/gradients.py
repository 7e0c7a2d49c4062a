"""Gradients of losses, their norms, and the angle between two gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pglab.records import Conflict

Gradient = dict[nn.Parameter, Tensor]

CLIP_EPSILON = 1e-6  # PyTorch adds it to the norm, so that it never divides by 0


def gradient(loss: Tensor, parameters: Sequence[nn.Parameter]) -> Gradient:
    """Compute ∇loss for each parameter. Leave out parameters that do not affect the loss.

    Unlike `loss.backward()`, this function does not change `parameter.grad`.
    """
    derivatives = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    return {p: d for p, d in zip(parameters, derivatives, strict=True) if d is not None}


def gradient_of(network: nn.Module) -> Gradient:
    """The gradient that `loss.backward()` has stored in a network's parameters."""
    return {p: p.grad for p in network.parameters() if p.grad is not None}


def norm(of: Gradient) -> float:
    """Euclidean norm of a gradient over all parameters.

    If an entry of the gradient is not finite, the norm is not finite.
    """
    return float(torch.nn.utils.get_total_norm(list(of.values())))


def clip_factor(length: float, limit: float) -> float:
    """The factor by which `clip_grad_norm_` of PyTorch multiplies a gradient with this norm.

    If `limit` is 0, there is no limit.
    """
    return min(1.0, limit / (length + CLIP_EPSILON)) if limit else 1.0


def conflict_between(actor: Gradient, critic: Gradient) -> Conflict | None:
    """Compare the gradients of actor and critic, on the parameters that are in both gradients.

    Returns:
        The cosine of the angle between the two gradients, and their norms; None if no parameter is
        in both gradients.
    """
    both = [parameter for parameter in actor if parameter in critic]
    if not both:
        return None
    of_actor, of_critic = (torch.cat([of[p].flatten() for p in both]) for of in (actor, critic))
    actor_norm, critic_norm = float(of_actor.norm()), float(of_critic.norm())
    product = actor_norm * critic_norm
    cosine = float(of_actor @ of_critic) / product if product else math.nan
    return Conflict(cosine, actor_norm, critic_norm)
