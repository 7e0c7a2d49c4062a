"""Trains runs in lock step, and their further seeds up to them, in threads.

A thread trains a run for one short portion at a time. The threads serve all visitors in turn, and a
visitor has at most one portion for each thread in the queue. Every portion belongs to one call of
`train_together`, which returns only when its portions have ended. So no page reads a run that a
thread is training, and no training continues after a visitor leaves.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextvars import copy_context
from dataclasses import dataclass

from pglab.language import _
from pglab.session.seeds.group import SeedGroup
from pglab.session.sharing.threads import shared_threads, thread_count
from pglab.session.training_session import TrainingSession

PORTION = 0.02  # seconds of training
SHORTEST_PORTION = 0.005  # of a further seed, if little time is left
LEAD = 3  # how far a run may be ahead of its further seeds, in portions
FIRST_STEPS = 32  # of a run, before its speed is known


class SeedFailed(RuntimeError):
    """A further seed could not be trained; the message is a sentence for the visitor."""


@dataclass(frozen=True)
class _Portion:
    """A call of `train` trains `session` for a short time."""

    session: TrainingSession
    train: Callable[[], object]
    group: SeedGroup | None = None  # the group of a further seed; None for a run


def train_together(
    runs: Sequence[TrainingSession], groups: Sequence[SeedGroup], limit: int, seconds: float
) -> None:
    """Train runs and their further seeds, for about `seconds` of wall clock.

    The runs train up to environment step `limit`, but no further once one of them has finished.
    When the call returns, all runs have reached the same step, except runs that finished earlier.
    The seeds of `groups` follow their runs, and a run that is far ahead of a seed waits for it.

    Raises:
        SeedFailed: an error occurred in the training of a further seed. The seed begins again at
            the next call. An error in the training of a run is raised as it is.
    """
    deadline = time.perf_counter() + seconds
    target = max(run.global_step for run in runs)
    pool, most = shared_threads(), thread_count()
    under_way: dict[Future[object], _Portion] = {}
    failures: list[BaseException] = []
    try:
        while True:
            left = deadline - time.perf_counter()
            if left > 0:
                target = _next_target(runs, groups, target, limit)
            busy = {portion.session for portion in under_way.values()}
            possible = _of_runs(runs, busy, target) + _of_seeds(groups, busy, left)
            for portion in possible[: 0 if failures else most - len(under_way)]:
                # The context contains the language of the visitor.
                under_way[pool.submit(copy_context().run, portion.train)] = portion
            if not under_way:
                break
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                failures += _failure(future, under_way.pop(future))
    finally:
        wait(under_way)
    if failures:
        raise failures[0]


def _next_target(
    runs: Sequence[TrainingSession], groups: Sequence[SeedGroup], target: int, limit: int
) -> int:
    """The step up to which the runs may train: beyond `target` if all of them have reached it."""
    if any(run.finished or run.global_step < target for run in runs):
        return target
    known = [run.seconds_per_step for run in runs if run.seconds_per_step]
    steps = max(1, int(PORTION / max(known))) if len(known) == len(runs) else FIRST_STEPS
    if any(group.steps + LEAD * steps < target + steps for group in groups):
        return target
    return max(target, min(target + steps, limit))


def _of_runs(
    runs: Sequence[TrainingSession], busy: set[TrainingSession], target: int
) -> list[_Portion]:
    """The portions of the runs that have not reached the step `target`."""

    def portion_of(run: TrainingSession) -> _Portion:
        return _Portion(run, lambda: run.advance("step", target - run.global_step, seconds=PORTION))

    waiting = (run for run in runs if run not in busy and not run.finished)
    return [portion_of(run) for run in waiting if run.global_step < target]


def _of_seeds(
    groups: Sequence[SeedGroup], busy: set[TrainingSession], left: float
) -> list[_Portion]:
    """The portions of the seeds that are behind, in the order of their steps.

    `left` is how many seconds are left; if no time is left, there are no portions.
    """
    if left <= 0:
        return []
    seconds = min(PORTION, max(left, SHORTEST_PORTION))

    def portion_of(group: SeedGroup, seed: TrainingSession) -> _Portion:
        return _Portion(seed, lambda: group.catch_up(seed, seconds), group)

    portions = [
        portion_of(group, seed)
        for group in groups
        for seed in group.members
        if seed not in busy and group.is_behind(seed)
    ]
    return sorted(portions, key=lambda portion: portion.session.global_step)


def _failure(future: Future[object], portion: _Portion) -> list[BaseException]:
    """The error that occurred in a portion, if there was one; its seed is set to the beginning."""
    error = future.exception()
    if error is None or portion.group is None:
        return [] if error is None else [error]
    portion.group.begin_again(portion.session)
    sentence = _("Seed {seed} could not be trained: {error}. Press Run to train it again.")
    failed = SeedFailed(sentence.format(seed=portion.session.config.seed, error=error))
    failed.__cause__ = error
    return [failed]
