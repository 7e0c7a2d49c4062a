"""The rhythm of the pictures: the busier the server is, the longer all visitors' intervals get."""

from __future__ import annotations

from functools import cache

from pglab.session.pacing import TURN_INTERVAL

SHORTEST = TURN_INTERVAL  # seconds between two pictures, if the server is not busy
LONGEST = 0.6
SHARE = 0.9  # of the drawing thread's time; the rest is for newcomers
SMOOTHING = 0.05  # weight of the newest drawing in the mean
FRAMES_PER_SECOND = 31.0
FEWEST_FRAMES_PER_SECOND = 6.0
EARLY = 0.05  # seconds for which a drawing may wait without any effect on training
LONGEST_REST = 0.03  # seconds
NOTICEABLE = 2.0  # pictures that come this many times more slowly are noticeably slow


class Rhythm:
    """Knows how many visitors look at a run, and how long a drawing takes."""

    def __init__(self) -> None:
        """Make the rhythm of a server at which nobody looks yet."""
        self.looking = 0  # connections that get pictures of a run now
        self._cost = 0.004  # seconds for one drawing, smoothed
        self._wait = 0.0  # seconds from a request to the beginning of its drawing, smoothed

    def note(self, seconds: float, waited: float) -> None:
        """Record how long a drawing has taken, and how long it has waited before."""
        self._cost += SMOOTHING * (seconds - self._cost)
        self._wait += SMOOTHING * (waited - self._wait)

    @property
    def rest(self) -> float:
        """Seconds for which a thread rests after a turn of training, so that drawings keep up."""
        return min(max(self._wait - EARLY, 0.0) / 10, LONGEST_REST)

    @property
    def interval(self) -> float:
        """Seconds between two pictures of one visitor; the same for all visitors."""
        return min(max(SHORTEST, self.looking * self._cost / SHARE), LONGEST)

    @property
    def slow(self) -> bool:
        """Whether visitors notice that pictures come less often than on an idle server."""
        return self.interval > NOTICEABLE * SHORTEST

    @property
    def frames_per_second(self) -> float:
        """The frames that a player shows in a second; on a busy server, fewer for each picture."""
        slower: float = (SHORTEST / self.interval) ** 1.5
        return max(FRAMES_PER_SECOND * slower, FEWEST_FRAMES_PER_SECOND)


@cache
def shared_rhythm() -> Rhythm:
    """The rhythm of all visitors of this process."""
    return Rhythm()
