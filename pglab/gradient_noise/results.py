"""The results of a measurement of the gradient lab: a survey, and a report on each estimator."""

from __future__ import annotations

from dataclasses import dataclass

from pglab.gradient_noise.estimators import Estimator, Source, Values, ratio
from pglab.gradient_noise.intervals import SIGNIFICANCE, Interval
from pglab.records import Floats


@dataclass(frozen=True)
class Survey:
    """The results of many separate episodes, with which the drawn episodes are compared.

    `episodes` is the number of separate episodes. `values` is the function V that the estimator
    `value` subtracts. `source` says where V comes from. V is independent of the drawn episodes, so
    V does not bias the gradients of the drawn episodes. `direction` [P] is the mean gradient of the
    separate episodes, computed with the mean baseline. `noise` is the total variance of
    `direction`. `signals` holds, for each estimator, an unbiased estimate of ‖E g‖², the squared
    length of the expected gradient. `p_values` holds, for each estimator, the probability that pure
    noise gives a mean gradient at least as long as the survey's mean gradient. `aims` is the cosine
    between two expected gradients: the gradient of whole-episode returns, and the gradient of the
    other three estimators. The cosine is 1 if γ = 1.
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
        """The signal-to-noise ratio of `direction`; NaN if `noise` is 0."""
        return ratio(self.signals["mean"], self.noise)

    def has_signal(self, estimator: Estimator) -> bool:
        """True if the estimator's gradient and `direction` both differ significantly from noise."""
        return all(
            self.signals[name] > 0 and self.p_values[name] < SIGNIFICANCE
            # The estimator "mean" gives `direction`. All estimators are compared with `direction`.
            for name in (estimator, "mean")
        )


@dataclass(frozen=True)
class EstimatorReport:
    """The results of one estimator on the K drawn episodes.

    `variance` is the total variance of one episode's gradient: the trace of the covariance matrix.
    `ratio` is `variance` divided by the total variance with whole-episode returns.
    `group_variances` [S] holds the total variance of the group means, for each group size. `mean`
    [P] is the mean gradient over all K episodes. `signal` is the survey's estimate of the squared
    length of the expected gradient. `cosine` is the cosine between `mean` and `Survey.direction`.
    `arrows` [K, 2] holds the two coordinates of each episode's gradient in `Report.plane`. `shown`
    is the share of `variance` that lies in `Report.plane`. A ratio is NaN if its denominator is 0.
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
        """Signal-to-noise ratio of one episode. The mean of k episodes has k times this ratio."""
        return ratio(self.signal, self.variance)


@dataclass(frozen=True)
class Report:
    """All results of one measurement.

    `plane[0]` is `survey.direction`, scaled to length 1. `plane[1]` has length 1. Among all
    directions perpendicular to `plane[0]`, the gradients with whole-episode returns vary most along
    `plane[1]`. `value_over_mean` is the total variance with V(s) as baseline, divided by the total
    variance with the mean baseline. `value_over_to_go` is the total variance with V(s) as baseline,
    divided by the total variance of reward-to-go without a baseline.
    """

    survey: Survey
    totals: Floats  # [K] undiscounted return of each drawn episode
    truncated: int  # number of drawn episodes that were truncated
    group_sizes: tuple[int, ...]
    plane: Floats  # [2, P]; a row is 0 if its direction does not exist
    estimators: dict[Estimator, EstimatorReport]
    value_over_mean: Interval
    value_over_to_go: Interval

    @property
    def episodes(self) -> int:
        """The number K of drawn episodes."""
        return len(self.totals)
