"""Measures how much baselines lower the variance of the policy gradient.

This command trains REINFORCE with its default settings, once for each seed and number of steps:

    python -m pglab.studies.gradient_variance --steps 0 5000 20000 60000 --seeds 8 --episodes 200

The command then compares four estimators of the policy gradient on 200 fresh episodes of each
trained policy. It prints one line of results for each seed, and one line of medians over the seeds.
Each line shows the mean return, and two numbers for each estimator: a variance ratio and a cosine.

The total variance of a gradient is the sum of the variances of its components. The variance ratio
is the total variance of the estimator, divided by the total variance of the estimator that uses
whole-episode returns. The cosine compares two directions: the estimator's mean gradient, and the
mean gradient of 500 other episodes. A star marks an estimator whose mean gradient does not differ
significantly from noise.

The last lines say how many seeds confirm each claim of the gradient lab, and how many seeds have no
star for each estimator. Another line compares reward-to-go with and without the baseline V(s). This
line divides the total variance without V(s) by the total variance with V(s). The quotient says how
many episodes without V(s) give the same precision as one episode with V(s).

This command checks the confidence intervals of the gradient lab:

    python -m pglab.studies.gradient_variance --check-intervals 40

The command draws 100 episodes of the stored policy with each of 40 seeds. Each seed gives one
confidence interval for the variance ratio of each estimator. The command also computes this ratio
from all seeds together. It prints this ratio, and the share of the intervals that contain the
ratio.

The measurements run in separate processes, or on the workers that the environment variable
`PGLAB_DASK` chooses.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pglab.algorithms.agents import AgentConfig
from pglab.config import ReinforceConfig, settings_of
from pglab.gradient_noise.estimators import ESTIMATORS
from pglab.gradient_noise.measurement import EPISODE_CHOICES, finished, measure
from pglab.gradient_noise.results import EstimatorReport
from pglab.maps.running.calls import on_workers
from pglab.maps.running.workers import Workers
from pglab.networks import use_one_thread
from pglab.session.stored.policies import load
from pglab.studies.arguments import number_of_seeds, parser_of, whole_number
from pglab.studies.example_policies import trained
from pglab.studies.workers import processes, workers_of_command

Numbers = NDArray[np.float64]

STORED_STEP = 20_000


@dataclass(frozen=True)
class Row:
    """The results for one trained policy.

    `ratios`, `cosines` and `signals` have one entry for each estimator. An unknown number is NaN.
    """

    mean_return: float
    ratios: Sequence[float]
    cosines: Sequence[float]
    signals: Sequence[bool]  # true for a gradient that differs significantly from noise


def row_of_seed(steps: int, episodes: int, config: AgentConfig) -> Row:
    """Train one policy, and measure the estimators on fresh episodes of this policy."""
    report = finished(measure(trained(config, steps), episodes, config.seed))
    found = report.estimators
    return Row(
        float(report.totals.mean()),
        [found[name].ratio.estimate for name in ESTIMATORS],
        [found[name].cosine for name in ESTIMATORS],
        [report.survey.has_signal(name) for name in ESTIMATORS],
    )


def line(name: str, row: Row) -> str:
    """Format a row as one line of text that begins with `name`."""
    numbers = zip(row.ratios, row.cosines, row.signals, strict=True)
    cells = [f"{r:.3f} / {c:.3f}{' ' if s else '*'}".rjust(17) for r, c, s in numbers]
    return " ".join([f"{name:>6} {row.mean_return:7.1f}", *cells])


def summary(rows: Sequence[Row]) -> Iterator[str]:
    """Yield text lines: the medians over the seeds, and how many seeds confirm each claim."""
    median = Row(
        float(np.median([row.mean_return for row in rows])),
        np.median([row.ratios for row in rows], axis=0).tolist(),
        np.median([row.cosines for row in rows], axis=0).tolist(),
        [True] * len(ESTIMATORS),
    )
    yield line("median", median)
    for less, more in (("reward_to_go", "whole_episode"), ("mean", "reward_to_go")):
        yield f"{less} has less variance than {more} on {_count(rows, less, more)}"
    yield f"value has less variance than mean on {_count(rows, 'value', 'mean')}"
    worth = [row.ratios[1] / row.ratios[3] for row in rows]
    yield (
        "one episode with value is worth this many episodes with reward_to_go: median "
        f"{np.median(worth):.1f}, {min(worth):.1f} to {max(worth):.1f}"
    )
    for n, name in enumerate(ESTIMATORS):
        yield f"{name}: a signal on {sum(row.signals[n] for row in rows)} of {len(rows)} seeds"


def _count(rows: Sequence[Row], less: str, more: str) -> str:
    names: list[str] = list(ESTIMATORS)
    n, m = names.index(less), names.index(more)
    return f"{sum(row.ratios[n] < row.ratios[m] for row in rows)} of {len(rows)} seeds"


def rows_of(steps: int, episodes: int, seeds: int, workers: Workers) -> list[Row]:
    """Train one policy with each seed from 0 to `seeds` − 1, and measure the estimators."""
    return on_workers(partial(row_of_seed, steps, episodes), _seeds(seeds), workers)


def drawings_of(count: int, workers: Workers) -> list[list[EstimatorReport]]:
    """Draw episodes of the stored policy with the seeds from 0 to `count` − 1."""
    return on_workers(drawn_again, _seeds(count), workers)


def _seeds(count: int) -> list[AgentConfig]:
    return [ReinforceConfig(seed=seed) for seed in range(count)]


def drawn_again(config: AgentConfig) -> list[EstimatorReport]:
    """Draw 100 episodes of the stored policy, and return a report on each estimator.

    The seed of `config` is the seed of the measurement.
    """
    report = finished(measure(load()[STORED_STEP], 100, config.seed))
    return [report.estimators[name] for name in ESTIMATORS]


def coverage(drawings: Sequence[Sequence[EstimatorReport]]) -> tuple[Numbers, Numbers]:
    """Each estimator's overall ratio, and the share of intervals that contain this ratio.

    The overall ratio is the estimator's variance divided by the variance with whole-episode
    returns. Both variances are means over `drawings`. Each entry of `drawings` is a result of
    `drawn_again`.
    """
    variances = np.array([[of.variance for of in found] for found in drawings])
    overall = (variances / variances[:, :1].mean()).mean(axis=0)
    inside = [
        [of.ratio.low <= whole <= of.ratio.high for of, whole in zip(found, overall, strict=True)]
        for found in drawings
    ]
    return overall, np.mean(inside, axis=0)


def check_intervals(drawings: Sequence[Sequence[EstimatorReport]]) -> str:
    """List the results of `coverage`. Leave out the first estimator, because its ratio is 1."""
    overall, shares = coverage(drawings)
    cells = zip(ESTIMATORS[1:], overall[1:], shares[1:], strict=True)
    return "\n".join(
        f"{name}: ratio {whole:.4f}, inside {share:.0%}" for name, whole, share in cells
    )


def parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    most = settings_of(ReinforceConfig)["total_steps"].maximum
    assert most is not None
    of_command = parser_of("pglab.studies.gradient_variance", __doc__)
    of_command.add_argument(
        "--steps", type=whole_number(0, int(most)), nargs="+", default=[0, 5_000, 20_000, 60_000]
    )
    of_command.add_argument("--seeds", type=number_of_seeds(), default=8)
    of_command.add_argument("--episodes", type=int, default=200, choices=EPISODE_CHOICES)
    of_command.add_argument("--check-intervals", type=number_of_seeds(), metavar="DRAWINGS")
    return of_command


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    use_one_thread()
    chosen = parser().parse_args(arguments)
    with workers_of_command(), processes() as workers:
        if chosen.check_intervals:
            print(check_intervals(drawings_of(chosen.check_intervals, workers)))
            return
        for steps in chosen.steps:
            print(f"\nafter {steps:,} steps: variance / variance of whole-episode, and cosine")
            print(f"{'seed':>6} {'return':>7}", *(f"{name:>17}" for name in ESTIMATORS))
            rows = rows_of(steps, chosen.episodes, chosen.seeds, workers)
            for seed, row in enumerate(rows):
                print(line(str(seed), row))
            print("\n".join(summary(rows)), flush=True)


if __name__ == "__main__":
    main()
