"""Computes how far each cause moved the policy's parameters in one update: Δθ = Σ_c Δθ_c.

An Adam step changes a parameter by −α·m̂/(√v̂ + ε), and m̂ is proportional to m = β₁·m_old + (1 −
β₁)·g. The gradient g is a sum over causes, for example the entropy bonus and the critic's loss.
This module splits m, Adam's first moment, into one part for each of these causes. Another part,
"momentum", is the part of m that remains from before the update. The scale √v̂ + ε comes from the
whole gradient. For a fixed scale, the step is linear in m. So each part of m makes its own step,
and the whole step is the sum of these steps. Δθ_c is the sum of the steps that the part of cause c
makes in one update.

Source: Kingma & Ba (2015), algorithm 1.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pglab.algorithms.agents import AgentRun
from pglab.algorithms.gradients import Gradient, clip_factor, norm
from pglab.config import ActorCriticConfig
from pglab.losses import entropy
from pglab.networks import PolicyNetwork
from pglab.records import Floats


@dataclass(frozen=True)
class AdamStep:
    """The inputs of one Adam step; the tensors are in the order of the policy's parameters.

    A gradient is None if the loss has no gradient for the parameter.
    """

    parameters: tuple[Tensor, ...]  # before the step
    actor: tuple[Tensor | None, ...]  # gradient of the actor's loss, with the entropy bonus
    critic: tuple[Tensor | None, ...]  # gradient of the critic's loss
    mean: tuple[Tensor, ...]  # Adam's m before the step
    mean_square: tuple[Tensor, ...]  # Adam's v before the step
    steps: tuple[int, ...]  # number of earlier Adam steps of each parameter
    learning_rate: float
    betas: tuple[float, float]
    epsilon: float
    kept: float  # the factor by which clipping multiplies the gradient; 1 without clipping


@dataclass(frozen=True)
class UpdateData:
    """The data from which the actor learned in an update."""

    observations: Floats  # [T, D]
    actions: NDArray[np.int64]  # [T]
    weights: Floats  # [T] the weights wₜ, which are factors of ∇log π
    entropy_coefficient: float


def noted_step(
    run: AgentRun, optimizer: torch.optim.Adam, gradients: Sequence[Gradient]
) -> AdamStep | None:
    """The Adam step that a run will take next; None if the step does not change the policy.

    Args:
        run: the run before the step.
        optimizer: the optimiser that takes the step.
        gradients: the gradients whose sum the step uses. At most one of them is the gradient of the
            actor's loss.
    """
    policy, config = run.networks["policy"], run.config
    parameters = tuple(policy.parameters())
    if not isinstance(policy, PolicyNetwork):
        return None
    total = _sum(gradients)
    if not any(parameter in total for parameter in parameters):
        return None
    bound = config.max_gradient_norm if isinstance(config, ActorCriticConfig) else 0.0
    states = [optimizer.state.get(parameter) or {} for parameter in parameters]
    group = optimizer.param_groups[0]

    def of_loss(*, actor: bool) -> tuple[Tensor | None, ...]:
        # Only the actor's loss has a gradient for the policy's head.
        gradient = _sum([one for one in gradients if (policy.head.weight in one) == actor])
        return tuple(gradient.get(parameter) for parameter in parameters)

    def moments(name: str) -> tuple[Tensor, ...]:
        pairs = zip(states, parameters, strict=True)
        return tuple(s[name].clone() if s else torch.zeros_like(p).detach() for s, p in pairs)

    return AdamStep(
        parameters=tuple(parameter.detach().clone() for parameter in parameters),
        actor=of_loss(actor=True),
        critic=of_loss(actor=False),
        mean=moments("exp_avg"),
        mean_square=moments("exp_avg_sq"),
        steps=tuple(int(state["step"]) if state else 0 for state in states),
        learning_rate=config.learning_rate,
        betas=tuple(group["betas"]),
        epsilon=float(group["eps"]),
        kept=clip_factor(norm(total), bound),
    )


def _sum(gradients: Sequence[Gradient]) -> Gradient:
    """Add gradients; each gradient may cover only some of the parameters."""
    total: Gradient = {}
    for one in gradients:
        for parameter, derivative in one.items():
            total[parameter] = total[parameter] + derivative if parameter in total else derivative
    return total


@dataclass
class Moves:
    """The parameters' change Δθ, split by cause; each list has one tensor for each parameter.

    `by_cause` maps each cause to its part of Δθ, and omits a cause that changed no parameter. The
    key "signal" stands for the terms wₜ·∇log π(aₜ|sₜ) of all transitions together. `reach` is the
    factor by which the step multiplied the actor's gradient g: −reach·g is the part of Δθ that g
    caused. `policy` is a copy of the policy, made before the step that used the actor's gradient.
    `actor_norm` is the norm of the actor's gradient without the entropy bonus. If the actor does
    not learn, `policy` and `actor_norm` are None. `carried` maps each cause to its part of Adam's
    first moment m.
    """

    by_cause: dict[str, list[Tensor]]
    reach: list[Tensor]
    policy: PolicyNetwork | None
    actor_norm: float | None
    carried: dict[str, list[Tensor]] = field(default_factory=dict)


def moves_of(steps: Sequence[AdamStep], before: PolicyNetwork, data: UpdateData) -> Moves:
    """Repeat the Adam steps of an update with a separate first moment m for each cause.

    Args:
        steps: all Adam steps of this update that changed the policy, in order.
        before: the policy before the update.
        data: the data from which the actor learned.
    """
    zeros = [torch.zeros_like(p, dtype=torch.float64).detach() for p in before.parameters()]
    moves = Moves({}, [zero.clone() for zero in zeros], None, None)
    share = [0.0] * len(zeros)  # coefficient of the actor's gradient in m
    begun = [False] * len(zeros)
    for step in steps:
        gradients = _by_cause(step, before, data, moves)
        first, second = step.betas
        for cause in {*gradients, *moves.carried, "momentum"}:
            for known in (moves.by_cause, moves.carried):
                known.setdefault(cause, [zero.clone() for zero in zeros])
        for i, zero in enumerate(zeros):
            if step.actor[i] is None and step.critic[i] is None:
                continue
            if not begun[i]:
                moves.carried["momentum"][i] = step.mean[i].double()
                begun[i] = True
            parts = {cause: of[i] for cause, of in gradients.items()}
            total = sum(parts.values(), zero)
            count = step.steps[i] + 1
            mean_square = second * step.mean_square[i].double() + (1 - second) * total**2
            root = torch.sqrt(mean_square / (1 - second**count))
            pace = step.learning_rate / (1 - first**count) / (root + step.epsilon)
            for cause, carried in moves.carried.items():
                carried[i] = first * carried[i]
                if cause in parts:
                    carried[i] = carried[i] + (1 - first) * parts[cause]
                moves.by_cause[cause][i] -= pace * carried[i]
            share[i] = first * share[i] + (1 - first) * (step.actor[i] is not None)
            moves.reach[i] += pace * share[i]
    moved = moves.by_cause.items()
    moves.by_cause = {cause: of for cause, of in moved if any(part.any() for part in of)}
    return moves


def _by_cause(
    step: AdamStep, before: PolicyNetwork, data: UpdateData, moves: Moves
) -> dict[str, list[Tensor]]:
    """Split the gradient of a step by cause; clipping counts as a separate cause."""

    def plain(gradient: Sequence[Tensor | None]) -> list[Tensor]:
        pairs = zip(gradient, step.parameters, strict=True)
        return [torch.zeros_like(p).double() if g is None else g.double() for g, p in pairs]

    parts: dict[str, list[Tensor]] = {}
    if any(part is not None for part in step.actor):
        moves.policy = copy.deepcopy(before).double()
        set_parameters(moves.policy, [parameter.double() for parameter in step.parameters])
        parts["signal"] = plain(step.actor)
        if data.entropy_coefficient:
            policy_entropy = entropy(moves.policy(torch.as_tensor(data.observations).double()))
            parts["entropy"] = plain(
                torch.autograd.grad(
                    -data.entropy_coefficient * policy_entropy,
                    list(moves.policy.parameters()),
                    allow_unused=True,
                )
            )
            pairs = zip(parts["signal"], parts["entropy"], strict=True)
            parts["signal"] = [whole - bonus for whole, bonus in pairs]
        if not np.any(data.weights):
            parts["signal"] = [torch.zeros_like(part) for part in parts["signal"]]
        moves.actor_norm = float(torch.nn.utils.get_total_norm(parts["signal"]))
    if any(part is not None for part in step.critic):
        parts["critic"] = plain(step.critic)
    if step.kept < 1:
        totals = [sum(of[1:], of[0]) for of in zip(*parts.values(), strict=True)]
        parts["clipping"] = [(step.kept - 1) * total for total in totals]
    return parts


def set_parameters(policy: nn.Module, parameters: Sequence[Tensor]) -> None:
    """Copy the given values into the parameters of a policy, in order."""
    with torch.no_grad():
        for parameter, value in zip(policy.parameters(), parameters, strict=True):
            parameter.copy_(value)
