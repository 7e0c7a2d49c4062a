"""The gradient lab measures how noisy each estimator of the policy gradient is.

All estimators use the same frozen policy and the same episodes, which are called the drawn
episodes. A survey contains results of many separate episodes of the same policy. The gradients of
the drawn episodes are compared with the survey. Generators do the work in small parts, so that a
page can show the progress and stop the work.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import torch
from torch import nn

from pglab.config import ActorCriticConfig
from pglab.gradient_noise.estimators import (
    ESTIMATORS,
    Estimator,
    Moments,
    Source,
    Values,
    cosine,
    episode_gradients,
    episode_weights,
    fitted_values,
    group_sizes,
    known_values,
    largest_remaining,
    log_probs_taken,
    means_of_others,
    ratio,
    returns_to_go,
    slopes,
    squared_norms,
    steps_of,
    unit,
    weighted_gradient,
)
from pglab.gradient_noise.intervals import (
    bootstrap_counts,
    cosine_interval,
    ratio_interval,
    signal_p_value,
)
from pglab.gradient_noise.results import EstimatorReport, Report, Survey
from pglab.language import _
from pglab.looks.fresh_episodes.evaluation import PlayedEpisode
from pglab.looks.fresh_episodes.lockstep import draw_episodes
from pglab.networks import PolicyNetwork, parameter_count
from pglab.records import Floats
from pglab.session.rewinding.checkpoints import Snapshot

Task = Literal["draw", "survey", "gradients", "project"]

EPISODE_CHOICES = (10, 20, 50, 100, 200, 500)
SURVEY_EPISODES = 500
CHUNK = 10  # episodes in one pass; every number in `EPISODE_CHOICES` is a multiple of 10
MOST_NUMBERS = 50_000_000  # limit for episodes × parameters, in 32-bit numbers (200 MB)
MOST_OF_ENVIRONMENT = {"Acrobot-v1": 200}  # a step of Acrobot takes much longer than of CartPole
FEWEST_CHUNKS = 10  # with fewer chunks, a survey cannot tell a signal from noise

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """The current task of a measurement, and the share of all work that is done, from 0 to 1."""

    task: Task
    fraction: float


# --- What can be measured


def problem_with(snapshot: Snapshot) -> str | None:
    """A message that says why this policy has no gradient to measure; None if it has a gradient."""
    policy = snapshot.networks["policy"]
    if isinstance(snapshot.config, ActorCriticConfig) and snapshot.config.critic_only:
        return _(
            "With “Act greedily on Q”, this run chooses actions by Q alone and has no policy "
            "gradient. Choose another run, or a checkpoint without this setting."
        )
    if not all(bool(torch.isfinite(parameter).all()) for parameter in policy.parameters()):
        return _(
            "The run diverged: the policy's parameters are no longer finite numbers. "
            "Choose an earlier checkpoint."
        )
    return None


def most_episodes(snapshot: Snapshot) -> int:
    """The largest of `EPISODE_CHOICES` that stays within the limits of memory and time."""
    longest = MOST_NUMBERS // parameter_count(snapshot.networks["policy"])
    most = min(longest, MOST_OF_ENVIRONMENT.get(snapshot.config.env_id, longest))
    return max((k for k in EPISODE_CHOICES if k <= most), default=EPISODE_CHOICES[0])


# --- The measurement


def measure(
    snapshot: Snapshot, episodes: int, seed: int, survey: Survey | None = None
) -> Generator[Progress, None, Report]:
    """Draw episodes of a frozen policy and apply all estimators to them, in small parts.

    The result depends only on the arguments. The networks are not changed.

    Args:
        snapshot: contains the policy; `problem_with` must return None for this snapshot.
        episodes: K, the number of drawn episodes. `most_episodes` gives the largest possible K.
        seed: seed of the drawn episodes, of a new survey and of the bootstrap.
        survey: the survey of an earlier measurement with the same snapshot and seed. None makes
            a new survey.

    Raises:
        ValueError: K is not one of the choices, or is too large for this policy.
        ConfigError: the environment cannot be used.
    """
    policy, config = snapshot.networks["policy"], snapshot.config
    if episodes not in EPISODE_CHOICES or episodes > most_episodes(snapshot):
        raise ValueError(f"{episodes} episodes are not a choice for this policy")
    begin = 0.0
    if survey is None:
        begin = 0.5
        survey = yield from _part("survey", 0.0, begin, make_survey(snapshot, seed))
    length = 1.0 - begin

    # --- Draw: the policy is frozen, and all episodes are independent of each other
    drawing = draw_episodes(policy, config.env_id, episodes, seed, pool=0)
    drawn = yield from _part("draw", begin, begin + 0.45 * length, drawing)
    weights = episode_weights(drawn, config.gamma, survey.values)

    # --- Gradients: one episode at a time, for all estimators
    moments = Moments(len(ESTIMATORS), parameter_count(policy), group_sizes(episodes))
    x = unit(survey.direction)
    plain = np.empty((episodes, len(x)), np.float32)
    across = np.empty((episodes, len(ESTIMATORS), 2))
    norms = np.empty((episodes, len(ESTIMATORS)))
    for k, gradients in enumerate(episode_gradients(policy, drawn, weights)):
        moments.add(gradients)
        plain[k] = gradients[0]
        across[k, :, 0] = gradients @ x
        norms[k] = squared_norms(gradients)
        yield Progress("gradients", begin + length * (0.45 + 0.45 * k / episodes))

    # --- Plane: inner products of the gradients with the direction y and with the mean gradients
    # Only the gradients in `plain` were stored, so the inner products come from the policy.
    y = largest_remaining(plain, x)
    projecting = _components(policy, drawn, weights, y, moments.mean)
    across[:, :, 1], along_mean = yield from _part("project", begin + 0.9 * length, 1.0, projecting)
    distances = np.maximum(norms - 2 * along_mean + squared_norms(moments.mean), 0.0)
    return _report(survey, drawn, moments, np.stack([x, y]), across, distances, seed)


def _components(
    policy: nn.Module,
    episodes: Sequence[PlayedEpisode],
    weights: Sequence[Floats],
    y: Floats,
    means: Floats,
) -> Generator[float, None, tuple[Floats, Floats]]:
    """Compute the inner products of each gradient with two vectors: two arrays [K, E].

    The vectors are the direction `y` and the mean gradient of the same estimator.
    """
    along_y, along_mean = np.empty((2, len(episodes), len(means)))
    directions = np.stack([y, *means])
    for first in range(0, len(episodes), CHUNK):
        chunk = range(first, first + CHUNK)
        changes = slopes(policy, [episodes[k] for k in chunk], directions)
        ends = np.cumsum([len(episodes[k].actions) for k in chunk])
        for k, of_steps in zip(chunk, np.split(changes, ends[:-1], axis=1), strict=True):
            along_y[k] = weights[k] @ of_steps[0]
            along_mean[k] = np.einsum("et,et->e", weights[k], of_steps[1:])
        yield first / len(episodes)
    return along_y, along_mean


def make_survey(
    snapshot: Snapshot, seed: int, episodes: int = SURVEY_EPISODES
) -> Generator[float, None, Survey]:
    """Play episodes that are separate from the drawn episodes, and make a survey from them.

    If the run has no V, a function V is fitted to the returns of the separate episodes. If
    `episodes` is larger than `most_episodes`, only `most_episodes` episodes are played. The
    generator yields the share of the work that is done.

    Args:
        snapshot: contains the policy; `problem_with` must return None for this snapshot.
        seed: seed of the separate episodes.
        episodes: number of separate episodes, at least `FEWEST_CHUNKS`.
    """
    policy, config = snapshot.networks["policy"], snapshot.config
    count = min(episodes, most_episodes(snapshot))
    drawing = draw_episodes(policy, config.env_id, count, seed, pool=1)
    drawn = yield from _fractions(0.0, 0.6, drawing)
    returns = [returns_to_go(episode, config.gamma) for episode in drawn]
    values, source = known_values(snapshot) or (None, "fitted")
    if values is None:
        assert isinstance(policy, PolicyNetwork)
        fitting = fitted_values(policy, drawn, returns)
        values = yield from _fractions(0.6, 0.7, fitting)

    centred = [of - mean for of, mean in zip(returns, means_of_others(returns), strict=True)]
    # G₀·Σₜ ∇log π and Σₜ γᵗ·(Gₜ − mean baseline)·∇log π have the same expectation. The second sum
    # has less noise.
    discounted = [config.gamma ** np.arange(len(of)) * of for of in centred]
    size = max(1, min(CHUNK, count // FEWEST_CHUNKS))
    means = np.empty((count // size, 2, parameter_count(policy)), np.float32)
    for n in range(len(means)):
        chunk = slice(n * size, (n + 1) * size)
        log_probs = log_probs_taken(policy, *steps_of(drawn[chunk]))
        rows = (np.concatenate(kind[chunk]) / size for kind in (discounted, centred))
        means[n] = [weighted_gradient(policy, log_probs, row) for row in rows]
        yield 0.7 + 0.3 * n / len(means)
    return _judged(means, count, values, source, np.random.default_rng([seed, 5]))


def _judged(
    means: Floats, episodes: int, values: Values, source: Source, generator: np.random.Generator
) -> Survey:
    """Make a survey from the mean gradients of n chunks of episodes.

    `means` [n, 2, P] holds two mean gradients for each chunk: the first with the factors γᵗ, the
    second without these factors.
    """
    moments = Moments(2, means.shape[2])
    for pair in means:
        moments.add(pair)
    noise = moments.variances[0] / moments.count
    whole, others = (squared_norms(moments.mean) - noise).tolist()
    signals: dict[Estimator, float] = dict.fromkeys(ESTIMATORS, others)
    discounted, centred = means[:, 0], means[:, 1]
    p_values = dict.fromkeys(ESTIMATORS, signal_p_value(centred, generator))
    return Survey(
        episodes=episodes,
        values=values,
        source=source,
        direction=moments.mean[1],
        noise=float(noise[1]),
        signals=signals | {"whole_episode": whole},
        p_values=p_values | {"whole_episode": signal_p_value(discounted, generator)},
        aims=cosine_interval(discounted, centred, bootstrap_counts(len(means), generator)),
    )


def _report(
    survey: Survey,
    drawn: Sequence[PlayedEpisode],
    moments: Moments,
    plane: Floats,
    across: Floats,
    distances: Floats,
    seed: int,
) -> Report:
    """Combine the results of a measurement into a report.

    Args:
        survey: the survey with which the drawn episodes are compared.
        drawn: K episodes.
        moments: moments of the gradients of the drawn episodes.
        plane: [2, P] directions.
        across: [K, E, 2] components of the gradients along the two directions.
        distances: [K, E] squared distances of the gradients from their means.
        seed: seed of the measurement.
    """
    variances, means = moments.variances, moments.mean
    counts = bootstrap_counts(len(drawn), np.random.default_rng([seed, 4]))
    to_go, mean, value = (distances[:, n] for n in (1, 2, 3))
    spread = across.var(axis=0, ddof=1).sum(axis=1)
    return Report(
        survey=survey,
        totals=np.array([episode.total for episode in drawn]),
        truncated=sum(episode.truncated for episode in drawn),
        group_sizes=moments.sizes,
        plane=plane,
        estimators={
            name: EstimatorReport(
                variance=float(variances[0, n]),
                ratio=ratio_interval(distances[:, n], distances[:, 0], counts),
                group_variances=variances[:, n],
                mean=means[n],
                signal=survey.signals[name],
                cosine=cosine(means[n], survey.direction),
                arrows=across[:, n],
                shown=ratio(float(spread[n]), float(variances[0, n])),
            )
            for n, name in enumerate(ESTIMATORS)
        },
        value_over_mean=ratio_interval(value, mean, counts),
        value_over_to_go=ratio_interval(value, to_go, counts),
    )


def _part(
    task: Task, begin: float, end: float, work: Generator[float, None, T]
) -> Generator[Progress, None, T]:
    """Run one task of a measurement, and scale its progress to the range from `begin` to `end`."""
    scaled = _fractions(begin, end, work)
    while True:
        try:
            fraction = next(scaled)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        yield Progress(task, fraction)


def _fractions(
    begin: float, end: float, work: Generator[float, None, T]
) -> Generator[float, None, T]:
    """Run a generator, and scale its shares of the work to the range from `begin` to `end`."""
    while True:
        try:
            fraction = next(work)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        yield begin + (end - begin) * fraction


def finished(work: Generator[object, None, T]) -> T:
    """Run a generator to its end, and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
