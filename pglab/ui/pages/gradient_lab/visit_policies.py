"""The policies of this visitor's runs: one policy for each checkpoint of each run."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import streamlit as st

from pglab.agent_places import AGENT_PLACES, AgentPlace
from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig, describe_differences
from pglab.language import _
from pglab.session.bench import Bench
from pglab.session.rewinding.checkpoints import Snapshot
from pglab.session.side_by_side.comparison import Comparison
from pglab.session.side_by_side.contrasts import LETTERS, algorithm_name


@dataclass(frozen=True)
class VisitRun:
    """One run of the visitor: the name of the run, and its networks at each checkpoint.

    `key` distinguishes this run from the visitor's other runs.
    """

    key: str
    name: str
    snapshots: Sequence[Snapshot]  # at least one snapshot, in the order of the steps

    @property
    def steps(self) -> tuple[int, ...]:
        """The environment steps at which the run has a checkpoint."""
        return tuple(snapshot.global_step for snapshot in self.snapshots)


def base_settings(config: AgentConfig) -> AgentConfig:
    """Return the default settings of the algorithm.

    A link to a policy contains only the settings that differ from these defaults.
    """
    match config:
        case ReinforceConfig():
            return ReinforceConfig()
        case ActorCriticConfig():
            return ActorCriticConfig()


def describe_agent(config: AgentConfig) -> str:
    """Name the algorithm and each setting that differs from its default: "REINFORCE, γ 0.9"."""
    differing = describe_differences(config, base_settings(config))
    return ", ".join([algorithm_name(config), *([differing] if differing else [])])


def runs_of_this_visit() -> list[VisitRun]:
    """Return the runs of each agent's page, newest first, and then the runs of the comparison."""
    runs: list[VisitRun] = []
    for place in AGENT_PLACES:
        lab = st.session_state.get(f"{place.key}.lab")
        if lab is not None:
            runs += reversed(list(_of_bench(place, lab.bench, lab.terms.preset)))
    compare_page = st.session_state.get("compare.page")
    if compare_page is not None:
        runs += _of_comparison(compare_page.comparison)
    return runs


def _of_bench(place: AgentPlace, bench: Bench, preset: AgentConfig) -> Iterator[VisitRun]:
    with bench.lock:
        snapshots = bench.snapshots()
    for number in sorted({snapshot.run for snapshot in snapshots}):
        own = [snapshot for snapshot in snapshots if snapshot.run == number]
        differing = describe_differences(own[-1].config, preset)
        name = _("{page}, run {n}").format(page=_(place.title), n=number)
        yield VisitRun(f"{place.key}.{number}", f"{name}: {differing}" if differing else name, own)


def _of_comparison(comparison: Comparison) -> Iterator[VisitRun]:
    """Return the compared runs. These runs keep no checkpoints, only their current networks."""
    with comparison.lock:
        sides = zip(LETTERS, comparison.names, comparison.sides, strict=False)
        for letter, name, side in sides:
            for session in side.sessions:
                seed, step = session.config.seed, session.global_step
                networks = copy.deepcopy(session.networks)
                yield VisitRun(
                    f"compare.{letter}.{seed}",
                    _("Compare: {name}, seed {seed}").format(name=name, seed=seed),
                    [Snapshot(1, step, session.config, networks)],
                )
