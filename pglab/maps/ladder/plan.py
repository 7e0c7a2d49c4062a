"""The plan of a ladder: the agents that are trained, their seeds, and the number of steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from pglab.algorithms.agents import AgentConfig
from pglab.config import ConfigError
from pglab.environments import ENVIRONMENTS
from pglab.maps.ladder.rungs import Rung, moved, rungs
from pglab.maps.plan import Cell, require_seeds
from pglab.maps.run_result import run_of_map
from pglab.session.side_by_side.contrasts import same_agent


@dataclass(frozen=True)
class LadderPlan:
    """The runs of a ladder from A to B. A `MapRun` can train these runs, with one cell per arm.

    An arm is an agent with all its seeds. The arms are A, B, and the two agents `a_with` and
    `b_with` of each rung.
    """

    a: AgentConfig
    b: AgentConfig
    seeds: int
    total_steps: int

    def __post_init__(self) -> None:
        """Check the plan.

        Raises:
            ConfigError: the agents cannot be compared, or the number of seeds or steps cannot be
                used.
        """
        require_seeds(self.seeds)
        for name in ("a", "b"):
            arm = run_of_map(getattr(self, name), 0, self.total_steps)
            object.__setattr__(self, name, arm)
        self.rungs  # noqa: B018 (raises the error)

    @cached_property
    def rungs(self) -> tuple[Rung, ...]:
        """The differences between A and B.

        If an agent of a rung is the same agent as A or B, the rung uses A or B.
        """
        found = rungs(self.a, self.b)
        return tuple(
            Rung(rung.names, self._known(rung.a_with), self._known(rung.b_with)) for rung in found
        )

    @cached_property
    def arms(self) -> tuple[AgentConfig, ...]:
        """A, B and the possible agents of all rungs, without duplicates; all arms have seed 0."""
        swapped = (arm for rung in self.rungs for arm in (rung.a_with, rung.b_with))
        possible = (arm for arm in swapped if not isinstance(arm, ConfigError))
        return tuple(dict.fromkeys((self.a, self.b, *possible)))

    def after(self, config: AgentConfig, rung: Rung) -> AgentConfig | None:
        """Return `config` with B's settings of one rung; None if such an agent is impossible.

        If an arm has the same settings, the result is this arm.
        """
        try:
            changed = moved(config, rung.names, self.b)
        except ConfigError:
            return None
        return next((arm for arm in self.arms if same_agent(arm, changed)), changed)

    @property
    def return_range(self) -> tuple[float, float]:
        """The lowest and the highest return of the environment."""
        return ENVIRONMENTS[self.a.env_id].return_range

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of arms, in the form of a map's shape."""
        return (len(self.arms),)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The index of each arm, in the form of a map's cell."""
        return tuple((place,) for place in range(len(self.arms)))

    def config_of(self, cell: Cell, seed: int = 0) -> AgentConfig:
        """The settings of one run of an arm."""
        return self.arms[cell[0]].changed(seed=seed)

    def runs(self) -> Iterator[tuple[Cell, int]]:
        """All pairs of an arm and a seed; the seeds count from 0."""
        return product(self.cells, range(self.seeds))

    def runs_of(self, arms: Sequence[AgentConfig]) -> list[AgentConfig]:
        """The settings of all runs of the given arms; the runs of the first arm come first."""
        return [arm.changed(seed=seed) for arm in arms for seed in range(self.seeds)]

    def _known(self, arm: AgentConfig | ConfigError) -> AgentConfig | ConfigError:
        if isinstance(arm, ConfigError):
            return arm
        return next((known for known in (self.a, self.b) if same_agent(known, arm)), arm)
