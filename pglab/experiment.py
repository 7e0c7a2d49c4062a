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
from pglab.language import _
from pglab.learning_curves import AGENTS
from pglab.run_statistics import STATISTICS

# Of every run of a page's experiments: as few as show something, for someone waits for them.
STEPS = {"reinforce": 12_000, "shared_on_policy": 4_000, "split_replay": 12_000}

Sketch = Sequence[tuple[float, float]]  # share of the run, mean return


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
    """An answer, a sketch of the returns that it expects, and the numbers that bear it out."""

    text: str
    sketch: Sketch
    least: float = 0.0
    below: float = math.inf


@dataclass(frozen=True)
class Experiment:
    """One question: what happens with these settings instead of the page's usual ones?

    `right` is the choice that the stored runs show; the explanation also claims `further`.
    """

    key: str
    page: str
    title: str
    settings: Mapping[str, Any]
    question: str
    choices: Sequence[Choice]
    right: int
    statistic: str = "late_return"
    relative: bool = False
    further: Sequence[Claim] = ()
    known_bad: bool = False

    @property
    def steps(self) -> int:
        """Environment steps of the run."""
        return STEPS[self.page]

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
        return experiment_config(self.page, self.settings, seed)


def experiment_config(page: str, settings: Mapping[str, Any], seed: int) -> AgentConfig:
    """The page's preset with some settings changed, for as long as its experiments last."""
    return AGENTS[page].changed(
        **settings, seed=seed, total_steps=STEPS[page], stop_when_solved=False
    )
