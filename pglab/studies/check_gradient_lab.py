"""Repeats measurements, and checks that the page Gradient lab contains their results.

The command `pglab check gradient-variance gradient-intervals` runs both checks of this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pglab.gradient_noise.estimators import ESTIMATORS
from pglab.language import content
from pglab.studies.gradient_variance import Row, coverage, drawings_of, rows_of
from pglab.studies.outcome import Outcome, not_in
from pglab.studies.workers import processes

STEPS = (0, 5_000, 20_000, 60_000)
SEEDS, EPISODES, DRAWINGS = 8, 200, 40
PAGE = "gradient_lab"


def recheck_table() -> Outcome:
    """Measure the variances again, and check that the page contains the results."""
    with processes() as workers:
        rows = {steps: rows_of(steps, EPISODES, SEEDS, workers) for steps in STEPS}
    missing = not_in(content(PAGE), [*map(table_row, rows, rows.values()), *worth(rows)])
    return Outcome(claims=[*(f"not on the page: {text}" for text in missing), *refuted(rows)])


def recheck_intervals() -> Outcome:
    """Test the confidence intervals again, and check that the page contains the results."""
    with processes() as workers:
        shares = 100 * coverage(drawings_of(DRAWINGS, workers))[1][1:]
    sentence = f"{shares.min():.0f} to {shares.max():.0f} % of the {DRAWINGS} intervals contained"
    claims = [f"not on the page: {text}" for text in not_in(content(PAGE), [sentence])]
    if shares.argmin() != len(shares) - 1:
        claims.append("the intervals are least reliable for the estimator with V(s)")
    return Outcome(claims=claims)


def table_row(steps: int, rows: Sequence[Row]) -> str:
    """The row of the page's table about policies that were trained for `steps` steps."""
    ratios = np.array([row.ratios for row in rows])
    medians = np.median(ratios, axis=0)
    signals = np.array([row.signals for row in rows])
    cells = [
        f"{steps:,}" if steps else "0 (untrained)",
        f"{np.median([row.mean_return for row in rows]):.1f}",
        *(f"{median:.3f}" for median in medians[1:]),
        *(
            f"{count} of {len(rows)}"
            for count in (
                (ratios[:, 3] < ratios[:, 2]).sum(),
                signals[:, 0].sum(),
                signals[:, 1:].all(axis=1).sum(),
            )
        ),
    ]
    return f"| {' | '.join(cells)} |"


def worth(rows: Mapping[int, Sequence[Row]]) -> Iterator[str]:
    """Yield the page's phrases that say how many episodes one episode with V(s) replaces."""
    for steps, about, digits, place, other in (
        (20_000, "about ", 0, 1, "reward-to-go alone"),
        (20_000, "about ", 0, 0, "the whole-episode return"),
        (0, "", 1, 1, "reward-to-go alone"),
    ):
        episodes = [row.ratios[place] / row.ratios[3] for row in rows[steps]]
        median, low, high = (
            f"{number:.{digits}f}" for number in (np.median(episodes), min(episodes), max(episodes))
        )
        yield (
            f"{about}{median} episodes with {other} (median over the seeds; range: {low} to {high})"
        )


def refuted(rows: Mapping[int, Sequence[Row]]) -> list[str]:
    """The claims about the estimators' variances that are not true for all seeds."""
    names: list[str] = list(ESTIMATORS)
    orders = [
        ("reward_to_go", "whole_episode", STEPS),
        ("mean", "reward_to_go", STEPS),
        ("value", "mean", STEPS[2:]),
    ]
    return [
        f"after {steps:,} steps, {less} has less variance than {more} on all seeds"
        for less, more, claimed in orders
        for steps in claimed
        if not all(
            row.ratios[names.index(less)] < row.ratios[names.index(more)] for row in rows[steps]
        )
    ]
