"""The further seeds of a run: runs with the same settings and other seeds.

Further seeds show how much the result of a run depends on its seed.
"""

from __future__ import annotations

from typing import Any

from pglab.config import SEEDS
from pglab.curves import Curve
from pglab.session.seeds.statistics import smoothed_curve
from pglab.session.training_session import TrainingSession

MOST_SEEDS = 16


class SeedGroup:
    """The further seeds of one run. Each further seed follows the run and is never ahead of it."""

    def __init__(self, session: TrainingSession, count: int) -> None:
        """Make `count` runs with the initial settings of `session` and the next `count` seeds."""
        self.run = session
        self.members = [self._new_run(number) for number in range(1, count + 1)]

    def _new_run(self, number: int) -> TrainingSession:
        config = self.run.initial_config
        seed = (config.seed + number) % SEEDS
        return TrainingSession(config.changed(seed=seed), can_rewind=False)

    def belongs_to(self, session: TrainingSession, count: int) -> bool:
        """True if the group has `count` further seeds of this run, and none is ahead of the run."""
        ahead = any(member.global_step > session.global_step for member in self.members)
        return session is self.run and count == len(self.members) and not ahead

    @property
    def behind(self) -> bool:
        """True if at least one further seed is behind the run; see `is_behind`."""
        return any(self.is_behind(member) for member in self.members)

    def is_behind(self, member: TrainingSession) -> bool:
        """True if this unfinished seed lacks steps or changes of settings that the run has."""
        return not member.finished and (
            member.global_step < self.run.global_step or _settings(member) != _settings(self.run)
        )

    @property
    def steps(self) -> int:
        """The environment step that the run and all unfinished seeds have reached."""
        on_their_way = [member.global_step for member in self.members if not member.finished]
        return min([self.run.global_step, *on_their_way])

    def curves(self) -> list[Curve]:
        """Smoothed learning curve of each further seed."""
        return [smoothed_curve(member) for member in self.members]

    def catch_up(self, member: TrainingSession, seconds: float) -> None:
        """Train a further seed towards the run's present step, with the run's changes of settings.

        A call may stop earlier: at the next change of settings, or after about `seconds` of wall
        clock.
        """
        changes = self.run.history.changes
        for number, change in enumerate(changes):
            known = member.history.changes[number : number + 1]
            if known and known[0].settings == change.settings:
                continue
            if member.global_step >= change.global_step:
                member.change(**change.settings)
                continue
            member.advance("step", change.global_step - member.global_step, seconds=seconds)
            return
        member.advance("step", self.run.global_step - member.global_step, seconds=seconds)

    def begin_again(self, member: TrainingSession) -> None:
        """Replace a further seed by a new run with the same seed; the new run begins at step 0."""
        place = self.members.index(member)
        self.members[place] = self._new_run(place + 1)


def _settings(session: TrainingSession) -> list[dict[str, Any]]:
    """All changes of settings during the training of a run, in order of time."""
    return [change.settings for change in session.history.changes]
