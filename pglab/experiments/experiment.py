"""An experiment: changed settings, a question about the run, and choices to predict its result.

The choices divide the range of one statistic, so that every run shows exactly one of them.
`catalogue` lists all experiments, and `pglab.studies.check_experiments` runs them with several
seeds. The explanations are Markdown files in `content/<language>/experiments/`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pglab.algorithms.agents import AgentConfig
from pglab.experiments.statistics import STATISTICS
from pglab.language import _
from pglab.session.stored.usual_curves import AGENTS

# Environment steps of an experiment, by page: few, because the visitor waits for the result.
STEPS = {"reinforce": 12_000, "shared_on_policy": 4_000, "split_replay": 12_000}
USUAL = "usual"  # name of the stored runs with the page's preset

LATE = (2 / 3, 1.0)  # the part of a run that the late statistics describe


@dataclass(frozen=True)
class Claim:
    """The claim that a statistic of the changed run is at least `least` and less than `below`.

    If `relative`, the statistic is divided by its value in the usual run of the same seed.
    """

    statistic: str
    least: float = 0.0
    below: float = math.inf
    relative: bool = False

    def holds(self, changed: float, usual: float) -> bool:
        """True if the claim holds for one seed; false if a number is NaN."""
        value = changed / usual if self.relative else changed
        return self.least <= value < self.below

    def bounds(self, usual: float) -> tuple[float, float]:
        """The bounds of the statistic in the changed run, if its value in the usual run is `usual`.

        A missing lower bound is 0; a missing upper bound is infinity.
        """
        unit = usual if self.relative else 1.0
        return self.least * unit, self.below * unit

    def sentence(self) -> str:
        """The claim in words: "mean return of the last third below 0.5 × the usual value"."""
        limit = _("{bound:g} × the usual value") if self.relative else "{bound:g}"
        least, below = limit.format(bound=self.least), limit.format(bound=self.below)
        name = _(STATISTICS[self.statistic].name)
        if self.below == math.inf:
            return _("{name} at least {least}").format(name=name, least=least)
        if self.least == 0:
            return _("{name} below {below}").format(name=name, below=below)
        return _("{name} from {least} to {below}").format(
            name=name, least=f"{self.least:g}" if self.relative else least, below=below
        )


@dataclass(frozen=True)
class Choice:
    """An answer, and the range of the statistic for which it is right."""

    text: str
    least: float = 0.0
    below: float = math.inf


@dataclass(frozen=True)
class Experiment:
    """One question: what happens with these settings instead of the page's usual ones?

    An experiment has no title, which might give the answer away: a page names it by its `settings`.
    `right` is the index of the choice that most stored runs show. The explanation also makes the
    claims in `further`. `known_bad` is true if the settings are known to fail. `length` is the
    number of environment steps, if it differs from the page's usual number.
    """

    key: str
    page: str
    settings: Mapping[str, Any]
    question: str
    choices: Sequence[Choice]
    right: int
    statistic: str = "late_return"
    relative: bool = False
    further: Sequence[Claim] = ()
    known_bad: bool = False
    length: int | None = None

    @property
    def steps(self) -> int:
        """The number of environment steps of the run."""
        return self.length or STEPS[self.page]

    @property
    def usual_arm(self) -> str:
        """The name of the stored runs that have the usual settings and are as long as this one."""
        return USUAL if self.length is None else f"{USUAL}_{self.length}"

    @property
    def right_claim(self) -> Claim:
        """The claim that the right choice makes."""
        return self.claim_of(self.choices[self.right])

    def claim_of(self, choice: Choice) -> Claim:
        """The claim that a choice makes."""
        return Claim(self.statistic, choice.least, choice.below, self.relative)

    def shown(self, changed: float, usual: float) -> int | None:
        """The index of the choice that a run shows; None if a number is NaN.

        Args:
            changed: the statistic of the run with the changed settings.
            usual: the statistic of the usual run with the same seed.
        """
        for index, choice in enumerate(self.choices):
            if self.claim_of(choice).holds(changed, usual):
                return index
        return None

    def config(self, seed: int) -> AgentConfig:
        """The configuration of a run with the changed settings."""
        return experiment_config(self.page, self.settings, seed, self.steps)

    def usual_config(self, seed: int) -> AgentConfig:
        """The configuration of a run with the usual settings and the same number of steps."""
        return experiment_config(self.page, {}, seed, self.steps)


def experiment_config(page: str, settings: Mapping[str, Any], seed: int, steps: int) -> AgentConfig:
    """The preset of a page with some settings changed, for a number of environment steps."""
    return AGENTS[page].changed(**settings, seed=seed, total_steps=steps, stop_when_solved=False)
