"""Further seeds of a run: worker processes train them up to the run's present step.

The further seeds show how much the result of the run depends on its seed. The worker processes
serve all visitors in turn. A worker process keeps no run between two requests, so no training
continues after a visitor leaves.
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
# Length of one request, in seconds of wall clock. Sending a run to a worker and back takes up to a
# tenth of a second. On a busy machine, shorter requests would mostly consist of sending. Towards
# the end, requests get shorter, so that all workers end at about the same time.
LONGEST_REQUEST, SHORTEST_REQUEST = 1.5, 1.0
REQUESTS_PER_WORKER = 2  # per group: one is trained, the next one already waits
# Maximum lead of a run over its further seeds, in seconds of training. It is long compared with
# the cost of a request, and short enough that every seed has its turn within a few seconds.
LONGEST_LEAD, SHORTEST_LEAD = 2.0, 0.3
SECONDS_TO_COME_ROUND = 4.0


@dataclass
class FurtherSeed:
    """One further seed.

    `session` is the run of this seed, in the state that a worker process last returned. `future` is
    the pending request to a worker process; None if no request is pending.
    """

    session: TrainingSession
    future: Future[TrainingSession] | None = None


class SeedGroup:
    """The further seeds of one run."""

    def __init__(self, session: TrainingSession, count: int, workers: Workers) -> None:
        """Make `count` runs with the initial settings of `session` and the next `count` seeds."""
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
        """True if the group has `count` seeds of this run, and no seed is ahead of the run."""
        ahead = any(m.session.global_step > session.global_step for m in self.members)
        return session is self.run and count == len(self.members) and not ahead

    @property
    def behind(self) -> bool:
        """True if an unfinished seed does not yet have the run's step and settings."""
        return any(self._is_behind(member) for member in self.members)

    @property
    def steps(self) -> int:
        """The environment step that the run and all unfinished seeds have reached."""
        on_their_way = [m.session.global_step for m in self.members if not m.session.finished]
        return min([self.run.global_step, *on_their_way])

    def is_led_by(self, seconds: float) -> bool:
        """True if the run is ahead of a further seed by at least `seconds` of training."""
        each = self.run.milliseconds_per_1000_steps
        lead = 1e6 * seconds / each if each else 0
        return self.behind and self.run.global_step - self.steps >= lead

    def tick(self) -> None:
        """Collect finished requests, and send the seeds that are furthest behind to the workers.

        Raises:
            RuntimeError: a worker process ended. The next tick sends its seed again.
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
        """Seconds of training in one request to a worker process.

        Each request gets a share of the remaining training time (Polychronopoulos & Kuck 1987).
        """
        missing = sum(max(self.run.global_step - m.session.global_step, 0) for m in self.members)
        left = missing * (self.run.milliseconds_per_1000_steps or 0) / 1e6
        share = left / (REQUESTS_PER_WORKER * self._workers.count)
        return min(max(share, SHORTEST_REQUEST), LONGEST_REQUEST)

    def abandon(self) -> None:
        """Cancel the requests that no worker has begun, because the seeds are no longer needed."""
        for future in self.under_way:
            future.cancel()

    @property
    def processes(self) -> int:
        """Number of worker processes that train these seeds."""
        return self._workers.count

    @property
    def under_way(self) -> list[Future[TrainingSession]]:
        """The requests whose results have not been collected yet."""
        return [member.future for member in self.members if member.future is not None]

    def curves(self) -> list[Curve]:
        """Smoothed learning curve of each further seed."""
        return [smoothed_curve(member.session) for member in self.members]

    def _is_behind(self, member: FurtherSeed) -> bool:
        return not member.session.finished and (
            member.session.global_step < self.run.global_step
            or _settings(member.session) != _settings(self.run)
        )


def keep_up(groups: Sequence[SeedGroup], seconds: float, *, running: bool) -> bool:
    """Train the further seeds in one tick; the call waits at most `seconds` of wall clock.

    Returns:
        True if the runs themselves may train in this tick. If False, this call has used the
        time of the tick to wait for a further seed.

    Raises:
        RuntimeError: a worker process ended, as in `SeedGroup.tick`.
    """
    for group in groups:
        group.tick()
    if running and not any(group.is_led_by(_lead(groups)) for group in groups):
        return True
    wait_for(groups, seconds)
    return False


def _lead(groups: Sequence[SeedGroup]) -> float:
    """How far a run may be ahead of its further seeds, in seconds of training."""
    seeds = sum(len(group.members) for group in groups)
    round_trip = SECONDS_TO_COME_ROUND * groups[0].processes / seeds
    return min(max(round_trip, SHORTEST_LEAD), LONGEST_LEAD)


def wait_for(groups: Sequence[SeedGroup], seconds: float) -> None:
    """Wait at most `seconds` for a worker process to return one of these seeds."""
    futures = [future for group in groups for future in group.under_way]
    wait(futures, timeout=seconds, return_when=FIRST_COMPLETED)


def _settings(session: TrainingSession) -> list[dict[str, Any]]:
    """All changes of settings during training, in the order of time."""
    return [change.settings for change in session.history.changes]
