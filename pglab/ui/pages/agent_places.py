"""The pages on which agents train: their names and scripts."""

from __future__ import annotations

from dataclasses import dataclass

from pglab.algorithms.agents import AgentConfig
from pglab.language import N_
from pglab.session.stored.usual_curves import AGENTS


@dataclass(frozen=True)
class AgentPlace:
    """The page of an agent; `key` is the name of the page and of its preset."""

    key: str
    title: str
    script: str

    @property
    def preset(self) -> AgentConfig:
        """The page's default settings."""
        return AGENTS[self.key]


REINFORCE = AgentPlace("reinforce", N_("REINFORCE"), "pages/reinforce.py")
SHARED_BODY = AgentPlace("shared_on_policy", N_("Shared body"), "pages/shared_body.py")
SPLIT_BODIES = AgentPlace("split_replay", N_("Split bodies"), "pages/split_bodies.py")
AGENT_PLACES = (REINFORCE, SHARED_BODY, SPLIT_BODIES)


def place_of(agent: str) -> AgentPlace:
    """The page on which an agent trains; `agent` is the agent of a `Summary`."""
    if agent == "reinforce":
        return REINFORCE
    return SHARED_BODY if agent.startswith("shared") else SPLIT_BODIES
