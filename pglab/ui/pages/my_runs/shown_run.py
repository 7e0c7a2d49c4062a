"""A stored run in words: its page, its settings and its name."""

from __future__ import annotations

from dataclasses import dataclass

from pglab.agent_places import AgentPlace, agent_place
from pglab.algorithms.agents import AgentConfig
from pglab.config import ConfigError, describe_differences
from pglab.language import _
from pglab.library.state.taking import StateError
from pglab.library.store.runs.kept import RunRow, Summary
from pglab.library.store.runs.summary import config_of


@dataclass(frozen=True)
class ShownRun:
    """A row of the list; `config` is None if this version of the app cannot use the settings."""

    row: RunRow
    config: AgentConfig | None

    @property
    def address(self) -> str:
        """The address of the run."""
        return self.row.address

    @property
    def summary(self) -> Summary:
        """The facts that the list shows about the run."""
        return self.row.summary

    @property
    def place(self) -> AgentPlace:
        """The page on which the run can continue."""
        return agent_place(self.summary.agent)

    @property
    def differing(self) -> str:
        """The settings that differ from the page's defaults, as text; "" if there are none."""
        if self.config is None:
            return _("settings of another version of the app")
        return describe_differences(self.config, self.place.preset)

    @property
    def title(self) -> str:
        """The run's name or, without a name, its agent and settings. A name may be any text."""
        agent = _(self.place.title)
        return self.row.name or ", ".join(filter(None, (agent, self.differing)))


def shown(row: RunRow) -> ShownRun:
    """Read the settings of a row."""
    try:
        return ShownRun(row, config_of(row.summary))
    except (ConfigError, StateError):
        return ShownRun(row, None)
