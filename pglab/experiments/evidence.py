"""Compares stored runs of agents with a shared body and of agents with split bodies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pglab.algorithms.agents import AgentConfig
from pglab.language import _, content
from pglab.session.seeds.statistics import sign_flip_p
from pglab.session.stored.provenance import engine_name
from pglab.session.stored.usual_curves import AGENTS, TABLE_WINDOW, WINDOW, load, stored_agent

CELLS_STEPS = 60_000  # compare the returns of stored runs at this environment step
COLLAPSED = 12.0  # with a smaller mean return, a policy repeats one action
STARTED = 15.0  # with a smaller mean return, a run has not learned; untrained policies reach more
CHANCE = 0.05  # with a larger p-value, a difference may be due to chance

# Each entry (learning rate, data of the critic) compares a shared body with split bodies. The names
# of the stored runs contain the two words of the entry.
BODIES = (
    ("half_rate", "on_policy"),
    ("equal", "on_policy"),
    ("double_rate", "on_policy"),
    ("equal", "replay"),
)
ON_POLICY_RATES = [rate for rate, data in BODIES if data == "on_policy"]


def last_returns(agent: str) -> NDArray[np.float64]:
    """The mean return [seeds] of each stored seed in the 10,000 steps before step `CELLS_STEPS`."""
    means: NDArray[np.float64] = load(agent).mean_returns(TABLE_WINDOW // WINDOW)
    return means[:, CELLS_STEPS // TABLE_WINDOW - 1]


def verdict(configs: Sequence[AgentConfig], names: Sequence[str]) -> str:
    """A line of text that compares the stored runs of several agents.

    The line is empty if an agent has no stored runs, or if two agents have the same stored runs.
    """
    agents = [agent for agent in map(stored_agent, configs) if agent is not None]
    if len(agents) < len(configs) or len(set(agents)) < len(agents):
        return ""
    seeds = min(len(last_returns(agent)) for agent in agents)
    returns = [last_returns(agent)[:seeds] for agent in agents]
    if len(returns) == 2:
        text = _("Median return (range) over {n} stored seeds: {sides}")
    else:
        text = _("Median return over {n} stored seeds: {sides}")
    text = text.format(
        n=seeds,
        sides=" · ".join(
            f"{name} **{np.median(of):.0f}**"
            + (f" ({of.min():.0f}–{of.max():.0f})" if len(returns) == 2 else "")
            for name, of in zip(names, returns, strict=True)
        ),
    )
    if len(returns) == 2:
        return f"{text}; {_found_text(_p_between(*agents))}."
    if {"equal_shared_replay", "equal_split_replay"} <= set(agents):
        found = _found_text(p_of_the_body("replay"))
        text += "; " + _("with replay, shared and split bodies: {found}").format(found=found)
    return text + "."


def _found_text(p: float) -> str:
    """The result of a comparison in words, with its p-value."""
    found = _("clear difference") if p < CHANCE else _("no clear difference")
    return f"{found} ({p_text(p)})"


def p_text(p: float) -> str:
    """A p-value as text, such as "p = 0.06" or "p < 0.001"."""
    return _("p < 0.001") if p < 0.001 else f"p = {p:.{2 if p > 0.01 else 3}f}"


def collapsed(agent: str) -> int:
    """The number of an agent's stored runs in which the final policy repeats one action."""
    return int((last_returns(agent) < COLLAPSED).sum())


def p_of_the_body(data: str, rate: str = "equal") -> float:
    """The two-sided p-value of the difference in return between split and shared bodies.

    The test is paired: it compares the two runs with the same seed.
    """
    return _p_between(f"{rate}_shared_{data}", f"{rate}_split_{data}")


@cache
def _p_between(first: str, second: str) -> float:
    """The two-sided p-value of the difference in return between two agents.

    The p-value is computed only once, because stored runs do not change.
    """
    former, latter = last_returns(first), last_returns(second)
    seeds = min(len(former), len(latter))
    return sign_flip_p(latter[:seeds] - former[:seeds])


def spread_text(agent: str) -> str:
    """An agent's `last_returns` as a text: "median (least–greatest)"."""
    returns = last_returns(agent)
    return f"{np.median(returns):.0f} ({returns.min():.0f}–{returns.max():.0f})"


def bodies_table() -> str:
    """A Markdown table that compares shared with split bodies. All other settings are equal."""
    lines = [
        _(
            "| critic learns from | α | shared | split "
            "| runs below {low:.0f}: shared, split | *p* |"
        ).format(low=COLLAPSED),
        "|---|---:|---:|---:|---:|---:|",
    ]
    names = {"on_policy": _("steps just taken"), "replay": _("replay buffer")}
    for rate, data in BODIES:
        shared, split = f"{rate}_shared_{data}", f"{rate}_split_{data}"
        alpha = f"{AGENTS[shared].learning_rate:g}"
        p = p_text(p_of_the_body(data, rate)).removeprefix("p = ")
        lines.append(
            f"| {names[data]} | {alpha} | {spread_text(shared)} | {spread_text(split)} "
            f"| {collapsed(shared)}, {collapsed(split)} | {p} |"
        )
    return "\n".join(lines)


def evidence_text() -> str:
    """A Markdown text that compares shared and split bodies by the results of stored runs."""
    split, shared = "equal_split_on_policy", "equal_shared_on_policy"
    first = early_returns(split)
    return content("sharing").format(
        table=bodies_table(),
        all_split=sum(collapsed(f"{rate}_split_on_policy") for rate in ON_POLICY_RATES),
        all_shared=sum(collapsed(f"{rate}_shared_on_policy") for rate in ON_POLICY_RATES),
        seeds=len(last_returns(split)),
        split_collapsed=collapsed(split),
        first_best=first[0].max(),
        first_collapse=2_000 * int(np.flatnonzero(first[0] >= COLLAPSED)[-1] + 1),
        never=int((first < STARTED).all(axis=1).sum()),
        shared_low=int((early_returns(shared)[:, :3] < COLLAPSED).any(axis=1).sum()),
        advantage=collapsed("advantage_split_on_policy"),
        no_replay=spread_text(split),
        same_work=spread_text("same_work_split_replay"),
        same_work_collapsed=collapsed("same_work_split_replay"),
        replay=spread_text("equal_split_replay"),
        opposed=opposed_text(shared),
        opposed_replay=opposed_text("equal_shared_replay"),
        seminar_seeds=len(last_returns("split_replay")),
        seminar_shared=spread_text("shared_on_policy"),
        seminar_collapsed=collapsed("shared_on_policy"),
        seminar_split=spread_text("split_replay"),
        engine=engine_name(load(split).engine),
    )


def early_returns(agent: str) -> NDArray[np.float64]:
    """The mean returns [seeds, stretches] of the stored seeds in stretches of 2,000 steps."""
    return load(agent).mean_returns()


def opposed(agent: str) -> float:
    """The share of updates in which the two gradients on the shared body have a negative cosine."""
    curves = load(agent)
    assert curves.conflicts is not None
    assert curves.updates is not None
    return float(curves.conflicts.sum() / curves.updates.sum())


def opposed_text(agent: str) -> str:
    """The result of `opposed` as a text, in whole percent."""
    return f"{opposed(agent):.0%}"
