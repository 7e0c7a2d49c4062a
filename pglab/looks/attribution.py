"""What moved the policy in one update: every change of π split into its causes.

An Adam step moves a parameter by −α·m̂/(√v̂ + ε). With √v̂ + ε taken as it was, the step is linear in
m = β₁·m_old + (1 − β₁)·g, and g is a sum over causes, so that Δθ = Σ_c Δθ_c over all steps of the
update. The change of a probability is then split along the straight path from the old parameters
to the new ones:

Δπ(aₜ|sₜ) = Σ_c ∫₀¹ ∇π(aₜ|sₜ; θ + s·Δθ) · Δθ_c ds,

the split of Aumann & Shapley (1974), which deep learning knows as integrated gradients
(Sundararajan et al. 2017).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pglab.algorithms.gradients import Gradient, norm
from pglab.looks.probes import action_probabilities
from pglab.losses import entropy, of_actions
from pglab.networks import PolicyNetwork
from pglab.records import Floats

Cause = Literal["own", "others", "entropy", "critic", "momentum", "clipping"]
CAUSES: tuple[Cause, ...] = ("own", "others", "entropy", "critic", "momentum", "clipping")

POINTS = (3, 10, 40)  # of Gauss and Legendre on the path: more only if fewer leave too much
LEAST_REMAINDER = 1e-3  # of the largest change in the batch
ROUNDING = 1e-6  # of a probability: the networks compute in single precision
CHUNK = 512  # transitions at once: bounds the memory


@dataclass(frozen=True)
class Explanation:
    """π(aₜ|sₜ) around an update, and what each cause did to it.

    `effects` hold the causes that were at work; with `remainder`, the error of integration and
    rounding, they add up to the change. `actor_norm` is the norm of the actor's gradient without
    the entropy bonus, None if the actor does not learn. `greedy`: actions are ε-greedy on Q, so
    that all change is the critic's.
    """

    before: NDArray[np.float64]  # [T]
    after: NDArray[np.float64]  # [T]
    effects: Mapping[Cause, NDArray[np.float64]]  # [T] each
    actor_norm: float | None
    greedy: bool = False

    @property
    def change(self) -> NDArray[np.float64]:
        """After minus before: [T]."""
        return self.after - self.before

    @property
    def remainder(self) -> NDArray[np.float64]:
        """What the effects leave of the change: [T]."""
        return self.change - sum(self.effects.values(), np.zeros(len(self.before)))

    @property
    def shares(self) -> dict[Cause, float]:
        """Each cause's part in the change of all steps; with the remainder's they sum to 1.

        The effect is projected on the change: Σₜ effectₜ·Δπₜ / Σₜ Δπₜ². Empty if nothing changed.
        """
        square = float(self.change @ self.change)
        if square == 0.0:
            return {}
        return {
            cause: float(effect @ self.change) / square for cause, effect in self.effects.items()
        }

    def of_steps(self, kept: slice) -> Explanation:
        """The same for some of the transitions."""
        effects = {cause: effect[kept] for cause, effect in self.effects.items()}
        return Explanation(
            self.before[kept], self.after[kept], effects, self.actor_norm, self.greedy
        )


@dataclass(frozen=True)
class AdamStep:
    """What an optimiser step is made of, by parameter of the policy in their order.

    A gradient is None where the loss does not reach the parameter.
    """

    parameters: tuple[Tensor, ...]  # before the step
    actor: tuple[Tensor | None, ...]  # its gradient, the entropy bonus included
    critic: tuple[Tensor | None, ...]
    mean: tuple[Tensor, ...]  # Adam's m and v before the step
    mean_square: tuple[Tensor, ...]
    steps: tuple[int, ...]  # taken before
    learning_rate: float
    betas: tuple[float, float]
    epsilon: float
    kept: float  # of the gradient after clipping, 1 without


@dataclass(frozen=True)
class UpdateData:
    """What the actor learned from in an update."""

    observations: Floats  # [T, D]
    actions: NDArray[np.int64]  # [T]
    weights: Floats  # [T] factors of ∇log π
    entropy_coefficient: float


def noted_step(there: Mapping[str, Any]) -> AdamStep | None:
    """An optimiser step that is about to be taken, from the locals with which `descend` begins.

    None if it does not move the policy.
    """
    policy = there["run"].networks["policy"]
    gradients: list[Gradient] = [one for one in there["gradients"] if one]
    parameters = tuple(policy.parameters())
    if not isinstance(policy, PolicyNetwork):
        return None
    if not any(parameter in one for one in gradients for parameter in parameters):
        return None
    optimizer, bound = there["optimizer"], there["max_norm"]
    length = norm(_sum(gradients))
    states = [optimizer.state.get(parameter) or {} for parameter in parameters]
    group = optimizer.param_groups[0]

    def of_loss(*, actor: bool) -> tuple[Tensor | None, ...]:
        """Only the actor's loss reaches the policy's head."""
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
        learning_rate=float(there["learning_rate"]),
        betas=tuple(group["betas"]),
        epsilon=float(group["eps"]),
        kept=bound / length if bound and length > bound else 1.0,
    )


def _sum(gradients: Sequence[Gradient]) -> Gradient:
    total: Gradient = {}
    for one in gradients:
        for parameter, derivative in one.items():
            total[parameter] = total[parameter] + derivative if parameter in total else derivative
    return total


def explain(
    steps: Sequence[AdamStep], before: nn.Module, after: nn.Module, data: UpdateData
) -> Explanation:
    """Split what an update did to π(aₜ|sₜ) of each transition; the networks stay as they are.

    Args:
        steps: all optimiser steps of the update that moved the policy, in their order.
        before: the policy before the update.
        after: the policy that the update left.
        data: what the actor learned from.
    """
    if not isinstance(before, PolicyNetwork) or not isinstance(after, PolicyNetwork):
        return _explain_greedy(before, after, data)
    old, new = (_open(network) for network in (before, after))
    moves = _moves(steps, before, data)
    parts = [
        _effects(old, new, moves, data, slice(first, first + CHUNK))
        for first in range(0, len(data.actions), CHUNK)
    ]
    effects = {cause: np.concatenate([part[2][cause] for part in parts]) for cause in parts[0][2]}
    return Explanation(
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        effects,
        moves.actor_norm,
    )


def _explain_greedy(before: nn.Module, after: nn.Module, data: UpdateData) -> Explanation:
    """ε-greedy on Q: π jumps where another action becomes the best one, by the critic's steps."""
    taken = np.arange(len(data.actions)), data.actions
    first, last = (
        action_probabilities(policy, data.observations)[taken].astype(np.float64)
        for policy in (before, after)
    )
    return Explanation(first, last, {"critic": last - first}, None, greedy=True)


# --- Causes of the parameters' moves


@dataclass
class _Moves:
    """Δθ by cause, a tensor per parameter; a cause that was not at work is left out.

    "signal" stands for all transitions' own terms together. `reach` is how far a parameter moves
    down per unit of the actor's gradient.
    """

    by_cause: dict[str, list[Tensor]]
    reach: list[Tensor]
    policy: PolicyNetwork | None  # as it was when the actor's gradient was taken
    actor_norm: float | None
    carried: dict[str, list[Tensor]] = field(default_factory=dict)


def _moves(steps: Sequence[AdamStep], before: PolicyNetwork, data: UpdateData) -> _Moves:
    """Adam's steps one after the other, the momentum of each cause kept apart.

    Source: Kingma & Ba (2015), algorithm 1.
    """
    zeros = [torch.zeros_like(p, dtype=torch.float64).detach() for p in before.parameters()]
    moves = _Moves({}, [zero.clone() for zero in zeros], None, None)
    share = [0.0] * len(zeros)  # of the actor's gradient in m
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
    step: AdamStep, before: PolicyNetwork, data: UpdateData, moves: _Moves
) -> dict[str, list[Tensor]]:
    """The gradient that the step follows as a sum over causes, and what clipping took from it."""

    def plain(gradient: Sequence[Tensor | None]) -> list[Tensor]:
        pairs = zip(gradient, step.parameters, strict=True)
        return [torch.zeros_like(p).double() if g is None else g.double() for g, p in pairs]

    parts: dict[str, list[Tensor]] = {}
    if any(part is not None for part in step.actor):
        moves.policy = copy.deepcopy(before).double()
        _set(moves.policy, [parameter.double() for parameter in step.parameters])
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


# --- From the parameters' moves to the probabilities


def _open(policy: PolicyNetwork) -> PolicyNetwork:
    """A copy in double precision through which every parameter's effect is seen."""
    copied = copy.deepcopy(policy).double()
    copied.stop_gradient = False
    return copied


def _set(policy: nn.Module, parameters: Sequence[Tensor]) -> None:
    with torch.no_grad():
        for parameter, value in zip(policy.parameters(), parameters, strict=True):
            parameter.copy_(value)


Effects = dict[Cause, NDArray[np.float64]]


def _effects(
    old: PolicyNetwork, new: PolicyNetwork, moves: _Moves, data: UpdateData, chunk: slice
) -> tuple[NDArray[np.float64], NDArray[np.float64], Effects]:
    """π(aₜ|sₜ) before and after, and the effect of each cause, of some transitions."""
    observations = torch.as_tensor(data.observations[chunk]).double()
    actions = torch.as_tensor(data.actions[chunk])
    weights = torch.as_tensor(data.weights[chunk]).double() / len(data.actions)
    with torch.no_grad():
        before, after = (of_actions(net(observations), actions).exp() for net in (old, new))
    pulls = None
    if moves.policy is not None and len(data.actions) > 1:  # of one step, all is its own
        pulls = _signals(moves.policy, observations, actions, log=True)
    change = after - before
    start = [p.detach() for p in old.parameters()]
    way = [p.detach() - q for p, q in zip(new.parameters(), start, strict=True)]
    allowed = max(LEAST_REMAINDER * float(change.abs().max()), ROUNDING)
    path = copy.deepcopy(old)
    effects: dict[str, Tensor] = {}
    own = torch.zeros_like(change)
    for points in POINTS:
        effects = {cause: torch.zeros_like(change) for cause in moves.by_cause}
        own = torch.zeros_like(change)
        for place, width in zip(*_gauss(points), strict=True):
            _set(path, [p + place * d for p, d in zip(start, way, strict=True)])
            here = _signals(path, observations, actions, log=False)
            for cause, of in moves.by_cause.items():
                effects[cause] += width * _pushed(here, of)
            if pulls is not None:
                own += width * weights * _pushed(_product(here, pulls), moves.reach)
        if float((change - sum(effects.values())).abs().max()) <= allowed:
            break
    if "signal" in effects:
        signal = effects.pop("signal")
        effects["own"] = signal if pulls is None else own
        if pulls is not None:
            effects["others"] = signal - own
    found = {cause: effects[cause].numpy() for cause in CAUSES if cause in effects}
    return before.numpy(), after.numpy(), found


def _gauss(points: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places and widths of Gauss and Legendre's rule on [0, 1]."""
    places, widths = np.polynomial.legendre.leggauss(points)
    return (places + 1) / 2, widths / 2


# Of each linear layer: its inputs [T, I], and the derivative by its outputs [T, O].
Signals = list[tuple[Tensor, Tensor]]


def _signals(policy: PolicyNetwork, observations: Tensor, actions: Tensor, *, log: bool) -> Signals:
    """What makes up ∇π(aₜ|sₜ), or ∇log π, of each transition without forming it: δ·xᵀ by layer."""
    with _layers_seen(policy) as seen:
        chosen = of_actions(policy(observations), actions)
    total = (chosen if log else chosen.exp()).sum()
    outputs = [output for _inputs, output in seen]
    derivatives = torch.autograd.grad(total, outputs, allow_unused=True)
    return [
        (inputs.detach(), torch.zeros_like(output) if derivative is None else derivative)
        for (inputs, output), derivative in zip(seen, derivatives, strict=True)
    ]


@contextmanager
def _layers_seen(policy: nn.Module) -> Iterator[list[tuple[Tensor, Tensor]]]:
    """Inputs and outputs of the linear layers, in the order of their parameters."""
    seen: list[tuple[Tensor, Tensor]] = []
    hooks = [
        layer.register_forward_hook(lambda _layer, args, output: seen.append((args[0], output)))
        for layer in policy.modules()
        if isinstance(layer, nn.Linear)
    ]
    yield seen
    for hook in hooks:
        hook.remove()


def _product(one: Signals, other: Signals) -> Signals:
    """Signals whose push by D is ∇₁ᵀ·D·∇₂ for each transition, with D by parameter."""
    return [
        (x * y, of_one * of_other) for (x, of_one), (y, of_other) in zip(one, other, strict=True)
    ]


def _pushed(signals: Signals, moves: Sequence[Tensor]) -> Tensor:
    """∇·Δθ for each transition: [T]. A layer's outputs move by ΔW·x + Δb."""
    total = torch.zeros(len(signals[0][0]), dtype=torch.float64)
    for (inputs, derivatives), weight, bias in zip(signals, moves[::2], moves[1::2], strict=True):
        total += ((inputs @ weight.T + bias) * derivatives).sum(dim=1)
    return total.detach()
