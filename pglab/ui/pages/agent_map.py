"""The picture on the home page that shows the seminar's three agents side by side."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import streamlit as st

from pglab import palette
from pglab.language import _


@dataclass(frozen=True)
class Agent:
    """One agent in the picture on the home page.

    `networks` contains rows of boxes, from bottom to top. Each box shows one part of a network; it
    has a text and a colour.
    """

    name: str
    networks: tuple[tuple[tuple[str, str], ...], ...]
    data: str
    weight: str


def agent_map() -> None:
    """Draw one column for each agent: its networks, its training data and its weight wₜ."""
    actor, critic = palette.ACTOR, palette.CRITIC
    both = f"linear-gradient(90deg, {actor} 50%, {critic} 50%)"
    agents = (
        Agent(
            "REINFORCE",
            (((_("body"), actor),), ((_("policy π"), actor),)),
            _("whole episodes of the current policy"),
            _("Gₜ, the return from step t"),
        ),
        Agent(
            _("Actor-critic, shared body"),
            (((_("one body"), both),), ((_("policy π"), actor), (_("critic Q"), critic))),
            _("only the last step"),
            _("Q(s, a) − max Q: 0 for the critic's best action, otherwise negative"),
        ),
        Agent(
            _("Actor-critic, split bodies"),
            (
                ((_("body"), actor), (_("body"), critic)),
                ((_("policy π"), actor), (_("critic Q"), critic)),
            ),
            _("actor: the last 16 steps; critic: a replay buffer"),
            _("Q(s, a) − max Q, as with the shared body"),
        ),
    )
    st.html(f'<div class="pgl-map">{"".join(_column(agent) for agent in agents)}</div>')
    st.caption(
        _(
            "**Policy π**: the probability of each action. **Critic Q(s, a)**: an estimate of the "
            "discounted return after action a in state s. **Body**: the layers that process the "
            "state. **log π**: the logarithm of the probability of the action taken; an update "
            "raises or lowers this probability."
        )
    )


def _column(agent: Agent) -> str:
    rows = "".join(
        '<div class="pgl-map-row">'
        + "".join(
            f'<span style="border-image:{colour} 1" class="pgl-map-box">{escape(text)}</span>'
            if "gradient" in colour
            else f'<span style="border-color:{colour}" class="pgl-map-box">{escape(text)}</span>'
            for text, colour in row
        )
        + "</div>"
        for row in reversed(agent.networks)
    )
    facts = "".join(
        f"<dt>{escape(term)}</dt><dd>{escape(fact)}</dd>"
        for term, fact in ((_("learns from"), agent.data), (_("weight of log π"), agent.weight))
    )
    return f"<section><h2>{escape(agent.name)}</h2>{rows}<dl>{facts}</dl></section>"
