"""The rhythm of the pictures: on a busy server, the interval between two pictures is longer."""

from __future__ import annotations

from functools import cache

from pglab.session.pacing import TURN_INTERVAL

SHORTEST = TURN_INTERVAL  # seconds between two pictures if the server is not busy
LONGEST = 0.55  # most seconds between two pictures
SHARE = 0.85  # share of a core for drawings of known visitors; new ones and training get the rest
SMOOTHING = 0.05  # weight of the newest drawing in a moving mean
FRAMES_PER_SECOND = 31.0
FEWEST_FRAMES_PER_SECOND = 5.0
EARLY = 0.05  # seconds that a drawing may wait before training has to rest
LONGEST_REST = 0.2  # most seconds of rest after a turn of training
NOTICEABLE = 2.0  # visitors notice an interval that is this many times the shortest interval


class Rhythm:
    """Computes the interval between pictures from the number of visitors and the drawing time."""

    def __init__(self) -> None:
        """Make the rhythm of a server without visitors."""
        self.looking = 0  # number of connections that now get pictures of a run
        self._cost = 0.004  # seconds for one drawing, smoothed
        self._wait = 0.0  # seconds from a request to the beginning of its drawing, smoothed

    def note(self, seconds: float, waited: float) -> None:
        """Record the seconds that a drawing took, and the seconds that it waited for its turn."""
        self._cost += SMOOTHING * (seconds - self._cost)
        self._wait += SMOOTHING * (waited - self._wait)

    @property
    def rest(self) -> float:
        """Seconds that a thread rests after a turn of training, so that drawings wait less."""
        return min(max(self._wait - EARLY, 0.0) / 3, LONGEST_REST)

    @property
    def interval(self) -> float:
        """Seconds between two pictures for a visitor; all visitors have the same interval."""
        return min(max(SHORTEST, self.looking * self._cost / SHARE), LONGEST)

    @property
    def slowness(self) -> float:
        """The interval between two pictures, divided by that of an idle server; 1 or more."""
        return self.interval / SHORTEST

    @property
    def slow(self) -> bool:
        """Whether visitors notice that pictures come less often than on an idle server."""
        return self.slowness > NOTICEABLE

    @property
    def frames_per_second(self) -> float:
        """The player's frames per second; on a busy server, each picture brings fewer frames."""
        slower: float = self.slowness**1.5
        return max(FRAMES_PER_SECOND / slower, FEWEST_FRAMES_PER_SECOND)


@cache
def shared_rhythm() -> Rhythm:
    """The rhythm that all visitors of this server process share."""
    return Rhythm()
