"""What became of the experiments on many seeds, as `pglab.studies.check_experiments` stored it."""

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
WINDOWS = 24  # of a curve


@dataclass(frozen=True)
class Arm:
    """The runs of one setting with the seeds from 0 on.

    `settings` are those of all runs besides the seed, formatted; `figures` holds each statistic
    for each seed [seeds]; `curves` the mean return in equal stretches of the run [seeds, windows],
    NaN where no episode ended; `outcomes` how each run ended; `made_by` the engine and versions.
    """

    settings: dict[str, str]
    figures: dict[str, NDArray[np.float64]]
    curves: NDArray[np.float64]
    outcomes: Sequence[str]
    made_by: dict[str, str]

    def spread(self, statistic: str) -> Spread:
        """A statistic over the seeds."""
        return spread_of(self.figures[statistic])


@dataclass(frozen=True)
class Spread:
    """Median and extremes over seeds."""

    median: float
    low: float
    high: float


def spread_of(known: NDArray[np.float64]) -> Spread:
    """Median and extremes of one number per seed: [seeds]."""
    return Spread(float(np.median(known)), float(known.min()), float(known.max()))


def held(claim: Claim, changed: Arm, usual: Arm) -> int:
    """On how many seeds a claim holds."""
    name = claim.statistic
    pairs = zip(changed.figures[name], usual.figures[name], strict=True)
    return sum(claim.holds(float(after), float(before)) for after, before in pairs)


def explanation(experiment: Experiment) -> str:
    """Its Markdown with the numbers of the stored runs filled in."""
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
    """A claim and on how many seeds it held: "… below half of the usual run's: 8 of 8 seeds"."""
    return _("{claim}: {held} of {seeds} seeds").format(
        claim=claim.sentence(), held=held(claim, *arms_of(experiment)), seeds=SEEDS
    )


def arms_of(experiment: Experiment) -> tuple[Arm, Arm]:
    """The stored runs with the experiment's settings, and those with the usual ones."""
    arms = load(experiment.page)
    return arms[experiment.key], arms[experiment.usual_arm]


@cache
def load(page: str) -> dict[str, Arm]:
    """The arms of a page that are part of the repository, by name of the experiment."""
    stored = json.loads((FOLDER / f"{page}.json").read_text(encoding="utf-8"))
    return {name: _arm(arm) for name, arm in stored.items()}


def _arm(stored: dict[str, Any]) -> Arm:
    figures = {name: np.array(values, float) for name, values in stored["figures"].items()}
    curves = np.array(stored["curves"], float)
    return Arm(stored["settings"], figures, curves, stored["outcomes"], stored[KEY])
