"""Summaries of an earlier run and of a run's further seeds."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pglab.algorithms.agents import AgentConfig
from pglab.curves import kept_by_place, thinned
from pglab.networks import parameter_count
from pglab.session.history import Change
from pglab.session.rewinding.checkpoints import Snapshot
from pglab.session.seeds.statistics import smoothed_curve
from pglab.session.training_session import Outcome, TrainingSession

POINTS_PER_OVERLAY = 1_200  # kept of an earlier curve, because a figure may show only its beginning
SNAPSHOTS_PER_RUN = 6  # the most snapshots that are kept of one earlier run
SNAPSHOT_BYTES = 5_000_000  # memory limit for all snapshots of one earlier run


@dataclass(frozen=True)
class SeedResult:
    """The results of a further seed, which is a run with the same settings but another seed."""

    seed: int
    global_step: int
    episodes: int
    mean_return: float | None
    outcome: Outcome | None
    reading: float | None  # the seminar's measure of progress


@dataclass(frozen=True)
class PastRun:
    """Stores an earlier run's curve, results and policies, so that pages can show them.

    A fork is a run that continues another run. If this run is a fork, `forked` holds the number of
    the continued run and the step of the fork.
    """

    number: int
    config: AgentConfig
    changes: tuple[Change, ...]
    # `steps` and `returns` are points of the smoothed learning curve; not all points are kept.
    steps: NDArray[np.float32]
    returns: NDArray[np.float32]
    global_step: int
    episodes: int
    mean_return: float | None
    outcome: Outcome | None
    reading: float | None  # the seminar's measure of progress
    forked: tuple[int, int] | None = None
    snapshots: tuple[Snapshot, ...] = ()
    further: tuple[SeedResult, ...] = ()  # results of the further seeds


def seed_result(session: TrainingSession) -> SeedResult:
    """The present results of a further seed."""
    history = session.history
    return SeedResult(
        session.config.seed,
        session.global_step,
        len(history.episodes),
        history.mean_return(),
        session.outcome,
        history.reading,
    )


def past_run(number: int, session: TrainingSession, forked: tuple[int, int] | None) -> PastRun:
    """The present state of a run as a `PastRun`, without further seeds."""
    history = session.history
    snapshots = snapshots_of(number, session)
    per_network = 4 * parameter_count(*session.networks.values())
    few = thinned(len(snapshots), max(1, min(SNAPSHOTS_PER_RUN, SNAPSHOT_BYTES // per_network)))
    curve = smoothed_curve(session)
    kept = kept_by_place(curve.steps, curve.returns, POINTS_PER_OVERLAY)
    return PastRun(
        number=number,
        config=session.initial_config,
        changes=tuple(history.changes),
        steps=curve.steps[kept].astype(np.float32),
        returns=curve.returns[kept].astype(np.float32),
        global_step=session.global_step,
        episodes=len(history.episodes),
        mean_return=history.mean_return(),
        outcome=session.outcome,
        reading=history.reading,
        forked=forked,
        # Only networks are copied, because an earlier run needs no optimisers and no replay buffer.
        snapshots=tuple(
            replace(snapshots[index], networks=dict(snapshots[index].networks)) for index in few
        ),
    )


def snapshots_of(number: int, session: TrainingSession) -> list[Snapshot]:
    """Snapshots of the networks at the run's checkpoints and at its present step."""
    known: dict[int, tuple[AgentConfig, Mapping[str, nn.Module]]] = {
        point.global_step: (point.config, point.networks) for point in session.checkpoints
    }
    if session.global_step not in known:
        known[session.global_step] = session.config, copy.deepcopy(session.networks)
    return [Snapshot(number, step, *known[step]) for step in sorted(known)]
