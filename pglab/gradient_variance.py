"""How much a baseline lowers the variance of the policy gradient: the gradient lab over seeds.

    python -m pglab.gradient_variance --steps 20000 --seeds 8 --episodes 200

trains REINFORCE with its default settings for so many steps, then judges the estimators on fresh
episodes of each trained policy. It prints, for every seed and for the median of them, the mean
return and each estimator's total variance over that of whole-episode returns, with the cosine of
its mean to that of 500 separate episodes.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from pglab.config import ReinforceConfig
from pglab.gradient_estimators import ESTIMATORS
from pglab.gradient_lab import EPISODE_CHOICES, finished, measure, trained


def row_of_seed(steps: int, episodes: int, seed: int) -> list[float]:
    """Mean return, variance ratios and cosines of one trained policy."""
    snapshot = finished(trained(ReinforceConfig(seed=seed), steps))
    report = finished(measure(snapshot, episodes, seed))
    return [
        float(report.totals.mean()),
        *(report.variance_ratio(name) for name in ESTIMATORS),
        *(report.estimators[name].cosine for name in ESTIMATORS),
    ]


def line(name: str, numbers: Sequence[float]) -> str:
    """A row as text."""
    count = len(ESTIMATORS)
    pairs = zip(numbers[1 : 1 + count], numbers[1 + count :], strict=True)
    cells = [f"{f'{ratio:.3f} / {cosine:.3f}':>16}" for ratio, cosine in pairs]
    return " ".join([f"{name:>6} {numbers[0]:7.1f}", *cells])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--episodes", type=int, default=200, choices=EPISODE_CHOICES)
    arguments = parser.parse_args()
    print("variance / that of whole-episode returns, and cosine of the mean")
    print(f"{'seed':>6} {'return':>7}", *(f"{name:>16}" for name in ESTIMATORS))
    rows = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        work = partial(row_of_seed, arguments.steps, arguments.episodes)
        for seed, row in enumerate(pool.map(work, range(arguments.seeds))):
            rows.append(row)
            print(line(str(seed), row), flush=True)
    print(line("median", np.median(rows, axis=0).tolist()))


if __name__ == "__main__":
    main()
