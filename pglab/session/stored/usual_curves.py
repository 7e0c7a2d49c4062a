"""Stored learning curves of many seeds, which show the usual returns of an agent.

The stored agents are the seminar's three agents, four actor-critics with names `equal_…`, and the
agents in `VARIATIONS`. The four actor-critics differ only in the body and in the critic's data. The
command `pglab.studies.learning_curves` makes the curves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig, RunConfig
from pglab.curves import UsualBand
from pglab.language import _, ngettext
from pglab.session.side_by_side.contrasts import same_agent
from pglab.session.stored import DATA
from pglab.session.stored.provenance import KEY, engine_name, engine_of

FOLDER = DATA / "learning_curves"
CELLS = {f"equal_{c.body}_{c.critic_data}": c for c in ActorCriticConfig.cells()}
# With these settings, a critic with a replay buffer and a critic without a buffer take the same
# number of gradient steps, and learn from the same number of transitions.
SAME_WORK = {"critic_updates": 1, "batch_size": 16}
# Agents with other learning rates, with another policy signal, or with less training of the critic.
VARIATIONS = {
    f"{name}_{body}_on_policy": CELLS[f"equal_{body}_on_policy"].changed(
        learning_rate=rate, critic_learning_rate=rate
    )
    for name, rate in (("half_rate", 2.5e-4), ("double_rate", 1e-3))
    for body in ("shared", "split")
} | {
    "advantage_split_on_policy": CELLS["equal_split_on_policy"].changed(
        policy_signal="advantage_mean"
    ),
    "same_work_split_replay": CELLS["equal_split_replay"].changed(**SAME_WORK),
    "one_critic_step": ActorCriticConfig.split_replay(critic_updates=1),
}
AGENTS: dict[str, AgentConfig] = {
    "reinforce": ReinforceConfig(),
    "shared_on_policy": ActorCriticConfig.shared_on_policy(),
    "split_replay": ActorCriticConfig.split_replay(),
    **CELLS,
    **VARIATIONS,
}
WINDOW = 2_000  # environment steps over which returns are averaged
TABLE_WINDOW = 10_000
ROWS = ("sums", "counts", "conflicts", "updates")  # arrays [seeds, windows] in a stored file


@dataclass(frozen=True)
class LearningCurves:
    """One agent's results for the seeds 0, 1, 2, …, in windows of `WINDOW` environment steps.

    All arrays have the shape [seeds, windows]. `counts` is the number of episodes that ended in
    each window, and `sums` is the sum of the returns of these episodes. `engine` names
    the engine that trained the seeds.

    In a shared body, the actor's gradient and the critic's gradient have a cosine. `updates` is
    the number of updates in which this cosine is defined, and `conflicts` is the number of those
    in which it is negative. Without a shared body, both numbers are None.
    """

    sums: NDArray[np.float64]
    counts: NDArray[np.float64]
    conflicts: NDArray[np.float64] | None = None
    updates: NDArray[np.float64] | None = None
    engine: str = RunConfig.engine

    @property
    def steps(self) -> NDArray[np.float64]:
        """The middle of each window, in environment steps; shape [windows]."""
        return WINDOW * np.arange(0.5, self.sums.shape[1])

    def mean_returns(self, windows: int = 1) -> NDArray[np.float64]:
        """The mean return in each group of consecutive windows; shape [seeds, groups].

        The argument `windows` is the number of windows in a group. The mean return of a group is
        NaN if no episode ended in the group.
        """
        shape = (len(self.sums), -1, windows)
        sums = self.sums.reshape(shape).sum(axis=2)
        counts = self.counts.reshape(shape).sum(axis=2)
        means: NDArray[np.float64] = np.full_like(sums, np.nan)
        np.divide(sums, counts, out=means, where=counts > 0)
        return means

    def table(self, seeds: int, steps: int) -> list[tuple[int, float, float, float]]:
        """A table of returns, with one row for each 10,000 steps.

        A row contains the last step, and the median, the minimum and the maximum of the seeds' mean
        returns.
        """
        means = self.mean_returns(TABLE_WINDOW // WINDOW)[:seeds, : steps // TABLE_WINDOW]
        return [
            ((n + 1) * TABLE_WINDOW, float(np.median(m)), float(m.min()), float(m.max()))
            for n, m in enumerate(means.T)
        ]

    def last_row(self, steps: int) -> tuple[int, float, float, float]:
        """Make the table for all seeds and the first `steps` steps, and return its last row."""
        return self.table(len(self.sums), steps)[-1]


@cache
def load(agent: str) -> LearningCurves:
    """Load the stored curves of an agent; `agent` is the agent's name in `AGENTS`."""
    content = _content(agent)
    rows = {name: np.array(content[name]) for name in ROWS if name in content}
    return LearningCurves(**rows, engine=engine_of(content))


def stored_provenance(agent: str) -> dict[str, str]:
    """The provenance of the stored curves of an agent."""
    provenance: dict[str, str] = _content(agent)[KEY]
    return provenance


def _content(agent: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"{agent}.json").read_text(encoding="utf-8"))
    return content


@cache
def _quantiles(agent: str) -> NDArray[np.float64]:
    """The 10 %, 50 % and 90 % quantiles of the seeds' mean returns; shape [3, windows]."""
    quantiles: NDArray[np.float64] = np.nanquantile(
        load(agent).mean_returns(), [0.1, 0.5, 0.9], axis=0
    )
    return quantiles


def usual_band(agent: str, config: RunConfig) -> UsualBand | None:
    """The band that contains the mean returns of the middle 80 % of a stored agent's seeds.

    The result is None if the environment of `config` is not the default environment.
    """
    if config.env_id != type(config).env_id:
        return None
    curves = load(agent)
    low, median, high = _quantiles(agent)
    n = len(curves.sums)
    label = ngettext(
        "grey: middle 80 % of {n} stored seed", "grey: middle 80 % of {n} stored seeds", n
    ).format(n=n)
    return UsualBand(curves.steps, low, median, high, label)


def table_text(curves: LearningCurves, seeds: int, steps: int) -> str:
    """A Markdown table of the learning curves."""
    lines = [
        _("| up to step | median | minimum | maximum |"),
        "|---:|---:|---:|---:|",
        *(
            f"| {last:,} | {median:.0f} | {least:.0f} | {most:.0f} |"
            for last, median, least, most in curves.table(seeds, steps)
        ),
        "",
        _("Trained by the {engine}.").format(engine=engine_name(curves.engine)),
    ]
    return "\n".join(lines)


def stored_agent(config: AgentConfig) -> str | None:
    """The name of the stored agent that has the settings of `config`; None if there is none.

    The seed and the number of steps are not compared.
    """
    same = (name for name, stored in AGENTS.items() if same_agent(config, stored))
    return next(same, None)


def stored_band(config: AgentConfig) -> UsualBand | None:
    """The median and the quartiles of an agent's stored curves; None if no curve is stored."""
    agent = stored_agent(config)
    if agent is None:
        return None
    curves = load(agent)
    n = len(curves.sums)
    label = ngettext("{n} stored seed", "{n} stored seeds", n).format(n=n)
    low, median, high = _quartiles(agent)
    return UsualBand(curves.steps, low, median, high, label)


@cache
def _quartiles(agent: str) -> NDArray[np.float64]:
    quartiles: NDArray[np.float64] = np.nanquantile(
        load(agent).mean_returns(), [0.25, 0.5, 0.75], axis=0
    )
    return quartiles
