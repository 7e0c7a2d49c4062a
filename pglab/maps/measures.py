"""The measures that a map can show; a measure gives one number for each run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pglab.config import RunConfig
from pglab.language import _
from pglab.maps.run_result import RunResult

LATE_PART = 10  # the last tenth of a run counts as late
SMOOTHING = 5  # windows over which `steps_to` averages, a twentieth of the run


@dataclass(frozen=True)
class Measure:
    """A measure: its name, its function, and how it summarises the values of several seeds.

    The summary "iqm" is the interquartile mean, with an interval. The summary "share" is the share
    of the seeds whose value is 1, with an interval. The summary "worst" is the lowest value,
    without an interval.
    """

    name: str
    help: str
    of: Callable[[RunResult], float]
    summary: Literal["iqm", "share", "worst"]
    higher_is_better: bool = True


def late_return(result: RunResult) -> float:
    """The mean return of the episodes that ended in the last tenth of the run.

    The result is NaN if no episode ended in this tenth, or if the run diverged.
    """
    late = len(result.sums) - len(result.sums) // LATE_PART
    count = sum(result.counts[late:])
    return sum(result.sums[late:]) / count if count and not result.diverged else float("nan")


def area_under_curve(result: RunResult) -> float:
    """The mean of the learning curve over the whole run, in units of return.

    If no episode ended in a window, this window gets the value of the window before. Windows before
    the end of the first episode get the first known value. The result is NaN if no episode ended,
    or if the run diverged.
    """
    curve = result.curve
    known = np.flatnonzero(~np.isnan(curve))
    if not len(known) or result.diverged:
        return float("nan")
    latest = np.maximum(np.searchsorted(known, np.arange(len(curve)), side="right") - 1, 0)
    return float(curve[known[latest]].mean())


def steps_to(result: RunResult, threshold: float) -> float:
    """The first step at which a moving mean of the returns reaches `threshold`.

    The moving mean is taken over a twentieth of the run. If the run never reaches the threshold,
    the result is the run's total number of steps, even if the run diverged.
    """
    sums = np.convolve(result.sums, np.ones(SMOOTHING))[SMOOTHING - 1 : len(result.sums)]
    counts = np.convolve(result.counts, np.ones(SMOOTHING))[SMOOTHING - 1 : len(result.sums)]
    reached = np.flatnonzero((counts > 0) & (sums >= threshold * counts))
    ends = result.window_ends[SMOOTHING - 1 :]
    return float(ends[reached[0]]) if len(reached) else float(result.total_steps)


def solved(result: RunResult) -> float:
    """1 if the seminar's measure of progress reached the return of a solved task, else 0."""
    return float(result.solved_at is not None)


def measures(config: RunConfig) -> dict[str, Measure]:
    """All measures of runs with these settings, by their short names, in the visitor's language.

    The threshold of `steps_to` is the return of a solved task, minus a fifth of its absolute value.
    """
    success_return = float(config.success_return or 0.0)
    threshold = success_return - abs(success_return) / 5
    late = _("mean return of the episodes that end in the last tenth of the run")
    return {
        "late_return": Measure(
            _("return of the last tenth"),
            _("The {late}.").format(late=late),
            late_return,
            "iqm",
        ),
        "area": Measure(
            _("mean return of the run"),
            _("The area under the learning curve, divided by the steps: early learning counts."),
            area_under_curve,
            "iqm",
        ),
        "steps_to": Measure(
            _("steps to a return of {n:g}").format(n=threshold),
            _(
                "The first step at which the mean return of a twentieth of the run reaches {n:g}. "
                "A run that never reaches it counts as all its steps."
            ).format(n=threshold),
            lambda result: steps_to(result, threshold),
            "iqm",
            higher_is_better=False,
        ),
        "solved": Measure(
            _("share of seeds solved"),
            _(
                "The share of the seeds that solve the task: the mean of {count} episodes, one "
                "counted every {every:,} steps, reaches {n:g}."
            ).format(count=config.smoothing_window, every=config.eval_interval, n=success_return),
            solved,
            "share",
        ),
        "worst": Measure(
            _("return of the worst seed"),
            _("The lowest of all seeds: the {late}.").format(late=late),
            late_return,
            "worst",
        ),
    }
