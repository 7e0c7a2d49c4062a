"""The pages on which agents train: their names and scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from pglab.algorithms.agents import AgentConfig
from pglab.config import Link
from pglab.language import N_
from pglab.session.stored.usual_curves import AGENTS


@dataclass(frozen=True)
class AgentPlace:
    """The page of an agent; `key` is the name of the page and of its preset."""

    key: str
    title: str
    script: str

    @property
    def path(self) -> str:
        """The path of the page in the app's address."""
        return PurePosixPath(self.script).stem

    @property
    def preset(self) -> AgentConfig:
        """The page's default settings."""
        return AGENTS[self.key]


REINFORCE = AgentPlace("reinforce", N_("REINFORCE"), "pages/reinforce.py")
SHARED_BODY = AgentPlace("shared_on_policy", N_("Shared body"), "pages/shared_body.py")
SPLIT_BODIES = AgentPlace("split_replay", N_("Split bodies"), "pages/split_bodies.py")
AGENT_PLACES = (REINFORCE, SHARED_BODY, SPLIT_BODIES)


def agent_place(agent: str) -> AgentPlace:
    """The page on which an agent trains. `agent` is the field `agent` of a `Summary`."""
    if agent == "reinforce":
        return REINFORCE
    return SHARED_BODY if agent.startswith("shared") else SPLIT_BODIES


def place_at(path: str) -> AgentPlace | None:
    """The agent's page at this path of the app; None if another page is at this path."""
    return next((place for place in AGENT_PLACES if place.path == path), None)


def config_at(path: str, parameters: Mapping[str, str]) -> AgentConfig | None:
    """The settings in the link of an agent's page; None if another page is at `path`.

    If a value in the link cannot be used, the setting keeps its value in the preset.
    """
    place = place_at(path)
    if place is None:
        return None
    config, _problems = Link(parameters).settings(place.preset)
    return config
