"""The seminar's measure of progress, called *reading*: it decides whether a run is solved."""

from __future__ import annotations

from collections import deque


class SeminarReading:
    """The mean return over a window of recent episodes. Only some episodes count.

    Training steps are divided into intervals of `eval_interval` steps. After each interval, the
    first episode that ends counts. An episode counts only once, even if several intervals ended
    during this episode. An interval is more likely to end during a long episode than during a
    short one. In CartPole, long episodes have higher returns. So in CartPole the reading is biased
    upward (the inspection paradox).
    """

    def __init__(self, eval_interval: int, smoothing_window: int, success_return: float) -> None:
        """Make a reading: the mean of the last `smoothing_window` returns that counted."""
        self._eval_interval = eval_interval
        self._success_return = success_return
        self._returns: deque[float] = deque(maxlen=smoothing_window)
        self._due = False

    def step(self, global_step: int) -> None:
        """Note that the run has taken the environment step `global_step`."""
        if global_step % self._eval_interval == 0:
            self._due = True

    def episode(self, episode_return: float) -> float | None:
        """Note the end of an episode; return the new reading if the episode counts, else None."""
        if not self._due:
            return None
        self._due = False
        self._returns.append(episode_return)
        return sum(self._returns) / len(self._returns)

    def solved_at(self, reading: float | None) -> bool:
        """True if the window is full and the reading is at least the success return."""
        return (
            reading is not None
            and len(self._returns) == self._returns.maxlen
            and reading >= self._success_return
        )
