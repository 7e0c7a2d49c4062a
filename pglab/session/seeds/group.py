"""Further seeds of a run, trained by worker processes to where the run itself stands.

One curve is no evidence. The processes serve everyone in turn and hold nothing between two
requests, so that nothing goes on when a visitor leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any

from pglab.config import SEEDS
from pglab.curves import Curve
from pglab.session.seeds.statistics import smoothed_curve
from pglab.session.seeds.workers import Workers
from pglab.session.training_session import TrainingSession

MOST_SEEDS = 16
# Of wall clock in one request. To send a run there and back costs up to a tenth of a second; on a
# busy machine, which trains at a fraction of its speed, shorter requests would be spent on that.
# Towards the end they get shorter, so that no process is left with a long one.
LONGEST_REQUEST, SHORTEST_REQUEST = 1.5, 1.0
REQUESTS_PER_WORKER = 2  # of one group: one is worked on, and the next is there when it is done
# Of training, that a run may be ahead of its further seeds: so long that what a request costs is
# little, so short that they all come round every few seconds.
LONGEST_LEAD, SHORTEST_LEAD = 2.0, 0.3
SECONDS_TO_COME_ROUND = 4.0


@dataclass
class FurtherSeed:
    """One of them: the run as it last came back, and where it is on its way to."""

    session: TrainingSession
    future: Future[TrainingSession] | None = None


class SeedGroup:
    """The further seeds of one run."""

    def __init__(self, session: TrainingSession, count: int, workers: Workers) -> None:
        """`count` seeds after the run's own, from the same initial settings."""
        config = session.initial_config
        self._workers = workers
        self.run = session
        self.members = [
            FurtherSeed(
                TrainingSession(
                    config.changed(seed=(config.seed + number) % SEEDS), can_rewind=False
                )
            )
            for number in range(1, count + 1)
        ]

    def belongs_to(self, session: TrainingSession, count: int) -> bool:
        """Whether these are the `count` further seeds of this run, none of which is ahead of it."""
        ahead = any(m.session.global_step > session.global_step for m in self.members)
        return session is self.run and count == len(self.members) and not ahead

    @property
    def behind(self) -> bool:
        """Whether one of them has not come to where the run stands."""
        return any(self._is_behind(member) for member in self.members)

    @property
    def steps(self) -> int:
        """Environment steps of the one that has come least far, the finished ones left out."""
        on_their_way = [m.session.global_step for m in self.members if not m.session.finished]
        return min([self.run.global_step, *on_their_way])

    def is_led_by(self, seconds: float) -> bool:
        """Whether the run itself is at least so many seconds of training ahead."""
        each = self.run.milliseconds_per_1000_steps
        lead = 1e6 * seconds / each if each else 0
        return self.behind and self.run.global_step - self.steps >= lead

    def tick(self) -> None:
        """Take back what has been trained, and send on what is furthest behind.

        Raises:
            RuntimeError: a training process ended; its seed begins again at the next tick.
        """
        for member in self.members:
            if member.future is not None and member.future.done():
                future, member.future = member.future, None
                member.session = future.result()
        idle = [m for m in self.members if m.future is None and self._is_behind(m)]
        idle.sort(key=lambda member: member.session.global_step)
        most = REQUESTS_PER_WORKER * self._workers.count
        for member in idle[: max(most - len(self.under_way), 0)]:
            member.future = self._workers.catch_up(
                member.session,
                self.run.global_step,
                self.run.history.changes,
                self._request_seconds(),
            )

    def _request_seconds(self) -> float:
        """A share of the training that is left (Polychronopoulos & Kuck 1987), within bounds."""
        missing = sum(max(self.run.global_step - m.session.global_step, 0) for m in self.members)
        left = missing * (self.run.milliseconds_per_1000_steps or 0) / 1e6
        share = left / (REQUESTS_PER_WORKER * self._workers.count)
        return min(max(share, SHORTEST_REQUEST), LONGEST_REQUEST)

    def abandon(self) -> None:
        """Take back what no process has begun: nobody wants these seeds any more."""
        for future in self.under_way:
            future.cancel()

    @property
    def processes(self) -> int:
        """How many there are to train them."""
        return self._workers.count

    @property
    def under_way(self) -> list[Future[TrainingSession]]:
        """Those that are being trained."""
        return [member.future for member in self.members if member.future is not None]

    def curves(self) -> list[Curve]:
        """Smoothed returns of each."""
        return [smoothed_curve(member.session) for member in self.members]

    def _is_behind(self, member: FurtherSeed) -> bool:
        return not member.session.finished and (
            member.session.global_step < self.run.global_step
            or _settings(member.session) != _settings(self.run)
        )


def keep_up(groups: Sequence[SeedGroup], seconds: float, *, running: bool) -> bool:
    """Let further seeds be trained, by what a run's or a comparison's tick may take.

    Returns:
        Whether the runs themselves may go on in this tick; if not, it has been waited for seeds.

    Raises:
        RuntimeError: as `SeedGroup.tick`.
    """
    for group in groups:
        group.tick()
    if running and not any(group.is_led_by(_lead(groups)) for group in groups):
        return True
    wait_for(groups, seconds)
    return False


def _lead(groups: Sequence[SeedGroup]) -> float:
    """Seconds of training that runs may be ahead of all these seeds."""
    seeds = sum(len(group.members) for group in groups)
    round_trip = SECONDS_TO_COME_ROUND * groups[0].processes / seeds
    return min(max(round_trip, SHORTEST_LEAD), LONGEST_LEAD)


def wait_for(groups: Sequence[SeedGroup], seconds: float) -> None:
    """Until a seed of these is back, or so long."""
    futures = [future for group in groups for future in group.under_way]
    wait(futures, timeout=seconds, return_when=FIRST_COMPLETED)


def _settings(session: TrainingSession) -> list[dict[str, Any]]:
    """What was changed on the way."""
    return [change.settings for change in session.history.changes]
