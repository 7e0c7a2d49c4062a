"""Estimators of the policy gradient, and statistics over many gradients.

Each estimator computes a gradient g = Σₜ wₜ·∇log π(aₜ|sₜ) from one episode. The vector g has P
entries, one for each parameter of the policy. The mean of an estimator's gradients over many
episodes estimates the policy gradient. The estimators differ only in the weights wₜ, so they can be
compared on the same episodes.

Source: Williams (1992), REINFORCE and baselines; Greensmith, Bartlett & Baxter (2004), variance
reduction for gradient estimates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pglab.algorithms.gradients import gradient
from pglab.looks.fresh_episodes.evaluation import PlayedEpisode
from pglab.looks.probes import action_probabilities, action_values
from pglab.losses import of_actions
from pglab.networks import PolicyNetwork
from pglab.records import Floats
from pglab.returns import discounted_returns
from pglab.session.rewinding.checkpoints import Snapshot

Estimator = Literal["whole_episode", "reward_to_go", "mean", "value"]
ESTIMATORS: tuple[Estimator, ...] = get_args(Estimator)
Source = Literal["critic", "value", "fitted"]  # the origin of the function V
Values = Callable[[Floats], Floats]  # V(s) of observations: [T, D] → [T]

RIDGE = 1e-4  # λ of the ridge regression, divided by the mean of Σₜ φᵢ(sₜ)² over all features i
GROUP_SIZES = (1, 2, 5, 10, 20, 50, 100)
FEWEST_GROUPS = 4  # a variance computed from fewer groups is unreliable


# --- Weights: the difference between the estimators


def episode_weights(
    episodes: Sequence[PlayedEpisode], gamma: float, values: Values
) -> list[Floats]:
    """The weights wₜ of ∇log π for each episode: [E, T], with one row for each estimator.

    `whole_episode` is G₀, the discounted return of the whole episode. `reward_to_go` is Gₜ, the
    discounted return from step t. `mean` is Gₜ minus a baseline: the mean of all Gₜ in the *other*
    episodes. A baseline from other episodes adds no bias, because this baseline does not depend on
    the actions of the episode itself. `value` is Gₜ − V(sₜ). In a truncated episode, Gₜ contains
    only the rewards until the end of the episode, as in training.

    Args:
        episodes: K episodes.
        gamma: discount.
        values: the function V, which maps observations [T, D] to values [T].

    Raises:
        ValueError: there are fewer than two episodes.
    """
    returns = [returns_to_go(episode, gamma) for episode in episodes]
    return [
        np.stack(
            [
                np.full_like(ahead, ahead[0]),
                ahead,
                ahead - mean,
                ahead - values(episode.observations),
            ]
        )
        for episode, ahead, mean in zip(episodes, returns, means_of_others(returns), strict=True)
    ]


def means_of_others(returns: Sequence[Floats]) -> Floats:
    """For each of K episodes, the mean of Gₜ over all steps in the other episodes: [K].

    `returns` holds the returns Gₜ of each episode: K arrays [T].

    Raises:
        ValueError: there are fewer than two episodes.
    """
    if len(returns) < 2:
        raise ValueError("a mean over the other episodes needs at least two episodes")
    sums = np.array([of_steps.sum() for of_steps in returns])
    counts = np.array([len(of_steps) for of_steps in returns])
    means: Floats = (sums.sum() - sums) / (counts.sum() - counts)
    return means


def known_values(snapshot: Snapshot) -> tuple[Values, Source] | None:
    """The function V of a run, and the source of V; None if the run has no V.

    V is the learned baseline, or the mean of the critic's Q: V(s) = Σₐ π(a|s)·Q(s,a).
    """
    networks = snapshot.networks
    if "critic" in networks:

        def expected(observations: Floats) -> Floats:
            probabilities = action_probabilities(networks["policy"], observations)
            values = action_values(networks["critic"], observations)
            means: Floats = (probabilities * values).sum(axis=1)
            return means

        return expected, "critic"
    if "value" in networks:
        return partial(action_values, networks["value"]), "value"
    return None


def fitted_values(
    policy: PolicyNetwork, episodes: Sequence[PlayedEpisode], returns: Sequence[Floats]
) -> Generator[float, None, Values]:
    """Fit V(s) = c·φ(s) to returns, and return the function V.

    The vector φ(s) contains the output of the policy's body and the constant 1. Ridge regression
    finds the vector c that minimises Σ (Gₜ − V(sₜ))² + λ‖c‖², by solving linear equations. A small
    λ makes sure that the equations have a solution. The generator yields the share of the work that
    is done.
    """

    def features(observations: Floats) -> Tensor:
        with torch.no_grad():
            body = policy.body(torch.as_tensor(observations, dtype=torch.float32)).double()
        return torch.cat([body, torch.ones(len(body), 1, dtype=torch.float64)], dim=1)

    size = policy.body.features + 1
    squares = torch.zeros(size, size, dtype=torch.float64)
    products = torch.zeros(size, dtype=torch.float64)
    for n, (episode, of_steps) in enumerate(zip(episodes, returns, strict=True)):
        inputs = features(episode.observations)
        squares += inputs.T @ inputs
        products += inputs.T @ torch.as_tensor(of_steps)
        yield n / len(episodes)
    ridge = RIDGE * torch.trace(squares) / size
    coefficients = torch.linalg.solve(squares + ridge * torch.eye(size), products)
    return lambda observations: (features(observations) @ coefficients).numpy()


def returns_to_go(episode: PlayedEpisode, gamma: float) -> Floats:
    """The return Gₜ from every step t of one episode: [T]."""
    return discounted_returns(episode.rewards, np.zeros(len(episode.rewards), np.bool_), gamma)


# --- Gradients


def episode_gradients(
    policy: nn.Module, episodes: Sequence[PlayedEpisode], weights: Sequence[Floats]
) -> Iterator[NDArray[np.float32]]:
    """For each episode, yield the gradients of all estimators: [E, P].

    Row e is Σₜ wₜ·∇log π(aₜ|sₜ) with the weights of estimator e. The P columns belong to the
    policy's parameters, in the order of `policy.parameters()`. The entry of a parameter that
    receives no gradient is 0.

    Args:
        policy: maps observations [N, D] to log-probabilities [N, A]. Its parameters do not change.
        episodes: K episodes.
        weights: [E, T] for each episode.
    """
    for episode, rows in zip(episodes, weights, strict=True):
        log_probs = log_probs_taken(policy, *steps_of([episode]))
        yield np.stack([weighted_gradient(policy, log_probs, row) for row in rows])


def log_probs_taken(policy: nn.Module, observations: Tensor, actions: Tensor) -> Tensor:
    """Log π(aₜ|sₜ) of the actions taken: [T].

    Autograd can differentiate the result with respect to the policy's parameters.
    """
    return of_actions(policy(observations), actions)


def weighted_gradient(policy: nn.Module, log_probs: Tensor, weights: Floats) -> Floats:
    """The gradient of Σₜ wₜ·log π(aₜ|sₜ) for all parameters: [T] and [T] → [P]."""
    parameters = list(policy.parameters())
    total = (torch.as_tensor(weights, dtype=torch.float32) * log_probs).sum()
    derivatives = gradient(total, parameters)
    return torch.cat(
        [derivatives.get(p, torch.zeros_like(p)).flatten() for p in parameters]
    ).numpy()


def slopes(policy: nn.Module, episodes: Sequence[PlayedEpisode], directions: Floats) -> Floats:
    """For each step, the slope d·∇log π(aₜ|sₜ) along each of N directions d: [N, P] → [N, T].

    A direction d has P numbers, one for each parameter. T counts the steps of all episodes
    together. The inner product of d and the gradient Σₜ wₜ·∇log π(aₜ|sₜ) is Σₜ wₜ·slopeₜ.

    The inner product is a linear function of the weights wₜ. So the derivatives of the inner
    product with respect to the weights are the slopes.
    """
    log_probs = log_probs_taken(policy, *steps_of(episodes))
    weights = torch.ones_like(log_probs, requires_grad=True)
    parameters = list(policy.parameters())
    gradients = torch.autograd.grad(
        log_probs, parameters, weights, create_graph=True, allow_unused=True
    )
    rows = torch.as_tensor(directions, dtype=torch.float32)
    parts = rows.split([p.numel() for p in parameters], dim=1)
    along = sum(
        part @ of_one.flatten()
        for of_one, part in zip(gradients, parts, strict=True)
        if of_one is not None
    )
    assert isinstance(along, torch.Tensor)
    # PyTorch makes one backward pass for each direction, and not for each step.
    changes = [torch.autograd.grad(of_one, weights, retain_graph=True)[0] for of_one in along]
    return torch.stack(changes).numpy()


def steps_of(episodes: Sequence[PlayedEpisode]) -> tuple[Tensor, Tensor]:
    """The observations and actions at all steps in these episodes: [T, D] and [T]."""
    observations = np.concatenate([episode.observations for episode in episodes])
    actions = np.concatenate([episode.actions for episode in episodes])
    return torch.as_tensor(observations, dtype=torch.float32), torch.as_tensor(actions)


class Moments:
    """The means and total variances of many gradients, computed without storing the gradients.

    Each call of `add` receives one gradient for each estimator. For each size in `sizes`,
    consecutive gradients form groups of this size. `variances` contains the variance of the group
    means. A group of size 1 is a single gradient. Read `variances` only when every group is
    complete.
    """

    def __init__(self, kinds: int, parameters: int, sizes: Sequence[int] = (1,)) -> None:
        self.count = 0
        self.sizes = tuple(sizes)
        self._sum = np.zeros((kinds, parameters))
        self._group = np.zeros((len(sizes), kinds, parameters), np.float32)
        self._squares = np.zeros((len(sizes), kinds))

    def add(self, gradients: Floats) -> None:
        """Add the next gradients, one for each estimator: [E, P]."""
        self.count += 1
        self._sum += gradients
        self._group += gradients
        for n, size in enumerate(self.sizes):
            if self.count % size == 0:
                self._squares[n] += squared_norms(self._group[n] / size)
                self._group[n] = 0.0

    @property
    def mean(self) -> NDArray[np.float64]:
        """The mean of all added gradients, for each estimator: [E, P]."""
        return self._sum / self.count

    @property
    def variances(self) -> NDArray[np.float64]:
        """For each of S group sizes and each estimator, the total variance of group means: [S, E].

        The total variance of m group means ḡⱼ with the mean ḡ is Σⱼ ‖ḡⱼ − ḡ‖² / (m − 1).
        """
        groups = np.array([self.count // size for size in self.sizes])[:, None]
        spread = self._squares - groups * squared_norms(self.mean)
        # Rounding can make the spread slightly negative.
        variances: NDArray[np.float64] = np.maximum(spread, 0.0) / (groups - 1)
        return variances


def group_sizes(episodes: int) -> tuple[int, ...]:
    """The group size 1, and the sizes that give at least `FEWEST_GROUPS` groups of equal size."""
    return tuple(
        size
        for size in GROUP_SIZES
        if size == 1 or (episodes % size == 0 and episodes // size >= FEWEST_GROUPS)
    )


def largest_remaining(gradients: Floats, known: Floats) -> Floats:
    """The unit vector [P] perpendicular to `known` along which the gradients vary most.

    The result is the zero vector if the gradients do not vary perpendicular to `known`.

    Args:
        gradients: [K, P].
        known: [P], a vector of length 1, or the zero vector.
    """
    rest = gradients - gradients.mean(axis=0, dtype=np.float64).astype(np.float32)
    along = known.astype(np.float32)
    rest -= np.outer(rest @ along, along)
    # K is much smaller than P. So a K × K matrix gives the first principal component of `rest`.
    products = torch.as_tensor(rest) @ torch.as_tensor(rest).T  # in NumPy, many threads would run
    spread, combinations = torch.linalg.eigh(products.double())
    if not spread[-1] > 0:
        return np.zeros_like(known)
    direction: Floats = combinations[:, -1].numpy() @ rest
    direction = unit(direction - (direction @ along) * along)
    towards: Floats = direction * np.sign(direction[np.abs(direction).argmax()])
    return towards  # the entry with the largest size is positive, so the sign is always the same


# --- Vectors


def cosine(one: Floats, other: Floats) -> float:
    """The cosine of the angle between two vectors; NaN if one of them is 0."""
    return ratio(float(one @ other), float(np.linalg.norm(one) * np.linalg.norm(other)))


def ratio(part: float, whole: float) -> float:
    """The quotient of two numbers; NaN if the second number is 0."""
    return part / whole if whole else math.nan


def unit(vector: Floats) -> Floats:
    """The vector divided by its length; the zero vector stays 0."""
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm else np.zeros_like(vector)


def squared_norms(vectors: Floats) -> NDArray[np.float64]:
    """The squared length of each row, summed in double precision: [E, P] → [E]."""
    squares: NDArray[np.float64] = np.einsum("ep,ep->e", vectors, vectors, dtype=np.float64)
    return squares
