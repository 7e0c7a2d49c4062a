"""Copies of runs. Exports and the library read the copies while the runs themselves go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pglab.algorithms.agents import AgentConfig
from pglab.session.history import Change
from pglab.session.rewinding.transition_blocks import Block
from pglab.session.training_session import Outcome

Arrays = dict[str, NDArray[Any]]
Facts = dict[str, Any]  # values that JSON can hold


@dataclass(frozen=True)
class State:
    """The state from which a run can continue exactly; `pglab.library.state` makes and reads it.

    The names of the parameters in `arrays` begin with the name of their network, for example
    `policy/head.weight`.
    """

    arrays: Arrays
    facts: Facts
    blocks: tuple[Block, ...] = ()  # the transitions of the replay buffer


@dataclass(frozen=True)
class Table:
    """A table of a `History`. Each column is an array [N], in which NaN means a missing number.

    In a long run, only one of every `stride` rows is kept. `appended` counts all rows, including
    the dropped rows.
    """

    columns: Arrays
    appended: int
    stride: int = 1

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The number of each kept row, [N]; the first row of the table has the number 1."""
        return 1 + self.stride * np.arange(len(self.columns["global_step"]))


@dataclass(frozen=True)
class RunContents:
    """A copy of a run at one moment. The copy never changes."""

    initial_config: AgentConfig
    changes: tuple[Change, ...]  # of settings during training
    outcome: Outcome | None  # None: the run has not ended
    problem: str | None  # a sentence, if the run diverged
    training_seconds: float  # processor time
    episodes: Table  # global_step, episode_return, length, reading
    updates: Table  # global_step, actor_loss, critic_loss, entropy, gradient norms, …
    state: State  # from which the run continues
    recent: State  # the latest steps and updates, which panels show
    made_by: dict[str, str]  # the engine, and the versions of the packages that compute

    @property
    def global_step(self) -> int:
        """The number of environment steps that the run has taken."""
        step: int = self.state.facts["global_step"]
        return step

    @property
    def config(self) -> AgentConfig:
        """The settings after all changes."""
        config = self.initial_config
        for change in self.changes:
            config = config.changed(**change.settings)
        return config
