"""An experiment changes settings of a run and asks the visitor to predict the result.

The visitor picks the range in which one statistic of the run will lie. The offered ranges cover all
values without overlap, so exactly one range is right for each run. `catalogue` lists all
experiments, and `pglab.studies.check_experiments` runs them with several seeds. Each explanation of
a result is a Markdown file in `content/<language>/experiments/`.
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

# The number of environment steps in an experiment's run, for each page. The number is small,
# because the visitor waits for the result.
STEPS = {"reinforce": 12_000, "shared_on_policy": 4_000, "split_replay": 12_000}
USUAL = "usual"  # name of the stored runs with the page's default settings

LATE = (2 / 3, 1.0)  # the last third of a run: its start and end, as shares of the run


@dataclass(frozen=True)
class Claim:
    """The claim that a statistic x of a run with changed settings is in `least` ≤ x < `below`.

    If `relative` is true, x is first divided by the value of the statistic in the usual run. The
    usual run has the same seed and the usual settings.
    """

    statistic: str
    least: float = 0.0
    below: float = math.inf
    relative: bool = False

    def holds(self, changed: float, usual: float) -> bool:
        """Whether the claim is true for one seed; a claim about NaN is false."""
        value = changed / usual if self.relative else changed
        return self.least <= value < self.below

    def bounds(self, usual: float) -> tuple[float, float]:
        """The lower and the upper bound that the claim sets for the statistic.

        `usual` is the value of the statistic in the usual run. A missing lower bound is 0, and a
        missing upper bound is infinity.
        """
        unit = usual if self.relative else 1.0
        return self.least * unit, self.below * unit

    def sentence(self) -> str:
        """The claim in words, such as "mean return in the run's last third below 35"."""
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
    """An offered answer. The answer is right if `least` ≤ x < `below` for the statistic x."""

    text: str
    least: float = 0.0
    below: float = math.inf


@dataclass(frozen=True)
class Experiment:
    """A question and its answers: what does a run do if `settings` replace the usual settings?

    A page shows an experiment's `settings` instead of a title, because a title might reveal the
    answer.

    `right` is the index of the choice that is right for most stored runs. The explanation of the
    result also states the claims in `further`. `known_bad` is true if training is known to fail
    with these settings. `length` is the number of environment steps of a run. None stands for the
    page's usual number in `STEPS`.
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
        """The number of environment steps in a run of this experiment."""
        return self.length or STEPS[self.page]

    @property
    def usual_arm(self) -> str:
        """The name of the stored runs with the usual settings and with `steps` steps."""
        return USUAL if self.length is None else f"{USUAL}_{self.length}"

    @property
    def right_claim(self) -> Claim:
        """The right choice as a claim about the statistic."""
        return self.claim_of(self.choices[self.right])

    def claim_of(self, choice: Choice) -> Claim:
        """A choice as a claim about the statistic."""
        return Claim(self.statistic, choice.least, choice.below, self.relative)

    def shown(self, changed: float, usual: float) -> int | None:
        """The index of the choice that is right for a run, or None if the statistic is NaN.

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
        """The configuration of a run with the usual settings and with `steps` steps."""
        return experiment_config(self.page, {}, seed, self.steps)


def experiment_config(page: str, settings: Mapping[str, Any], seed: int, steps: int) -> AgentConfig:
    """A run's configuration: the preset of `page` with the given settings, seed and steps."""
    return AGENTS[page].changed(**settings, seed=seed, total_steps=steps, stop_when_solved=False)
