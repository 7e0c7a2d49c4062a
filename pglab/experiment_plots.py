"""The picture of an experiment's result: arrays in, a plotly figure out, as in `plots`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pglab import palette
from pglab.language import _
from pglab.plots import Curve, Figure, Numbers, framed, guess_line, line, with_room


def experiment_figure(
    guess: Curve,
    run: Curve,
    changed: Sequence[Numbers],
    usual: Sequence[Numbers],
    steps: int,
    return_range: tuple[float, float],
) -> Figure:
    """The guess and this run, over stored runs with the same and with the usual settings.

    Args:
        guess: what the visitor expected.
        run: smoothed returns of the visitor's run.
        changed: for each seed, mean returns in equal stretches of the run; NaN where unknown.
        usual: the same with the usual settings.
        steps: length of the run, in environment steps.
        return_range: least and greatest return of an episode.
    """
    traces = [
        *_seeds(usual, steps, palette.EARLIER_RUN, _("usual settings, {n} seeds")),
        *_seeds(changed, steps, palette.THIS_RUN, _("these settings, {n} seeds")),
        guess_line(guess),
        line(run, palette.THIS_RUN, width=2.5),
    ]
    figure = framed(_("environment steps"), _("mean return"), traces)
    low, high = return_range
    # Unlike the stage's, this picture shows what there is: most experiments stay far below 500.
    most = max(max(curve.max() for curve in _known(guess, run, changed, usual)) * 1.05, low + 1)
    figure["layout"]["yaxis"]["range"] = with_room(low, min(high, most))
    figure["layout"]["xaxis"] |= {"range": [0, steps * 1.01], "tickformat": "~s"}
    figure["layout"]["showlegend"] = True
    figure["layout"]["margin"] = {"t": 10, "r": 10, "l": 60, "b": 50}
    return figure


def _seeds(seeds: Sequence[Numbers], steps: int, colour: str, label: str) -> list[dict[str, Any]]:
    """A thin line for each seed; the first names them all."""
    traces = []
    for number, means in enumerate(seeds):
        known = means == means  # not NaN
        middles = steps * (0.5 + known.nonzero()[0]) / len(means)
        curve = Curve(middles, means[known], label.format(n=len(seeds)))
        traces.append(line(curve, colour, width=1, legend=number == 0) | {"opacity": 0.55})
    return traces


def _known(
    guess: Curve, run: Curve, changed: Sequence[Numbers], usual: Sequence[Numbers]
) -> list[Numbers]:
    """All returns in the picture, without what is unknown."""
    curves = [guess.returns, run.returns, *changed, *usual]
    return [known for curve in curves if len(known := curve[curve == curve])]
