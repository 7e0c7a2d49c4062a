"""The seminar's progress reading, which decides whether a run is solved."""

from __future__ import annotations

from collections import deque


class SeminarReading:
    """The mean return of the last episodes that counted.

    Training steps are divided into intervals of `eval_interval` steps. When an interval is over,
    the next episode to end counts, even if several intervals ended during this episode. The end of
    an interval is more likely to fall into a long episode, and in CartPole long episodes have
    higher returns. So the reading is biased upward there (the inspection paradox).
    """

    def __init__(self, eval_interval: int, smoothing_window: int, success_return: float) -> None:
        """Make a reading that averages the last `smoothing_window` returns that counted."""
        self._eval_interval = eval_interval
        self._success_return = success_return
        self._returns: deque[float] = deque(maxlen=smoothing_window)
        self._due = False

    def step(self, global_step: int) -> None:
        """Note an environment step."""
        if global_step % self._eval_interval == 0:
            self._due = True

    def episode(self, episode_return: float) -> float | None:
        """Note the end of an episode; return the new reading if it counts, else None."""
        if not self._due:
            return None
        self._due = False
        self._returns.append(episode_return)
        return sum(self._returns) / len(self._returns)

    def solved_at(self, reading: float | None) -> bool:
        """True if the window is full and this reading reaches the success return."""
        return (
            reading is not None
            and len(self._returns) == self._returns.maxlen
            and reading >= self._success_return
        )
