"""Ways to turn an episode into a gradient, and how to follow many of them at once.

Every estimator is g = Σₜ wₜ·∇log π(aₜ|sₜ), a vector over all P weights of the policy; the mean
over episodes is its estimate of the policy gradient. They differ in the weights wₜ alone, so they
can be judged on the very same episodes.

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
Source = Literal["critic", "value", "fitted"]  # of the V that is subtracted
Values = Callable[[Floats], Floats]  # V(s) of observations: [T, D] → [T]

RIDGE = 1e-4  # of the features' mean square
GROUP_SIZES = (1, 2, 5, 10, 20, 50, 100)
FEWEST_GROUPS = 4  # fewer say nothing about a variance


# --- Weights: where the estimators differ


def episode_weights(
    episodes: Sequence[PlayedEpisode], gamma: float, values: Values
) -> list[Floats]:
    """The factor of ∇log π at every step, one row per estimator: [E, T] for each episode.

    `whole_episode`: G₀, the discounted return of the whole episode. `reward_to_go`: Gₜ. `mean`:
    Gₜ less the mean of all Gₜ in the *other* episodes, which no action of this one has moved, so
    that nothing is biased. `value`: Gₜ − V(sₜ). A truncated episode's returns just stop, as in
    training.

    Raises:
        ValueError: fewer than two episodes, which have no others.
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
    """For each episode, the mean over all steps of the other ones: K arrays [T] → [K].

    Raises:
        ValueError: fewer than two episodes.
    """
    if len(returns) < 2:
        raise ValueError("a mean over the other episodes needs at least two")
    sums = np.array([of_steps.sum() for of_steps in returns])
    counts = np.array([len(of_steps) for of_steps in returns])
    means: Floats = (sums.sum() - sums) / (counts.sum() - counts)
    return means


def known_values(snapshot: Snapshot) -> tuple[Values, Source] | None:
    """The run's own V: its learned baseline, or its critic's Σₐ π(a|s)·Q(s,a); None without."""
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
    """V(s) = c·φ(s), φ being the policy's own features and a constant, fitted to the returns.

    Ridge regression in closed form: min Σ (Gₜ − V(sₜ))² + λ‖c‖², with a λ that only keeps the
    equations solvable.
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
    """Gₜ of every step; the recursion starts anew after the last step by itself."""
    return discounted_returns(episode.rewards, np.zeros(len(episode.rewards), np.bool_), gamma)


# --- Gradients


def episode_gradients(
    policy: nn.Module, episodes: Sequence[PlayedEpisode], weights: Sequence[Floats]
) -> Iterator[NDArray[np.float32]]:
    """Each episode's Σₜ wₜ·∇log π(aₜ|sₜ), one row per row of its weights: [E, P], one by one.

    Uphill, and summed over the steps; P counts the policy's parameters in their order. Those that
    the actor's gradient does not reach get 0.

    Args:
        policy: [N, D] → [N, A] log-probabilities; left as it is.
        episodes: K of them.
        weights: [E, T] for each.
    """
    for episode, rows in zip(episodes, weights, strict=True):
        log_probs = log_probs_taken(policy, *steps_of([episode]))
        yield np.stack([weighted_gradient(policy, log_probs, row) for row in rows])


def log_probs_taken(policy: nn.Module, observations: Tensor, actions: Tensor) -> Tensor:
    """Of the actions taken, log π(aₜ|sₜ) with a graph to the policy: [T]."""
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
    """How log π(aₜ|sₜ) changes along directions d of the weights: d·∇log π, [N, P] → [N, T].

    T counts the steps of all episodes. An episode's gradient along d is Σₜ wₜ times this, whatever
    the weights wₜ are. That sum is linear in them, so its derivative by them is what is wanted:
    two backward passes for all steps at once, the first one for all directions.
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
    """Observations and actions of all their steps: [T, D] and [T]."""
    observations = np.concatenate([episode.observations for episode in episodes])
    actions = np.concatenate([episode.actions for episode in episodes])
    return torch.as_tensor(observations, dtype=torch.float32), torch.as_tensor(actions)


class Moments:
    """Means and total variances of gradients that come one by one and are not kept.

    Each gradient comes in several kinds, one per estimator. Besides single ones, means over
    groups of `sizes` consecutive gradients are followed; ask only after whole groups.
    """

    def __init__(self, kinds: int, parameters: int, sizes: Sequence[int] = (1,)) -> None:
        """None yet."""
        self.count = 0
        self.sizes = tuple(sizes)
        self._sum = np.zeros((kinds, parameters))
        self._group = np.zeros((len(sizes), kinds, parameters), np.float32)
        self._squares = np.zeros((len(sizes), kinds))

    def add(self, gradients: Floats) -> None:
        """The next one: [E, P]."""
        self.count += 1
        self._sum += gradients
        self._group += gradients
        for n, size in enumerate(self.sizes):
            if self.count % size == 0:
                self._squares[n] += squared_norms(self._group[n] / size)
                self._group[n] = 0.0

    @property
    def mean(self) -> NDArray[np.float64]:
        """Over all gradients: [E, P]."""
        return self._sum / self.count

    @property
    def variances(self) -> NDArray[np.float64]:
        """Of each size, tr Σ = Σⱼ ‖ḡⱼ − ḡ‖² / (m − 1) over its m groups: [S, E]."""
        groups = np.array([self.count // size for size in self.sizes])[:, None]
        spread = self._squares - groups * squared_norms(self.mean)
        variances: NDArray[np.float64] = np.maximum(spread, 0.0) / (groups - 1)  # rounding
        return variances


def group_sizes(episodes: int) -> tuple[int, ...]:
    """Sizes into which so many episodes can be divided without a rest, with groups to compare."""
    return tuple(
        size
        for size in GROUP_SIZES
        if size == 1 or (episodes % size == 0 and episodes // size >= FEWEST_GROUPS)
    )


def largest_remaining(gradients: Floats, known: Floats) -> Floats:
    """The direction in which gradients [K, P] spread most, besides the known one [P]: [P].

    The first principal component of what is left of them at right angles to `known`, of length 1;
    0 where nothing is left. Computed from the K × K products, for P is much larger.
    """
    rest = gradients - gradients.mean(axis=0, dtype=np.float64).astype(np.float32)
    along = known.astype(np.float32)
    rest -= np.outer(rest @ along, along)
    products = torch.as_tensor(rest) @ torch.as_tensor(rest).T  # one thread, unlike NumPy's
    spread, combinations = torch.linalg.eigh(products.double())
    if not spread[-1] > 0:
        return np.zeros_like(known)
    direction: Floats = combinations[:, -1].numpy() @ rest
    direction = unit(direction - (direction @ along) * along)
    towards: Floats = direction * np.sign(direction[np.abs(direction).argmax()])
    return towards  # either sign would do; this one is always the same


# --- Vectors


def cosine(one: Floats, other: Floats) -> float:
    """Of the angle between two vectors; NaN where one has no length."""
    return ratio(float(one @ other), float(np.linalg.norm(one) * np.linalg.norm(other)))


def ratio(part: float, whole: float) -> float:
    """Part / whole; NaN where there is nothing to divide by."""
    return part / whole if whole else math.nan


def unit(vector: Floats) -> Floats:
    """The same direction with length 1; 0 stays 0."""
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm else np.zeros_like(vector)


def squared_norms(vectors: Floats) -> NDArray[np.float64]:
    """‖·‖² of each row, summed in double precision: [E, P] → [E]."""
    squares: NDArray[np.float64] = np.einsum("ep,ep->e", vectors, vectors, dtype=np.float64)
    return squares
