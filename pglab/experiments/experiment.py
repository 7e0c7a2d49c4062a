"""An experiment with a prediction first: what is changed, what is asked, and what may happen.

The choices divide the range of one number of a run, so that every run shows exactly one of them.
`experiments` lists what there is, `experiment_checks` runs it over seeds; the explanations are
Markdown files in `content/<language>/experiments/`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pglab.algorithms.families import AgentConfig
from pglab.experiments.statistics import STATISTICS
from pglab.language import _
from pglab.session.stored.usual_curves import AGENTS

# Of a run of a page's experiments: as few as show something, for someone waits for them.
STEPS = {"reinforce": 12_000, "shared_on_policy": 4_000, "split_replay": 12_000}
USUAL = "usual"  # name of the stored runs with the page's preset

LATE = (2 / 3, 1.0)  # stretch of a run, as shares of it, that the late statistics are about


@dataclass(frozen=True)
class Claim:
    """That a statistic of the changed run lies from `least` to under `below`.

    Where `relative`, what counts is its ratio to that of the usual run of the same seed.
    """

    statistic: str
    least: float = 0.0
    below: float = math.inf
    relative: bool = False

    def holds(self, changed: float, usual: float) -> bool:
        """Whether it holds for one seed; never where a number is missing."""
        value = changed / usual if self.relative else changed
        return self.least <= value < self.below

    def bounds(self, usual: float) -> tuple[float, float]:
        """From where to where the number of the changed run lies, if the usual run's is `usual`.

        A claim that says nothing about one side has 0 or infinity there.
        """
        unit = usual if self.relative else 1.0
        return self.least * unit, self.below * unit

    def sentence(self) -> str:
        """The claim in words: "mean return of the last third below 0.5 × the usual run's"."""
        limit = _("{bound:g} × the usual run's") if self.relative else "{bound:g}"
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
    """An answer, and the numbers that bear it out."""

    text: str
    least: float = 0.0
    below: float = math.inf


@dataclass(frozen=True)
class Experiment:
    """One question: what happens with these settings instead of the page's usual ones?

    It has no title of its own: a page names it by its `settings`, which cannot give the answer
    away. `right` is the choice that the stored runs show; the explanation also claims `further`.
    `length` is that of the run in steps, where it is not the page's usual one.
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
        """Environment steps of the run."""
        return self.length or STEPS[self.page]

    @property
    def usual_arm(self) -> str:
        """Name of the stored runs with the usual settings, as long as this experiment's."""
        return USUAL if self.length is None else f"{USUAL}_{self.length}"

    @property
    def right_claim(self) -> Claim:
        """What the right choice says."""
        return self.claim_of(self.choices[self.right])

    def claim_of(self, choice: Choice) -> Claim:
        """What a choice says, in numbers."""
        return Claim(self.statistic, choice.least, choice.below, self.relative)

    def shown(self, changed: float, usual: float) -> int | None:
        """Which choice a run shows, from its number and that of the usual run; None if neither."""
        for index, choice in enumerate(self.choices):
            if self.claim_of(choice).holds(changed, usual):
                return index
        return None

    def config(self, seed: int) -> AgentConfig:
        """The settings of the run."""
        return experiment_config(self.page, self.settings, seed, self.steps)

    def usual_config(self, seed: int) -> AgentConfig:
        """The usual settings, for as many steps."""
        return experiment_config(self.page, {}, seed, self.steps)


def experiment_config(page: str, settings: Mapping[str, Any], seed: int, steps: int) -> AgentConfig:
    """The page's preset with some settings changed, for that many steps."""
    return AGENTS[page].changed(**settings, seed=seed, total_steps=steps, stop_when_solved=False)
