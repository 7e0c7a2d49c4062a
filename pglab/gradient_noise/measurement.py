"""One frozen policy, many episodes: how noisy is each way to estimate the policy gradient?

The estimators are those of `gradient_estimators`. All are judged on the same drawn episodes, and
against a survey of separate ones. Everything is a generator that works a little at a time, so that
a page can show how far it is and stop it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import torch

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
    SIGNIFICANCE,
    Interval,
    bootstrap_counts,
    cosine_interval,
    ratio_interval,
    signal_p_value,
)
from pglab.language import _
from pglab.looks.evaluation import PlayedEpisode
from pglab.looks.lockstep import draw_episodes
from pglab.networks import PolicyNetwork, parameter_count
from pglab.records import Floats
from pglab.session.checkpoints import Snapshot

Task = Literal["draw", "survey", "gradients", "project"]

EPISODE_CHOICES = (10, 20, 50, 100, 200, 500)
SURVEY_EPISODES = 500
CHUNK = 10  # episodes per pass; divides every choice
MOST_NUMBERS = 50_000_000  # of the gradients held at once, K × P: 200 MB
MOST_OF_ENVIRONMENT = {"Acrobot-v1": 200}  # a step takes many times as long as CartPole's
FEWEST_CHUNKS = 10  # of a survey, to tell a signal from noise

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """How far a measurement is: what is being done, and the share of the whole in [0, 1]."""

    task: Task
    fraction: float


@dataclass(frozen=True)
class Survey:
    """What many separate episodes of the policy say; the drawn ones are judged against it.

    `values` is the V that the last estimator subtracts: independent of the drawn episodes, so
    that it leaves their mean gradient where it is. `direction` [P] is the mean gradient over all
    `episodes` of the survey, with the mean baseline; `noise` the total variance of that mean.
    `signals` are ‖E g‖² of each estimator, without bias; `p_values` say how often noise alone
    looks like as much. `aims` is the cosine between what whole-episode returns aim at and what
    the other three aim at: 1 if γ = 1.
    """

    episodes: int
    values: Values
    source: Source
    direction: Floats
    noise: float
    signals: dict[Estimator, float]
    p_values: dict[Estimator, float]
    aims: Interval

    @property
    def snr(self) -> float:
        """Signal-to-noise ratio of `direction`, NaN without noise."""
        return ratio(self.signals["mean"], self.noise)

    def has_signal(self, estimator: Estimator) -> bool:
        """Whether what the estimator aims at, and `direction`, can be told from noise.

        Without `direction`, which all are judged against, none is said to have found a signal.
        """
        return all(
            self.signals[name] > 0 and self.p_values[name] < SIGNIFICANCE
            for name in (estimator, "mean")
        )


@dataclass(frozen=True)
class EstimatorReport:
    """One estimator on the drawn episodes.

    `variance` is the trace of the covariance of one episode's gradient; `group_variances` [S] the
    same of the mean over groups of episodes, by size. `mean` [P] is the mean over all K episodes,
    `cosine` that between it and the survey's direction. `arrows` [K, 2] are the episodes'
    gradients in the plane, `shown` the share of the variance that lies in it. `ratio` is the
    total variance over that of whole-episode returns. NaN where there is nothing to divide by.
    """

    variance: float
    ratio: Interval
    group_variances: Floats
    mean: Floats
    signal: float
    cosine: float
    arrows: Floats
    shown: float

    @property
    def snr(self) -> float:
        """Signal-to-noise ratio of a single episode; that of a mean over k is k times it."""
        return ratio(self.signal, self.variance)


@dataclass(frozen=True)
class Report:
    """Everything that is shown of one measurement.

    `plane` [2, P] are the two directions, of length 1, or 0 where there is none: that of the
    survey, and the largest of what whole-episode returns spread besides. `value_over_mean` is the
    total variance with V(s) as baseline over that with the mean, `value_over_to_go` over that of
    reward-to-go alone.
    """

    survey: Survey
    totals: Floats  # [K] undiscounted return of each drawn episode
    truncated: int  # of the drawn episodes
    group_sizes: tuple[int, ...]
    plane: Floats
    estimators: dict[Estimator, EstimatorReport]
    value_over_mean: Interval
    value_over_to_go: Interval

    @property
    def episodes(self) -> int:
        """K."""
        return len(self.totals)


# --- What can be measured


def problem_with(snapshot: Snapshot) -> str | None:
    """A sentence, where this policy has no policy gradient to look at."""
    policy = snapshot.networks["policy"]
    if isinstance(snapshot.config, ActorCriticConfig) and snapshot.config.critic_only:
        return _(
            "This run chooses actions by Q alone (“Act greedily on Q”): greedy choices have no "
            "gradient. Choose another run, or a checkpoint from before you turned this on."
        )
    if not all(bool(torch.isfinite(parameter).all()) for parameter in policy.parameters()):
        return _(
            "This policy's weights are no longer finite numbers: the run diverged. "
            "Choose an earlier checkpoint."
        )
    return None


def most_episodes(snapshot: Snapshot) -> int:
    """The largest choice of K whose gradients fit into memory, and that does not take minutes."""
    longest = MOST_NUMBERS // parameter_count(snapshot.networks["policy"])
    most = min(longest, MOST_OF_ENVIRONMENT.get(snapshot.config.env_id, longest))
    return max((k for k in EPISODE_CHOICES if k <= most), default=EPISODE_CHOICES[0])


# --- The measurement


def measure(
    snapshot: Snapshot, episodes: int, seed: int, survey: Survey | None = None
) -> Generator[Progress, None, Report]:
    """Draw episodes of a frozen policy and judge all estimators on them, a little at a time.

    The result depends on the arguments alone, however it is driven; the networks are left as
    they are. `survey` is that of an earlier measurement of the same snapshot with the same seed.

    Args:
        snapshot: `problem_with` finds nothing wrong with it.
        episodes: K, at most `most_episodes`.
        seed: of the fresh episodes.
        survey: made anew unless given.

    Raises:
        ValueError: K is not among the choices, or too many for this policy.
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

    # --- Draw: the policy is frozen, every episode is independent of the others
    drawing = draw_episodes(policy, config.env_id, episodes, seed, pool=0)
    drawn = yield from _part("draw", begin, begin + 0.45 * length, drawing)
    weights = episode_weights(drawn, config.gamma, survey.values)

    # --- Gradients: of one episode at a time, for all estimators
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

    # --- Plane: the other gradients are gone, their shares along y and the means are not
    y = largest_remaining(plain, x)
    directions = np.stack([y, *moments.mean])
    along_mean = np.empty((episodes, len(ESTIMATORS)))
    for first in range(0, episodes, CHUNK):
        chunk = range(first, first + CHUNK)
        changes = slopes(policy, [drawn[k] for k in chunk], directions)
        ends = np.cumsum([len(drawn[k].actions) for k in chunk])
        for k, of_steps in zip(chunk, np.split(changes, ends[:-1], axis=1), strict=True):
            across[k, :, 1] = weights[k] @ of_steps[0]
            along_mean[k] = np.einsum("et,et->e", weights[k], of_steps[1:])
        yield Progress("project", begin + length * (0.9 + 0.1 * first / episodes))
    distances = np.maximum(norms - 2 * along_mean + squared_norms(moments.mean), 0.0)
    counts = bootstrap_counts(episodes, np.random.default_rng([seed, 4]))
    ratios = [ratio_interval(of, distances[:, 0], counts) for of in distances.T]
    over_mean, over_to_go = (
        ratio_interval(distances[:, 3], distances[:, n], counts) for n in (2, 1)
    )
    plane = np.stack([x, y])
    return _report(survey, drawn, moments, plane, across, ratios, (over_mean, over_to_go))


def make_survey(
    snapshot: Snapshot, seed: int, episodes: int = SURVEY_EPISODES
) -> Generator[float, None, Survey]:
    """Draw separate episodes, fit V to them unless the run has one, and take their mean gradient.

    There are fewer if `most_episodes` says so, and at least `FEWEST_CHUNKS`.

    E[ G₀·Σₜ ∇log π ] = E[ Σₜ γᵗ·Gₜ·∇log π ]: what whole-episode returns aim at can be estimated
    with the little noise of reward-to-go and a baseline.
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
    """The survey whose chunks have these mean gradients, discounted and not: [n, 2, P]."""
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
    ratios: Sequence[Interval],
    value_over: tuple[Interval, Interval],
) -> Report:
    """Put together what was found: [2, P] directions and [K, E, 2] projections."""
    variances, means = moments.variances, moments.mean
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
                ratio=ratios[n],
                group_variances=variances[:, n],
                mean=means[n],
                signal=survey.signals[name],
                cosine=cosine(means[n], survey.direction),
                arrows=across[:, n],
                shown=ratio(float(spread[n]), float(variances[0, n])),
            )
            for n, name in enumerate(ESTIMATORS)
        },
        value_over_mean=value_over[0],
        value_over_to_go=value_over[1],
    )


def _part(
    task: Task, begin: float, end: float, work: Generator[float, None, T]
) -> Generator[Progress, None, T]:
    """A piece of work as part of a larger one."""
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
    while True:
        try:
            fraction = next(work)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        yield begin + (end - begin) * fraction


def finished(work: Generator[object, None, T]) -> T:
    """Drive a piece of work to its end."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
