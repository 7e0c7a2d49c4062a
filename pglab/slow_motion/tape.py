"""The tape of Slow motion records the steps of a run, and shows these steps phase by phase.

Each step is computed twice from the same state. First, a copy of the run computes the step with
PyTorch, and `watched_lines` records the phases. Then the run itself computes the same step, exactly
as it does without a tape. If compiled code trains the run, the results of the run and of the copy
differ only by rounding.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from torch import nn

from pglab.algorithms import agents
from pglab.algorithms.actor_critic import adam_step
from pglab.algorithms.agents import AgentRun
from pglab.algorithms.reinforce import ReinforceRun
from pglab.algorithms.run import TrainingDiverged
from pglab.looks.attribution import Explanation, explain
from pglab.looks.parameter_moves import AdamStep, UpdateData, noted_step
from pglab.records import StepRecord, UpdateRecord
from pglab.session.training_session import TrainingSession
from pglab.slow_motion.phases import phases_of, update_of
from pglab.slow_motion.watched_lines import Locals, Moment, Watcher, code_of
from pglab.stretch import records_of

STEPS_KEPT = 200
UPDATES_KEPT = 8  # for each update, the tape keeps copies of the old and the new networks


@dataclass(frozen=True)
class WatchedStep:
    """One recorded environment step, and the update that followed it, if any.

    `moments` are the recorded phases. `before` contains copies of the networks that took the step.
    `after` contains copies of the networks after the update. If there was no update, `after` is the
    same object as `before`. `before_update` is a copy of the whole run just before the update. To
    save memory, only the last step on the tape keeps this copy. `explanation` says how much each
    cause, such as Adam's momentum, changed the policy in the update.
    """

    step: StepRecord
    moments: tuple[Moment, ...]
    before: Mapping[str, nn.Module]
    after: Mapping[str, nn.Module]
    update: UpdateRecord | None
    before_update: AgentRun | None
    explanation: Explanation | None


class SlowMotion:
    """The recorded steps of one run, and the step and phase that are shown now.

    A `Moment` is a recorded phase. `forward` goes to the next phase. At the end of the tape,
    `forward` lets the run take its next step. `back` goes to the previous recorded phase. Slow
    motion does not change the results of the run.
    """

    def __init__(self, session: TrainingSession) -> None:
        self.session = session
        self.steps: list[WatchedStep] = []
        self.traced: int | None = None  # step of the transition that the visitor chose
        self._step = self._moment = 0
        self._networks: dict[str, nn.Module] | None = None  # copies, until the next update

    @property
    def stale(self) -> bool:
        """True if the run has taken steps that are not on the tape."""
        return bool(self.steps) and self.steps[-1].step.global_step != self.session.global_step

    @property
    def current(self) -> tuple[WatchedStep, Moment] | None:
        """The step and the recorded phase shown now; None while the tape is empty."""
        if not self.steps:
            return None
        step = self.steps[self._step]
        return step, step.moments[self._moment]

    @property
    def seen(self) -> tuple[Moment, ...]:
        """The recorded phases of the current step, up to and including the phase shown now."""
        return self.steps[self._step].moments[: self._moment + 1] if self.steps else ()

    @property
    def at_start(self) -> bool:
        """True if the tape is empty or shows its first phase."""
        return self._step == self._moment == 0

    @property
    def at_end(self) -> bool:
        """True if the tape has no later phase and the run has ended."""
        last = not self.steps or self._moment + 1 == len(self.steps[self._step].moments)
        return last and self._step + 1 >= len(self.steps) and self.session.finished

    def forward(self) -> None:
        """Go one phase forward. At the end of the tape, take the next step of the run."""
        if self.steps and self._moment + 1 < len(self.steps[self._step].moments):
            self._moment += 1
        elif self._step + 1 < len(self.steps):
            self._step, self._moment = self._step + 1, 0
        elif not self.session.finished:
            self._take()

    def back(self) -> None:
        """Go one phase back, unless the tape is at its start."""
        if self._moment:
            self._moment -= 1
        elif self._step:
            self._step -= 1
            self._moment = len(self.steps[self._step].moments) - 1

    def forward_to(self, phases: Collection[str], most: int) -> bool:
        """Go forward to a phase in `phases`. In each step, only the first such phase counts.

        The search also stops after `most` + 1 new steps of the run, or at the end of the run.

        Returns:
            True if the search stopped because of the number of new steps. In this case, another
            call continues the search.
        """
        begun = self.session.global_step
        while not self.at_end:
            self.forward()
            if not self.seen:
                return False
            *earlier, now = self.seen
            if now.phase in phases and all(moment.phase not in phases for moment in earlier):
                return False
            if self.session.global_step - begun > most:
                return True
        return False

    def _take(self) -> None:
        """Take and record the next step of the run, and go to the first phase of this step."""
        if self.stale:
            self.steps.clear()
            self._networks = None
            self._step = self._moment = 0
        before = self._networks or _copies(self.session)
        twin = self.session.copy_of_run()
        watched = _watched(twin)
        (stretch,) = self.session.advance("step")
        records = list(records_of(stretch))
        if not records:  # the run diverged before this step
            return
        step = records[0]
        assert isinstance(step, StepRecord)
        updates = [record for record in records if isinstance(record, UpdateRecord)]
        self._networks = before if watched.before_update is None else _copies(self.session)
        explanation = None
        if updates:
            policies = before["policy"], self._networks["policy"]
            explanation = explain(watched.adam_steps, *policies, _learned_from(watched.moments))
        self.steps.append(
            WatchedStep(
                step=step,
                moments=tuple(watched.moments),
                before=before,
                after=self._networks,
                update=updates[0] if updates else None,
                before_update=watched.before_update,
                explanation=explanation,
            )
        )
        self._trim()
        self._step, self._moment = len(self.steps) - 1, 0

    def _trim(self) -> None:
        """Remove old steps and old copies of the run, to limit the memory of the tape."""
        updates = [index for index, step in enumerate(self.steps) if step.update is not None]
        first = updates[-UPDATES_KEPT - 1] + 1 if len(updates) > UPDATES_KEPT else 0
        del self.steps[: max(first, len(self.steps) - STEPS_KEPT)]
        for index, step in enumerate(self.steps[:-1]):
            if step.before_update is not None:
                self.steps[index] = replace(step, before_update=None)


@dataclass(frozen=True)
class _Watched:
    """The records of one environment step, and of the update that may follow this step.

    `before_update` is a copy of the run just before the update. `adam_steps` are the Adam steps
    that changed the policy, in order.
    """

    moments: Sequence[Moment]
    before_update: AgentRun | None
    adam_steps: Sequence[AdamStep]


def _watched(run: AgentRun) -> _Watched:
    """Let PyTorch take the next step of a run, and record the phases and the Adam steps."""
    copies: list[AgentRun] = []
    noted: list[AdamStep | None] = []

    def note(there: Locals) -> None:
        noted.append(noted_step(run, there["optimizer"], there["gradients"]))

    watcher = Watcher(
        phases_of(run.config),
        {
            code_of(update_of(run.config)): lambda there: copies.append(copy.deepcopy(run)),
            code_of(adam_step): note,
        },
    )
    with watcher.watching(), suppress(TrainingDiverged):  # the run itself reports this error
        for _record in agents.records_of_step(run):
            pass
    before = copies[0] if copies else None
    if isinstance(run, ReinforceRun) and isinstance(before, ReinforceRun):
        # An update of REINFORCE takes one Adam step, and the gradient is still stored afterwards.
        pairs = zip(before.policy.parameters(), run.policy.parameters(), strict=True)
        gradient = {old: new.grad for old, new in pairs if new.grad is not None}
        noted.append(noted_step(before, before.optimizer, [gradient]))
    return _Watched(watcher.moments, before, [step for step in noted if step is not None])


def _learned_from(moments: Sequence[Moment]) -> UpdateData:
    """The data from which the actor's loss was computed."""
    loss = next(moment.values for moment in moments if moment.phase == "loss")
    names = "observations", "actions", "weights", "entropy_coefficient"
    return UpdateData(**{name: loss[name] for name in names})


def _copies(session: TrainingSession) -> dict[str, nn.Module]:
    """Copies of the current networks; if the networks share a body, the copies share a body too."""
    return copy.deepcopy(dict(session.networks))
