"""The seminar's measure of progress. This measure decides whether a run is solved."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence


class SeminarReading:
    """The mean return over a window of recent episodes.

    An episode enters the window if the `global_step` of one of its steps is a multiple of
    `eval_interval`. Long episodes enter the window more often than short episodes. In CartPole,
    long episodes also have higher returns. So the window contains too many high returns, and the
    mean is biased upward (the inspection paradox).
    """

    def __init__(self, eval_interval: int, smoothing_window: int, success_return: float) -> None:
        """Make an empty window with room for the returns of `smoothing_window` episodes."""
        self._eval_interval = eval_interval
        self._success_return = success_return
        self._returns: deque[float] = deque(maxlen=smoothing_window)
        self._due = False

    @property
    def returns(self) -> Sequence[float]:
        """The returns in the window. The oldest return comes first."""
        return tuple(self._returns)

    def restore(self, returns: Sequence[float], global_step: int, length: int) -> None:
        """Set the returns in the window. `length` counts the present episode's steps so far."""
        self._returns.clear()
        self._returns.extend(returns)
        begun, every = global_step - length, self._eval_interval
        self._due = global_step // every != begun // every

    def step(self, global_step: int) -> None:
        """Let the present episode enter the window if `eval_interval` divides `global_step`."""
        if global_step % self._eval_interval == 0:
            self._due = True

    def episode(self, episode_return: float) -> float | None:
        """End an episode. Return the new mean if the episode enters the window, else None."""
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
