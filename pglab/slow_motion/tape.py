"""A run's steps one phase at a time, back as well as forward.

Each step is taken twice from the same state: in a copy of the run, by the PyTorch reference,
which is watched while it computes (see `watching`), and by the run itself, which goes on exactly
as it would have gone on unwatched. Where the run uses the fast engine, the two agree up to
rounding.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from torch import nn

from pglab.algorithms.descent import descend
from pglab.algorithms.families import AgentRun, records_of_step, reference_records_of
from pglab.algorithms.run import TrainingDiverged
from pglab.looks.attribution import Explanation, explain
from pglab.looks.parameter_moves import AdamStep, UpdateData, noted_step
from pglab.records import StepRecord, UpdateRecord
from pglab.session.training_session import TrainingSession
from pglab.slow_motion.phases import phases_of, update_of
from pglab.slow_motion.watched_lines import Moment, Watcher, code_of

STEPS_KEPT = 200
UPDATES_KEPT = 8  # with the networks before and after each


@dataclass(frozen=True)
class WatchedStep:
    """One environment step with all that followed from it.

    `before` are copies of the networks that took the step, `after` those that its update left.
    `before_update` is a copy of the whole run just before the update, kept of the last step only.
    `explanation` says what moved the policy in the update.
    """

    step: StepRecord
    moments: tuple[Moment, ...]
    before: Mapping[str, nn.Module]
    after: Mapping[str, nn.Module]
    update: UpdateRecord | None
    before_update: AgentRun | None
    explanation: Explanation | None


class SlowMotion:
    """A tape of watched steps of one run, with a place on it.

    Forward at its end takes the run's next step; back only looks at what was recorded, so that
    neither changes what the run does.
    """

    def __init__(self, session: TrainingSession) -> None:
        """Nothing is watched yet."""
        self.session = session
        self.steps: list[WatchedStep] = []
        self.traced: int | None = None  # the transition of this environment step
        self._step = self._moment = 0
        self._networks: dict[str, nn.Module] | None = None  # copies, until an update changes them

    @property
    def stale(self) -> bool:
        """Whether the run has moved without being watched since."""
        return bool(self.steps) and self.steps[-1].step.global_step != self.session.global_step

    @property
    def current(self) -> tuple[WatchedStep, Moment] | None:
        """Where the tape stands; None while it is empty."""
        if not self.steps:
            return None
        step = self.steps[self._step]
        return step, step.moments[self._moment]

    @property
    def seen(self) -> tuple[Moment, ...]:
        """The moments of the current step up to the current one."""
        return self.steps[self._step].moments[: self._moment + 1] if self.steps else ()

    @property
    def at_start(self) -> bool:
        """Whether there is nothing to go back to."""
        return self._step == self._moment == 0

    @property
    def at_end(self) -> bool:
        """Whether going forward needs another step of a run that has ended."""
        last = not self.steps or self._moment + 1 == len(self.steps[self._step].moments)
        return last and self._step + 1 >= len(self.steps) and self.session.finished

    def forward(self) -> None:
        """One phase on."""
        if self.steps and self._moment + 1 < len(self.steps[self._step].moments):
            self._moment += 1
        elif self._step + 1 < len(self.steps):
            self._step, self._moment = self._step + 1, 0
        elif not self.session.finished:
            self._take()

    def back(self) -> None:
        """One phase back, as far as the tape reaches."""
        if self._moment:
            self._moment -= 1
        elif self._step:
            self._step -= 1
            self._moment = len(self.steps[self._step].moments) - 1

    def forward_to(self, phases: Collection[str], most: int) -> bool:
        """On to the first of these phases in another step, or as far as `most` new steps reach.

        Returns:
            Whether there is more to come before it is reached.
        """
        begun = self.session.global_step
        while not self.at_end:
            self.forward()
            *earlier, now = self.seen
            if now.phase in phases and all(moment.phase not in phases for moment in earlier):
                return False
            if self.session.global_step - begun > most:
                return True
        return False

    def _take(self) -> None:
        """Watch the run's next step; the tape then stands at its first moment."""
        if self.stale:
            self.steps.clear()
            self._networks = None
        before = self._networks or _copies(self.session)
        copies: list[AgentRun] = []
        moves: list[AdamStep | None] = []
        watcher = Watcher(
            phases_of(self.session.config),
            {
                code_of(update_of(self.session.config)): lambda there: copies.append(
                    copy.deepcopy(there["run"])
                ),
                code_of(descend): lambda there: moves.append(noted_step(there)),
            },
        )
        twin = self.session.copy_of_run()
        with watcher.watching(), suppress(TrainingDiverged):  # the run itself will say so
            for _record in records_of_step(twin, reference_records_of(twin)):
                pass
        records = self.session.advance("step")
        updates = [record for record in records if isinstance(record, UpdateRecord)]
        self._networks = _copies(self.session) if copies else before
        step = records[0]
        assert isinstance(step, StepRecord)
        explanation = None
        if updates:
            policies = before["policy"], self._networks["policy"]
            noted = [move for move in moves if move is not None]
            explanation = explain(noted, *policies, _learned_from(watcher.moments))
        self.steps.append(
            WatchedStep(
                step=step,
                moments=tuple(watcher.moments),
                before=before,
                after=self._networks,
                update=updates[0] if updates else None,
                before_update=copies[0] if copies else None,
                explanation=explanation,
            )
        )
        self._trim()
        self._step, self._moment = len(self.steps) - 1, 0

    def _trim(self) -> None:
        """Bound what is kept: networks weigh most, and copies of whole runs."""
        updates = [index for index, step in enumerate(self.steps) if step.update is not None]
        first = updates[-UPDATES_KEPT - 1] + 1 if len(updates) > UPDATES_KEPT else 0
        del self.steps[: max(first, len(self.steps) - STEPS_KEPT)]
        for index, step in enumerate(self.steps[:-1]):
            if step.before_update is not None:
                self.steps[index] = replace(step, before_update=None)


def _learned_from(moments: Sequence[Moment]) -> UpdateData:
    """What the actor's loss was computed from in an update."""
    loss = next(moment.values for moment in moments if moment.phase == "loss")
    names = "observations", "actions", "weights", "entropy_coefficient"
    return UpdateData(**{name: loss[name] for name in names})


def _copies(session: TrainingSession) -> dict[str, nn.Module]:
    """The networks as they stand; those that share a body share it in the copy too."""
    return copy.deepcopy(dict(session.networks))
