"""Everything that is stored of a run. Exports and the library read it; the run itself goes on."""

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
    """The state from which a run continues exactly; `pglab.library.state` makes and reads it.

    The names of the parameters in `arrays` begin with the name of their network, for example
    `policy/head.weight`.
    """

    arrays: Arrays
    facts: Facts
    blocks: tuple[Block, ...] = ()  # the transitions of the replay buffer


@dataclass(frozen=True)
class Table:
    """A table of a `History`: columns by name, each [N], with NaN for a missing number.

    A long run keeps one of `stride` rows; `appended` counts all rows, also those that were dropped.
    """

    columns: Arrays
    appended: int
    stride: int = 1

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The number of each row that is kept, counted from 1: [N]."""
        return 1 + self.stride * np.arange(len(self.columns["global_step"]))


@dataclass(frozen=True)
class RunContents:
    """A run at one moment. It never changes."""

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
        """Environment steps taken."""
        step: int = self.state.facts["global_step"]
        return step

    @property
    def config(self) -> AgentConfig:
        """The settings at this moment, with all changes."""
        config = self.initial_config
        for change in self.changes:
            config = config.changed(**change.settings)
        return config
