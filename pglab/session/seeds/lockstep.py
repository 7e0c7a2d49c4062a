"""Trains runs in lock step, and lets the further seeds of these runs follow.

A further seed is a run with the same settings and another seed. Several threads train the runs of
all visitors, one short portion at a time. A visitor never has more portions in the queue than there
are threads. `train_together` returns only when all its portions have ended. So no page reads a run
that a thread is training, and no training continues after a visitor leaves.
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

PORTION = 0.02  # seconds for which a thread trains one run
SHORTEST_PORTION = 0.005  # seconds for which a further seed trains if little time is left
LEAD = 3  # how far a run may be ahead of its further seeds, in portions
FIRST_STEPS = 32  # steps in a run's first portion, when the speed is not known yet


class SeedFailed(RuntimeError):
    """Raised if a further seed could not be trained; the message is a sentence for visitors."""


@dataclass(frozen=True)
class _Portion:
    """A short portion of training: a call of `train` trains `session` for a short time."""

    session: TrainingSession
    train: Callable[[], object]
    group: SeedGroup | None = None  # the group of a further seed; None for a run


def train_together(
    runs: Sequence[TrainingSession], groups: Sequence[SeedGroup], limit: int, seconds: float
) -> None:
    """Train runs and their further seeds, for about `seconds` of wall clock.

    The runs train up to environment step `limit`. If one run finishes, the other runs stop early.
    When the call returns, all unfinished runs have reached the same step. The further seeds in
    `groups` follow their runs. A run that is far ahead of a further seed waits for this seed.

    Raises:
        SeedFailed: an error occurred in the training of a further seed. At the next call, the
            further seed begins again. An error in the training of a run itself is raised unchanged.
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
                # The copied context contains the language of the visitor.
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
    """The step up to which the runs may train now.

    The result is later than `target` only if all runs have reached `target` and their further seeds
    are not too far behind.
    """
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
    """One portion of training for each waiting run that has not reached the step `target`."""

    def portion_of(run: TrainingSession) -> _Portion:
        return _Portion(run, lambda: run.advance("step", target - run.global_step, seconds=PORTION))

    waiting = (run for run in runs if run not in busy and not run.finished)
    return [portion_of(run) for run in waiting if run.global_step < target]


def _of_seeds(
    groups: Sequence[SeedGroup], busy: set[TrainingSession], left: float
) -> list[_Portion]:
    """One portion of training for each waiting seed that has not caught up; sorted by step.

    `left` is the number of seconds left. If no time is left, the list is empty.
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
    """A list with the error that occurred in a portion; empty if there was no error.

    After an error in the training of a further seed, this seed begins again.
    """
    error = future.exception()
    if error is None or portion.group is None:
        return [] if error is None else [error]
    portion.group.begin_again(portion.session)
    sentence = _("Seed {seed} could not be trained: {error}. Press Run to train it again.")
    failed = SeedFailed(sentence.format(seed=portion.session.config.seed, error=error))
    failed.__cause__ = error
    return [failed]
