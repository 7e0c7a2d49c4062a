"""Summarises runs for lists, and converts runs to the form that the library saves."""

from __future__ import annotations

import json

import numpy as np

from pglab.algorithms.agents import AgentConfig
from pglab.config import ReinforceConfig
from pglab.curves import SMOOTHING_EPISODES, Curve, smoothed, thinned
from pglab.library.contents import RunContents
from pglab.library.encoding import config_facts, config_from, encoded
from pglab.library.store.runs.kept import KeptRun, Summary
from pglab.session.history import MEAN_EPISODES

MOST_POINTS = 100  # of the small curve


def summary_of(contents: RunContents) -> Summary:
    """Summarise a run for lists."""
    config, episodes = contents.config, contents.episodes.columns
    returns = episodes["episode_return"]
    curve = np.stack([episodes["global_step"], smoothed(returns, SMOOTHING_EPISODES)])
    return Summary(
        agent=_agent(config),
        environment=config.env_id,
        settings=json.dumps(config_facts(config)["settings"]),
        global_step=contents.global_step,
        episodes=contents.episodes.appended,
        mean_return=float(returns[-MEAN_EPISODES:].mean()) if len(returns) else None,
        outcome=contents.outcome,
        seed=config.seed,
        curve=curve[:, thinned(len(returns), MOST_POINTS)].astype("<f4").tobytes(),
        training_seconds=contents.training_seconds,
    )


def kept_of(
    contents: RunContents, *, address: str, owner: str, writer: str, was_stored: bool = False
) -> KeptRun:
    """Convert a run to the form that the library saves; see `KeptRun` for the arguments."""
    return KeptRun(
        address=address,
        owner=owner,
        writer=writer,
        data=encoded(contents),
        blocks=contents.state.blocks,
        summary=summary_of(contents),
        was_stored=was_stored,
    )


def curve_of(summary: Summary) -> Curve:
    """Return the small curve of a run: at most `MOST_POINTS` running means of its returns."""
    points = np.frombuffer(summary.curve, "<f4").reshape(2, -1)
    return Curve(points[0], points[1])


def config_of(summary: Summary) -> AgentConfig:
    """Return the settings that a run had when the summary was made.

    Raises:
        ConfigError: a setting cannot be used.
        StateError: another version of the app has written the settings.
    """
    agent = summary.agent if summary.agent == "reinforce" else "actor_critic"
    return config_from({"agent": agent, "settings": json.loads(summary.settings)})


def _agent(config: AgentConfig) -> str:
    if isinstance(config, ReinforceConfig):
        return "reinforce"
    return f"{config.body}_{config.critic_data}"
