"""The result of one run of a map: the learning curve in equal windows, and the run's end."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pglab.algorithms.agents import AgentConfig
from pglab.session.training_session import TrainingSession

WINDOWS = 100  # of a learning curve
FORMAT = 1  # of the text in which a result is stored


class ResultDamaged(ValueError):
    """Raised if a stored text is not the result of a run."""


@dataclass(frozen=True)
class RunResult:
    """The result of one run, whose environment steps are divided into equal windows.

    `sums[w]` is the sum of the returns of the episodes that ended in window w, and `counts[w]` is
    the number of these episodes. `solved_at` is the environment step at which the run solved the
    task; None if the run did not solve it. `diverged_at` is the last step of a run that diverged;
    None if the run did not diverge.
    """

    total_steps: int
    sums: tuple[float, ...]
    counts: tuple[int, ...]
    solved_at: int | None
    diverged_at: int | None

    @property
    def diverged(self) -> bool:
        """True if a number of the run was no longer finite."""
        return self.diverged_at is not None

    @property
    def window_ends(self) -> NDArray[np.float64]:
        """The last environment step of each window: [W]."""
        return self.total_steps * np.arange(1, len(self.sums) + 1) / len(self.sums)

    @property
    def curve(self) -> NDArray[np.float64]:
        """The mean return in each window: [W]; NaN where no episode ended."""
        sums, counts = np.array(self.sums), np.array(self.counts, dtype=float)
        means: NDArray[np.float64] = np.full(len(sums), np.nan)
        np.divide(sums, counts, out=means, where=counts > 0)
        return means

    def encoded(self) -> bytes:
        """This result as JSON; `decoded` restores the same numbers from the JSON, bit for bit."""
        return json.dumps({"format": FORMAT, **asdict(self)}, allow_nan=False).encode()


def decoded(data: bytes) -> RunResult:
    """Restore a result from the bytes that `RunResult.encoded` has returned.

    Raises:
        ResultDamaged: these bytes are not a result.
    """
    try:
        facts: dict[str, Any] = json.loads(data)
        if facts.pop("format") != FORMAT:
            raise ResultDamaged("another version of the app has stored this result")
        return _checked(RunResult(**facts | {n: tuple(facts[n]) for n in ("sums", "counts")}))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ResultDamaged("the stored result of a run is damaged") from error


def _checked(result: RunResult) -> RunResult:
    whole = [result.total_steps, *result.counts]
    whole += [n for n in (result.solved_at, result.diverged_at) if n is not None]
    if not len(result.sums) == len(result.counts) == WINDOWS:
        raise ResultDamaged("a result has one sum and one count for each window")
    if any(type(number) is not int or number < 0 for number in whole) or not result.total_steps:
        raise ResultDamaged("steps and counts are whole numbers from 0")
    if not all(type(number) in (int, float) and math.isfinite(number) for number in result.sums):
        raise ResultDamaged("returns are finite numbers")
    return result


def run_of_map(config: AgentConfig, seed: int, total_steps: int) -> AgentConfig:
    """The settings of one run of a map. The run does not stop when the task is solved."""
    return config.changed(seed=seed, total_steps=total_steps, stop_when_solved=False)


def measured(config: AgentConfig, pause: Callable[[], None] = lambda: None) -> RunResult:
    """Train one run to its end, and call `pause` after each short part of the training.

    Raises:
        ConfigError: the environment cannot be used.
    """
    session = TrainingSession(config, can_rewind=False)
    total = config.total_steps
    sums, counts = np.zeros(WINDOWS), np.zeros(WINDOWS, dtype=int)
    solved_at = None
    while not session.finished:
        for stretch in session.advance("step", math.ceil(total / WINDOWS)):
            episodes = stretch.episodes
            _add(sums, counts, episodes.global_step, episodes.episode_return, total)
            if solved_at is None and episodes.solved.any():
                solved_at = int(episodes.global_step[episodes.solved.argmax()])
            pause()
    return _result(session, total, sums, counts, solved_at)


def result_so_far(session: TrainingSession, steps: int) -> RunResult:
    """The result of a run as if the run had ended after `steps` environment steps.

    The run must have taken at least `steps` steps, unless it diverged.
    """
    episodes = session.history.episodes
    ended = episodes["global_step"] <= steps
    sums, counts = np.zeros(WINDOWS), np.zeros(WINDOWS, dtype=int)
    _add(sums, counts, episodes["global_step"][ended], episodes["episode_return"][ended], steps)
    return _result(session, steps, sums, counts, session.history.solved_at)


def _add(
    sums: NDArray[np.float64],
    counts: NDArray[np.int64],
    steps: NDArray[Any],
    returns: NDArray[np.floating],
    total: int,
) -> None:
    """Add episodes that end at `steps` to the windows of a run; `total` is the run's length."""
    windows = (-(-steps * WINDOWS // total) - 1).astype(int)  # rounded up
    np.add.at(sums, windows, returns)
    np.add.at(counts, windows, 1)


def _result(
    session: TrainingSession,
    total: int,
    sums: NDArray[np.float64],
    counts: NDArray[np.int64],
    solved_at: int | None,
) -> RunResult:
    diverged_at = session.global_step if session.outcome == "diverged" else None

    def so_far(step: int | None) -> int | None:
        return None if step is None or step > total else step

    return RunResult(
        total_steps=total,
        sums=tuple(sums.tolist()),
        counts=tuple(counts.tolist()),
        solved_at=so_far(solved_at),
        diverged_at=so_far(diverged_at),
    )
