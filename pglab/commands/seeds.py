"""Trains several seeds at once, on all cores."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from pglab.algorithms.agents import AgentConfig
from pglab.commands.progress_bar import Report
from pglab.config import SEEDS
from pglab.session.sharing.threads import thread_count
from pglab.session.training_session import TrainingSession

PORTION = 0.1  # seconds of training between two looks whether to stop
INTERVAL = 0.1  # seconds between two reports


def seeds_of(config: AgentConfig, count: int) -> list[TrainingSession]:
    """Make new runs with `count` consecutive seeds, beginning with the seed of `config`.

    Raises:
        ConfigError: the environment cannot be used.
    """
    seeds = ((config.seed + number) % SEEDS for number in range(count))
    return [TrainingSession(config.changed(seed=seed), can_rewind=False) for seed in seeds]


def train_all(sessions: Sequence[TrainingSession], report: Report) -> bool:
    """Train the runs to their ends, in threads.

    Args:
        sessions: the runs.
        report: receives the number of finished steps and of all steps. It is called in this thread.

    Returns:
        False if Ctrl+C has stopped the training early. Each run then ends after a complete step.
    """
    stop = threading.Event()

    def train(session: TrainingSession) -> None:
        while not (session.finished or stop.is_set()):
            session.advance("step", seconds=PORTION)

    with ThreadPoolExecutor(thread_count()) as pool:
        try:
            waiting: set[Future[None]] = {pool.submit(train, session) for session in sessions}
            while waiting:
                done, waiting = wait(waiting, INTERVAL, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()  # raises the error of a thread
                report(sum(s.global_step for s in sessions), sum(map(_expected, sessions)))
        except KeyboardInterrupt:
            return False
        finally:
            stop.set()
    return True


def _expected(session: TrainingSession) -> int:
    """Return the expected number of steps of a run; a solved run may end earlier."""
    return session.global_step if session.finished else session.config.total_steps
