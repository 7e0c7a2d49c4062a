"""The figure that shows the result of an experiment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pglab import palette
from pglab.curves import Curve, GuessRegion, Numbers
from pglab.language import _, ngettext
from pglab.plots.figures import Figure, framed, guess_region, line, with_room


def experiment_figure(
    guess: GuessRegion | None,
    run: Curve,
    reached: Curve,
    changed: Sequence[Numbers],
    usual: Sequence[Numbers],
    steps: int,
    return_range: tuple[float, float],
) -> Figure:
    """Return a figure of the visitor's guess and run, drawn over stored runs for comparison.

    Args:
        guess: the range of mean returns that the visitor expects; None if the guess is about
            another statistic.
        run: smoothed returns of the visitor's run.
        reached: the mean return of the run's last third, as a horizontal line over that third.
        changed: an array for each stored run with the experiment's settings. The array holds the
            mean return in each of several equally long parts of the run; NaN if unknown.
        usual: such an array for each stored run with the usual settings.
        steps: length of the run, in environment steps.
        return_range: least and greatest return of an episode.
    """
    low, high = return_range
    # The axis ends near the largest value drawn. In most experiments, this value is far below 500.
    bounds = [] if guess is None else [guess.low, guess.high]
    seen = [run.returns, reached.returns, *changed, *usual, np.array(bounds)]
    known = np.concatenate([values[np.isfinite(values)] for values in seen])
    top = min(high, max(float(known.max(initial=low)) * 1.05, low + 1))
    region = [] if guess is None else guess_region(guess, (low, top))
    traces = [
        *_seeds(
            usual,
            steps,
            palette.EARLIER_RUN,
            ngettext("usual settings, {n} seed", "usual settings, {n} seeds", len(usual)),
        ),
        *_seeds(
            changed,
            steps,
            palette.THIS_RUN,
            ngettext("these settings, {n} seed", "these settings, {n} seeds", len(changed)),
        ),
        *region,
        line(run, palette.THIS_RUN, width=2.5),
        line(reached, palette.THIS_RUN, width=5),
    ]
    figure = framed(_("environment steps"), _("mean return"), traces)
    figure["layout"]["yaxis"]["range"] = with_room(low, top)
    figure["layout"]["xaxis"] |= {"range": [0, steps * 1.01], "tickformat": "~s"}
    figure["layout"]["showlegend"] = True
    figure["layout"]["margin"] = {"t": 10, "r": 10, "l": 60, "b": 50}
    return figure


def _seeds(seeds: Sequence[Numbers], steps: int, colour: str, label: str) -> list[dict[str, Any]]:
    """Return one thin line for each seed; only the first line has a legend entry."""
    traces = []
    for number, means in enumerate(seeds):
        curve = stretches(means, steps, label.format(n=len(seeds)))
        traces.append(line(curve, colour, width=1, legend=number == 0) | {"opacity": 0.55})
    return traces


def stretches(means: Numbers, steps: int, label: str) -> Curve:
    """Return a curve of the mean returns in `len(means)` equally long parts of a run.

    The curve has each mean return in the middle of its part of the run, and leaves out NaN.
    """
    known = np.flatnonzero(~np.isnan(means))
    return Curve(steps * (0.5 + known) / len(means), means[known], label)
