"""The stored results of the experiments, which `pglab.studies.check_experiments` computes."""

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
WINDOWS = 24  # number of points of a stored learning curve


@dataclass(frozen=True)
class Arm:
    """Stored runs that have the same settings and differ only in their seeds 0, 1, 2, ….

    `settings` maps the name of each setting to its value as text; the seed is left out. `figures`
    maps the name of each statistic to its values, one for each seed. Each run is split into windows
    of equal length. `curves` [seeds, windows] holds the mean return in each window. An entry is NaN
    if no episode ended in the window. `outcomes` says how each run ended. `made_by` names the
    training engine and the library versions that computed the runs.
    """

    settings: dict[str, str]
    figures: dict[str, NDArray[np.float64]]
    curves: NDArray[np.float64]
    outcomes: Sequence[str]
    made_by: dict[str, str]

    def spread(self, statistic: str) -> Spread:
        """The median, the smallest and the largest value of a statistic over the seeds."""
        return spread_of(self.figures[statistic])


@dataclass(frozen=True)
class Spread:
    """The median, the smallest and the largest number over several seeds."""

    median: float
    low: float
    high: float


def spread_of(known: NDArray[np.float64]) -> Spread:
    """The `Spread` of an array that has one number for each seed: [seeds]."""
    return Spread(float(np.median(known)), float(known.min()), float(known.max()))


def held(claim: Claim, changed: Arm, usual: Arm) -> int:
    """The number of seeds for which a claim about the runs with changed settings is true."""
    name = claim.statistic
    pairs = zip(changed.figures[name], usual.figures[name], strict=True)
    return sum(claim.holds(float(after), float(before)) for after, before in pairs)


def explanation(experiment: Experiment) -> str:
    """The explanation of an experiment in Markdown, with numbers from stored runs."""
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
    """A claim in words, and the number of seeds for which it is true: "… 8 of 8 seeds"."""
    return _("{claim}: {held} of {seeds} seeds").format(
        claim=claim.sentence(), held=held(claim, *arms_of(experiment)), seeds=SEEDS
    )


def arms_of(experiment: Experiment) -> tuple[Arm, Arm]:
    """The stored runs with an experiment's settings, and the stored runs with usual settings."""
    arms = load(experiment.page)
    return arms[experiment.key], arms[experiment.usual_arm]


@cache
def load(page: str) -> dict[str, Arm]:
    """A page's stored runs by name.

    Each name is the `key` or the `usual_arm` of an experiment.
    """
    stored = json.loads((FOLDER / f"{page}.json").read_text(encoding="utf-8"))
    return {name: _arm(arm) for name, arm in stored.items()}


def _arm(stored: dict[str, Any]) -> Arm:
    figures = {name: np.array(values, float) for name, values in stored["figures"].items()}
    curves = np.array(stored["curves"], float)
    return Arm(stored["settings"], figures, curves, stored["outcomes"], stored[KEY])
