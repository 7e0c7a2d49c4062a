"""Estimators of the policy gradient, and statistics of many gradients without storing them.

Each estimator turns an episode into g = Σₜ wₜ·∇log π(aₜ|sₜ), a vector over all P parameters of the
policy. The mean over episodes estimates the policy gradient. The estimators differ only in the
weights wₜ, so they can be compared on the same episodes.

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
from pglab.looks.evaluation import PlayedEpisode
from pglab.looks.probes import action_probabilities, action_values
from pglab.losses import of_actions
from pglab.networks import PolicyNetwork
from pglab.records import Floats
from pglab.returns import discounted_returns
from pglab.session.checkpoints import Snapshot

Estimator = Literal["whole_episode", "reward_to_go", "mean", "value"]
ESTIMATORS: tuple[Estimator, ...] = get_args(Estimator)
Source = Literal["critic", "value", "fitted"]  # where the subtracted V comes from
Values = Callable[[Floats], Floats]  # V(s) of observations: [T, D] → [T]

RIDGE = 1e-4  # relative to the mean square of the features
GROUP_SIZES = (1, 2, 5, 10, 20, 50, 100)
FEWEST_GROUPS = 4  # with fewer groups the variance means nothing


# --- Weights: the difference between the estimators


def episode_weights(
    episodes: Sequence[PlayedEpisode], gamma: float, values: Values
) -> list[Floats]:
    """The weight wₜ of ∇log π at every step, one row for each estimator: [E, T] for each episode.

    `whole_episode` is G₀, the discounted return of the whole episode. `reward_to_go` is Gₜ. `mean`
    is Gₜ minus the mean of all Gₜ in the *other* episodes; this baseline adds no bias, because it
    does not depend on the actions of the episode. `value` is Gₜ − V(sₜ). The returns of a truncated
    episode stop at its end, as in training.

    Args:
        episodes: K episodes.
        gamma: discount.
        values: V(s) of observations: [T, D] → [T].

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
    """For each episode, the mean return over all steps of the other episodes: K arrays [T] → [K].

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
    """The V of a run: its learned baseline, or Σₐ π(a|s)·Q(s,a) of its critic; or None."""
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
    """Fit V(s) = c·φ(s) to returns, where φ(s) holds the policy's features and a constant.

    Ridge regression in closed form: min Σ (Gₜ − V(sₜ))² + λ‖c‖². λ is small: it only makes the
    equations solvable. Yields the share that is done.
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
    """Gₜ of every step of one episode: [T]."""
    return discounted_returns(episode.rewards, np.zeros(len(episode.rewards), np.bool_), gamma)


# --- Gradients


def episode_gradients(
    policy: nn.Module, episodes: Sequence[PlayedEpisode], weights: Sequence[Floats]
) -> Iterator[NDArray[np.float32]]:
    """Yield a matrix [E, P] per episode: row e is Σₜ wₜ·∇log π(aₜ|sₜ) with estimator e's weights.

    The gradient points uphill and is a sum over the steps. The P columns are the policy's
    parameters in order. A parameter that the actor's gradient does not reach gets 0.

    Args:
        policy: [N, D] → [N, A] log-probabilities; it is not changed.
        episodes: K episodes.
        weights: [E, T] for each episode.
    """
    for episode, rows in zip(episodes, weights, strict=True):
        log_probs = log_probs_taken(policy, *steps_of([episode]))
        yield np.stack([weighted_gradient(policy, log_probs, row) for row in rows])


def log_probs_taken(policy: nn.Module, observations: Tensor, actions: Tensor) -> Tensor:
    """The log-probabilities of the actions taken, with the graph to the policy: [T]."""
    return of_actions(policy(observations), actions)


def weighted_gradient(policy: nn.Module, log_probs: Tensor, weights: Floats) -> Floats:
    """∇ Σₜ wₜ·log π(aₜ|sₜ) over all parameters: [T] and [T] → [P]."""
    parameters = list(policy.parameters())
    total = (torch.as_tensor(weights, dtype=torch.float32) * log_probs).sum()
    derivatives = gradient(total, parameters)
    return torch.cat(
        [derivatives.get(p, torch.zeros_like(p)).flatten() for p in parameters]
    ).numpy()


def slopes(policy: nn.Module, episodes: Sequence[PlayedEpisode], directions: Floats) -> Floats:
    """The slopes d·∇log π(aₜ|sₜ) along directions d in parameter space: [N, P] → [N, T].

    T is the number of steps in all episodes. The component of an episode's gradient along d is
    Σₜ wₜ·slopeₜ for any weights wₜ. Since Σₜ wₜ·d·∇log π(aₜ|sₜ) is linear in w, its derivative with
    respect to w gives the slopes of all steps: one backward pass for ∇, and one for each direction.
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
    changes = [torch.autograd.grad(of_one, weights, retain_graph=True)[0] for of_one in along]
    return torch.stack(changes).numpy()


def steps_of(episodes: Sequence[PlayedEpisode]) -> tuple[Tensor, Tensor]:
    """Observations and actions of all steps of some episodes: [T, D] and [T]."""
    observations = np.concatenate([episode.observations for episode in episodes])
    actions = np.concatenate([episode.actions for episode in episodes])
    return torch.as_tensor(observations, dtype=torch.float32), torch.as_tensor(actions)


class Moments:
    """Means and total variances of gradients that are added one by one and not kept.

    Each gradient has several rows, one for each estimator. For each of the `sizes`, consecutive
    gradients form groups of that size, and the variance of the groups' means is computed; size 1
    gives the variance of a single gradient. Read `variances` only after whole groups.
    """

    def __init__(self, kinds: int, parameters: int, sizes: Sequence[int] = (1,)) -> None:
        self.count = 0
        self.sizes = tuple(sizes)
        self._sum = np.zeros((kinds, parameters))
        self._group = np.zeros((len(sizes), kinds, parameters), np.float32)
        self._squares = np.zeros((len(sizes), kinds))

    def add(self, gradients: Floats) -> None:
        """Add the next gradient: [E, P]."""
        self.count += 1
        self._sum += gradients
        self._group += gradients
        for n, size in enumerate(self.sizes):
            if self.count % size == 0:
                self._squares[n] += squared_norms(self._group[n] / size)
                self._group[n] = 0.0

    @property
    def mean(self) -> NDArray[np.float64]:
        """The mean over all gradients: [E, P]."""
        return self._sum / self.count

    @property
    def variances(self) -> NDArray[np.float64]:
        """The total variance Σⱼ ‖ḡⱼ − ḡ‖² / (m − 1) over the m groups of each size: [S, E]."""
        groups = np.array([self.count // size for size in self.sizes])[:, None]
        spread = self._squares - groups * squared_norms(self.mean)
        variances: NDArray[np.float64] = np.maximum(spread, 0.0) / (groups - 1)  # rounding
        return variances


def group_sizes(episodes: int) -> tuple[int, ...]:
    """The group sizes that divide this number of episodes into at least `FEWEST_GROUPS` groups."""
    return tuple(
        size
        for size in GROUP_SIZES
        if size == 1 or (episodes % size == 0 and episodes // size >= FEWEST_GROUPS)
    )


def largest_remaining(gradients: Floats, known: Floats) -> Floats:
    """The direction at right angles to `known` in which gradients spread most: [P], of length 1.

    It is the first principal component of the gradients after their part along `known` is removed,
    or 0 if nothing is left. It is computed from the K × K products, because P is much larger.

    Args:
        gradients: [K, P].
        known: [P] of length 1, or 0.
    """
    rest = gradients - gradients.mean(axis=0, dtype=np.float64).astype(np.float32)
    along = known.astype(np.float32)
    rest -= np.outer(rest @ along, along)
    products = torch.as_tensor(rest) @ torch.as_tensor(rest).T  # one thread; NumPy takes many
    spread, combinations = torch.linalg.eigh(products.double())
    if not spread[-1] > 0:
        return np.zeros_like(known)
    direction: Floats = combinations[:, -1].numpy() @ rest
    direction = unit(direction - (direction @ along) * along)
    towards: Floats = direction * np.sign(direction[np.abs(direction).argmax()])
    return towards  # the largest entry is positive, so that the sign is always the same


# --- Vectors


def cosine(one: Floats, other: Floats) -> float:
    """The cosine of the angle between two vectors; NaN if one of them is 0."""
    return ratio(float(one @ other), float(np.linalg.norm(one) * np.linalg.norm(other)))


def ratio(part: float, whole: float) -> float:
    """The quotient of two numbers; NaN if the second is 0."""
    return part / whole if whole else math.nan


def unit(vector: Floats) -> Floats:
    """The vector of length 1 in the same direction; 0 stays 0."""
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm else np.zeros_like(vector)


def squared_norms(vectors: Floats) -> NDArray[np.float64]:
    """‖·‖² of each row, summed in double precision: [E, P] → [E]."""
    squares: NDArray[np.float64] = np.einsum("ep,ep->e", vectors, vectors, dtype=np.float64)
    return squares
