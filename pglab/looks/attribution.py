"""Computes how much each cause in an update changed the probability of each action taken.

For an action at one step, the causes are the loss term of this step, the loss terms of the other
steps, the entropy bonus, the critic's loss, Adam's momentum, and clipping. `parameter_moves` splits
the change of the parameters by cause: Δθ = Σ_c Δθ_c. This module splits the change of a probability
by cause. The effect of cause c is the inner product of Δθ_c and ∇π, integrated over the straight
path from the old parameters θ to the new parameters θ + Δθ:

Δπ(aₜ|sₜ) = Σ_c ∫₀¹ ∇π(aₜ|sₜ; θ + s·Δθ) · Δθ_c ds.

Source: Aumann & Shapley (1974). In deep learning the method is called integrated gradients
(Sundararajan et al. 2017).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pglab.looks.parameter_moves import AdamStep, Moves, UpdateData, moves_of, set_parameters
from pglab.looks.probes import action_probabilities
from pglab.losses import of_actions
from pglab.networks import PolicyNetwork

Cause = Literal["own", "others", "entropy", "critic", "momentum", "clipping"]
CAUSES: tuple[Cause, ...] = ("own", "others", "entropy", "critic", "momentum", "clipping")

POINTS = (3, 10, 40)  # numbers of Gauss–Legendre points, tried until the remainder is small
LEAST_REMAINDER = 1e-3  # allowed remainder, as a share of the chunk's largest change
ROUNDING = 1e-6  # rounding error of a probability in single precision
CHUNK = 512  # transitions that are computed together; more would need too much memory


@dataclass(frozen=True)
class Explanation:
    """How much an update changed the probability π(aₜ|sₜ), and how much each cause contributed.

    `effects` maps each cause to its effect: the part of the change of π(aₜ|sₜ) that the cause
    made. A cause that moved no parameter is left out. All effects and `remainder` add up to
    `change`. `remainder` is the error of integration and rounding. `actor_norm` is the norm of the
    actor's gradient without the entropy bonus; it is None if the actor does not learn. If `greedy`
    is true, the policy is ε-greedy on Q, and the critic's loss is the only cause.
    """

    before: NDArray[np.float64]  # [T]
    after: NDArray[np.float64]  # [T]
    effects: Mapping[Cause, NDArray[np.float64]]  # each of shape [T]
    actor_norm: float | None
    greedy: bool = False

    @property
    def change(self) -> NDArray[np.float64]:
        """The change of π(aₜ|sₜ), after minus before: [T]."""
        return self.after - self.before

    @property
    def remainder(self) -> NDArray[np.float64]:
        """The change of π(aₜ|sₜ) minus the effects of all causes: [T]."""
        return self.change - sum(self.effects.values(), np.zeros(len(self.before)))

    @property
    def shares(self) -> dict[Cause, float]:
        """Each cause's share of the change over all steps; empty if no probability changed.

        The share is Σₜ effectₜ·Δπₜ / Σₜ Δπₜ², where effectₜ is the cause's effect at step t. The
        shares of all causes and of the remainder sum to 1.
        """
        square = float(self.change @ self.change)
        if square == 0.0:
            return {}
        return {
            cause: float(effect @ self.change) / square for cause, effect in self.effects.items()
        }

    def of_steps(self, kept: slice) -> Explanation:
        """The explanation for only the transitions that the slice `kept` selects."""
        effects = {cause: effect[kept] for cause, effect in self.effects.items()}
        return Explanation(
            self.before[kept], self.after[kept], effects, self.actor_norm, self.greedy
        )


def explain(
    steps: Sequence[AdamStep], before: nn.Module, after: nn.Module, data: UpdateData
) -> Explanation:
    """For each transition of a batch, split the change of π(aₜ|sₜ) in an update by cause.

    The networks are not changed.

    Args:
        steps: all Adam steps of this update that changed the policy, in order.
        before: the policy before the update.
        after: the policy after the update.
        data: the data from which the actor learned.
    """
    if not isinstance(before, PolicyNetwork) or not isinstance(after, PolicyNetwork):
        return _explain_greedy(before, after, data)
    old, new = (_open(network) for network in (before, after))
    moves = moves_of(steps, before, data)
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
    """Explain an ε-greedy policy: π changes only if the action with the largest Q changes."""
    taken = np.arange(len(data.actions)), data.actions
    first, last = (
        action_probabilities(policy, data.observations)[taken].astype(np.float64)
        for policy in (before, after)
    )
    return Explanation(first, last, {"critic": last - first}, None, greedy=True)


# --- From the change of the parameters to the change of the probabilities


def _open(policy: PolicyNetwork) -> PolicyNetwork:
    """A copy of the policy in double precision, with `stop_gradient` off."""
    copied = copy.deepcopy(policy).double()
    copied.stop_gradient = False  # π depends on the body's parameters too
    return copied


Effects = dict[Cause, NDArray[np.float64]]


def _effects(
    old: PolicyNetwork, new: PolicyNetwork, moves: Moves, data: UpdateData, chunk: slice
) -> tuple[NDArray[np.float64], NDArray[np.float64], Effects]:
    """For some transitions, π(aₜ|sₜ) before and after an update, and the effect of each cause."""
    observations = torch.as_tensor(data.observations[chunk]).double()
    actions = torch.as_tensor(data.actions[chunk])
    weights = torch.as_tensor(data.weights[chunk]).double() / len(data.actions)
    with torch.no_grad():
        before, after = (of_actions(net(observations), actions).exp() for net in (old, new))
    pulls = None
    if moves.policy is not None and len(data.actions) > 1:  # a batch of one step has no other steps
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
            set_parameters(path, [p + place * d for p, d in zip(start, way, strict=True)])
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
    """The points of the Gauss–Legendre rule on [0, 1], and each point's factor in the sum."""
    places, widths = np.polynomial.legendre.leggauss(points)
    return (places + 1) / 2, widths / 2


# One pair for each linear layer with I inputs and O outputs: the inputs [T, I], and the derivatives
# [T, O] of π or log π with respect to the outputs.
Signals = list[tuple[Tensor, Tensor]]


def _signals(policy: PolicyNetwork, observations: Tensor, actions: Tensor, *, log: bool) -> Signals:
    """For each linear layer, the factors x and δ of the gradient ∇π(aₜ|sₜ) = δ·xᵀ.

    If `log` is true, the factors belong to ∇log π(aₜ|sₜ) instead. The products δ·xᵀ are not
    computed, because a matrix for each transition would take too much memory.
    """
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
    """Record the inputs and outputs of each linear layer, in the order of the layers."""
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
    """Multiply two gradients g and h elementwise; g, h and the product are `Signals`.

    For each transition, `_pushed(_product(g, h), d)` is Σᵢ gᵢ·hᵢ·dᵢ, summed over all parameters.
    """
    return [
        (x * y, of_one * of_other) for (x, of_one), (y, of_other) in zip(one, other, strict=True)
    ]


def _pushed(signals: Signals, moves: Sequence[Tensor]) -> Tensor:
    """For each transition, the inner product of a gradient and a change of the parameters: [T].

    `moves` holds the change: a matrix ΔW and a bias Δb for each layer. For an input x, this change
    moves the outputs of the layer by ΔW·x + Δb.
    """
    total = torch.zeros(len(signals[0][0]), dtype=torch.float64)
    for (inputs, derivatives), matrix, bias in zip(signals, moves[::2], moves[1::2], strict=True):
        total += ((inputs @ matrix.T + bias) * derivatives).sum(dim=1)
    return total.detach()
