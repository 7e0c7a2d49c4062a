"""The seminar's progress reading, by which a run counts as solved."""

from __future__ import annotations

from collections import deque


class SeminarReading:
    """Mean return of the episodes that were first to finish after a multiple of `eval_interval`.

    Long episodes are more likely to span such a multiple, so the reading is biased upward (the
    inspection paradox).
    """

    def __init__(self, eval_interval: int, smoothing_window: int, success_return: float) -> None:
        """The reading averages the last `smoothing_window` returns that counted."""
        self._eval_interval = eval_interval
        self._success_return = success_return
        self._returns: deque[float] = deque(maxlen=smoothing_window)
        self._due = False

    def step(self, global_step: int) -> None:
        """Note an environment step."""
        if global_step % self._eval_interval == 0:
            self._due = True

    def episode(self, episode_return: float) -> float | None:
        """Note the end of an episode; the new reading if the episode counts, else None."""
        if not self._due:
            return None
        self._due = False
        self._returns.append(episode_return)
        return sum(self._returns) / len(self._returns)

    def solved_at(self, reading: float | None) -> bool:
        """Whether a full window of returns reaches the success return with this reading."""
        return (
            reading is not None
            and len(self._returns) == self._returns.maxlen
            and reading >= self._success_return
        )
