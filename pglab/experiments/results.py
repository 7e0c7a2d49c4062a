"""Stored results of the experiments; `pglab.studies.check_experiments` makes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pglab.experiments.evidence import collapsed, last_returns
from pglab.experiments.experiment import Claim, Experiment
from pglab.language import _, content
from pglab.session.stored import DATA
from pglab.session.stored.provenance import KEY
from pglab.session.stored.usual_curves import VARIATIONS

FOLDER = DATA / "experiments"
SEEDS = 8
WINDOWS = 24  # points of a stored curve


@dataclass(frozen=True)
class Arm:
    """The stored runs with one group of settings; the seeds are 0, 1, ….

    `settings` holds the formatted settings without the seed. `figures` holds each statistic for
    each seed: [seeds]. Each run is split into stretches of equal length; `curves` holds the mean
    return of each stretch: [seeds, windows]. It is NaN if no episode ended in the stretch.
    `outcomes` says how each run ended, and `made_by` names the engine and the library versions.
    """

    settings: dict[str, str]
    figures: dict[str, NDArray[np.float64]]
    curves: NDArray[np.float64]
    outcomes: Sequence[str]
    made_by: dict[str, str]

    def spread(self, statistic: str) -> Spread:
        """The spread of a statistic over the seeds."""
        return spread_of(self.figures[statistic])


@dataclass(frozen=True)
class Spread:
    """The median, the smallest and the largest number over several seeds."""

    median: float
    low: float
    high: float


def spread_of(known: NDArray[np.float64]) -> Spread:
    """The spread of numbers, one for each seed: [seeds]."""
    return Spread(float(np.median(known)), float(known.min()), float(known.max()))


def held(claim: Claim, changed: Arm, usual: Arm) -> int:
    """The number of seeds for which a claim holds."""
    name = claim.statistic
    pairs = zip(changed.figures[name], usual.figures[name], strict=True)
    return sum(claim.holds(float(after), float(before)) for after, before in pairs)


def explanation(experiment: Experiment) -> str:
    """The explanation of an experiment as Markdown, with the numbers of the stored runs."""
    changed, usual = arms_of(experiment)
    return content(f"experiments/{experiment.page}/{experiment.key}").format(
        held=held(experiment.right_claim, changed, usual),
        seeds=SEEDS,
        steps=experiment.steps,
        changed={name: changed.spread(name) for name in changed.figures},
        usual={name: usual.spread(name) for name in usual.figures},
        ratio=spread_of(changed.figures["late_return"] / usual.figures["late_return"]),
        learned={agent: len(last_returns(agent)) - collapsed(agent) for agent in VARIATIONS},
    )


def verdict(claim: Claim, experiment: Experiment) -> str:
    """A claim and the number of seeds for which it held: "… below 12: 8 of 8 seeds"."""
    return _("{claim}: {held} of {seeds} seeds").format(
        claim=claim.sentence(), held=held(claim, *arms_of(experiment)), seeds=SEEDS
    )


def arms_of(experiment: Experiment) -> tuple[Arm, Arm]:
    """The stored runs with an experiment's settings, and the runs with the usual settings."""
    arms = load(experiment.page)
    return arms[experiment.key], arms[experiment.usual_arm]


@cache
def load(page: str) -> dict[str, Arm]:
    """The stored arms of a page, by the key of the experiment."""
    stored = json.loads((FOLDER / f"{page}.json").read_text(encoding="utf-8"))
    return {name: _arm(arm) for name, arm in stored.items()}


def _arm(stored: dict[str, Any]) -> Arm:
    figures = {name: np.array(values, float) for name, values in stored["figures"].items()}
    curves = np.array(stored["curves"], float)
    return Arm(stored["settings"], figures, curves, stored["outcomes"], stored[KEY])
