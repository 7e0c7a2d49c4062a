"""The measurement in the gradient lab. A button starts a measurement; each redraw continues it."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cache, partial
from time import perf_counter

import streamlit as st

from pglab.gradient_noise.measurement import (
    SURVEY_EPISODES,
    Progress,
    finished,
    measure,
    most_episodes,
)
from pglab.gradient_noise.results import Report, Survey
from pglab.language import _
from pglab.session.rewinding.checkpoints import Snapshot
from pglab.session.stored.policies import load
from pglab.ui.pages.gradient_lab.controls import Subject, describe, set_seed
from pglab.ui.shell.fragments import fragment

WORK_SECONDS = 0.4  # seconds of measuring in each redraw
REDRAW_SECONDS = 0.5


@dataclass(frozen=True)
class Shown:
    """The result of a finished measurement, and the policy that was measured."""

    subject: Subject
    snapshot: Snapshot
    report: Report

    def survey_for(self, subject: Subject, snapshot: Snapshot) -> Survey | None:
        """Return this measurement's survey if a measurement of `subject` can use the survey again.

        A survey holds the results of many separate episodes. If the survey is incomplete, or comes
        from another policy or seed, the method returns None.
        """
        known = self.subject
        same = (known.run, known.step, known.seed) == (subject.run, subject.step, subject.seed)
        size = min(SURVEY_EPISODES, most_episodes(snapshot))
        whole = self.report.survey.episodes == size
        return (
            self.report.survey
            if same and whole and self.snapshot.config == snapshot.config
            else None
        )


@cache
def first_result() -> Shown:
    """Return the result that a new visitor sees first: a measurement with default values."""
    subject = Subject()
    snapshot = load()[subject.step]
    return Shown(subject, snapshot, finished(measure(snapshot, subject.episodes, subject.seed)))


@dataclass
class Job:
    """A measurement that is not finished yet."""

    subject: Subject
    work: Generator[Progress, None, Shown]
    progress: Progress = field(default_factory=lambda: Progress("survey", 0.0))
    # Two script runs of one visit may overlap, so a lock protects the measurement.
    lock: threading.Lock = field(default_factory=threading.Lock)

    def advance(self, seconds: float) -> Shown | None:
        """Continue for about the time `seconds`; return the result, or None if incomplete."""
        deadline = perf_counter() + seconds
        with self.lock:
            try:
                while perf_counter() < deadline:
                    self.progress = next(self.work)
            except StopIteration as done:
                shown: Shown = done.value
                return shown
        return None


@dataclass
class GradientPage:
    """The data that the gradient lab keeps for each visitor in Streamlit's session state."""

    shown: Shown
    problems: list[str]  # problems with the link that opened the page
    job: Job | None = None
    redraws: bool = False  # whether the browser asks for redraws again and again
    opened_by: Job | None = None  # the measurement that the link of the page has begun

    def begin(self, subject: Subject, snapshot: Snapshot) -> None:
        """Start to measure the policy in `snapshot`."""
        known = self.shown.survey_for(subject, snapshot)
        self.job = Job(subject, _measured(subject, snapshot, known))

    @property
    def awaits_first(self) -> bool:
        """True if the page has no result yet that its visitor asked for."""
        return self.job is not None and self.job is self.opened_by

    def former(self, subject: Subject) -> str | None:
        """If the shown result does not match the controls, return a sentence that says why."""
        if self.job is not None:
            return _("This result stays until the new result is ready.")
        if self.shown.subject != subject:
            return _("The controls have changed: press *Draw* for a new result.")
        return None


def work_row(page: GradientPage, subject: Subject, snapshot: Snapshot) -> None:
    """Draw the button that starts or cancels a measurement, and draw a progress bar."""
    page.redraws = page.job is not None
    row = fragment(_work_row, "gradient_lab_work", REDRAW_SECONDS if page.redraws else None)
    row(page, subject, snapshot)


def _work_row(page: GradientPage, subject: Subject, snapshot: Snapshot) -> None:
    job = page.job
    if job is not None:
        shown = job.advance(WORK_SECONDS)
        if shown is not None and page.job is job:
            page.shown, page.job = shown, None
    if (page.job is not None) != page.redraws:
        st.rerun()  # the whole page: a result is new, or redraws begin or end
    with st.container(horizontal=True, vertical_alignment="center"):
        if page.job is None:
            again = page.shown.subject == subject
            label = _("Draw {n} other episodes") if again else _("Draw {n} episodes")
            st.button(
                label.format(n=subject.episodes or _("no")),
                icon=":material/casino:",
                type="primary",
                key="draw",
                disabled=not subject.episodes,
                help=_("Draws episodes with the next seed.") if again else None,
                on_click=partial(_begin, page, subject, snapshot, again=again),
            )
        else:
            st.button(
                _("Cancel"),
                icon=":material/close:",
                type="primary",
                key="cancel",
                on_click=partial(_cancel, page),
            )
            st.progress(page.job.progress.fraction, _task_text(page.job))


def _begin(page: GradientPage, subject: Subject, snapshot: Snapshot, *, again: bool) -> None:
    if again:
        subject = subject.with_other_seed
        set_seed(subject.seed)
    page.begin(subject, snapshot)
    page.problems.clear()


def _cancel(page: GradientPage) -> None:
    page.job = None


def _measured(
    subject: Subject, snapshot: Snapshot, survey: Survey | None
) -> Generator[Progress, None, Shown]:
    report = yield from measure(snapshot, subject.episodes, subject.seed, survey)
    return Shown(subject, snapshot, report)


def _task_text(job: Job) -> str:
    texts = {
        "survey": _("Drawing the separate episodes"),
        "draw": _("Drawing the episodes"),
        "gradients": _("Computing the gradients"),
        "project": _("Projecting the gradients"),
    }
    progress = job.progress
    return f"{texts[progress.task]} · {progress.fraction:.0%} · {describe(job.subject)}"
