"""The gradient lab: freeze a policy, draw episodes, and look at how noisy each estimator is."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from functools import cache, partial
from time import perf_counter

import streamlit as st

from pglab.checkpoints import Snapshot
from pglab.config import SEEDS, ReinforceConfig
from pglab.gradient_estimators import (
    Moments,
    episode_gradients,
    episode_weights,
    largest_remaining,
    weighted_gradient,
)
from pglab.gradient_lab import (
    EPISODE_CHOICES,
    SURVEY_EPISODES,
    Progress,
    Report,
    Survey,
    finished,
    make_survey,
    measure,
    most_episodes,
    problem_with,
    trained,
)
from pglab.language import _, content
from pglab.networks import parameter_count
from pglab.ui.chapters import chapters
from pglab.ui.choices import settle
from pglab.ui.code import source_code
from pglab.ui.entry import fragment, require_entry
from pglab.ui.gradient_results import results
from pglab.ui.settings import OWN_PARAMETERS, put_into_address_bar
from pglab.ui.visit_policies import runs_of_this_visit

PAGE = "gradient_lab.page"
RUN, EPISODES, SEED = (f"gradient_lab.{name}" for name in ("run", "episodes", "seed"))

USUAL_EPISODES = 100
EXAMPLE = "example"
EXAMPLE_STEPS = (0, 5_000, 20_000)
FIRST_EPISODES = FIRST_SURVEY = 50  # few: the first visitor of a process waits for them

WORK_SECONDS = 0.4  # of each redraw while a measurement goes on
REDRAW_SECONDS = 0.5


@dataclass(frozen=True)
class Subject:
    """What is measured: the policy of a run after so many steps, with so many episodes."""

    run: str
    name: str
    step: int
    episodes: int
    seed: int


@dataclass(frozen=True)
class Shown:
    """A measurement and what it is of."""

    subject: Subject
    snapshot: Snapshot
    report: Report

    def survey_for(self, subject: Subject, snapshot: Snapshot) -> Survey | None:
        """The survey, if it is of the same policy with the same seed and of full size."""
        known = self.subject
        same = (known.run, known.step, known.seed) == (subject.run, subject.step, subject.seed)
        size = min(SURVEY_EPISODES, most_episodes(snapshot))
        whole = self.report.survey.episodes == size
        return (
            self.report.survey
            if same and whole and self.snapshot.config == snapshot.config
            else None
        )


@dataclass
class Job:
    """A measurement under way; two script runs of a visit may overlap, so it has a lock."""

    work: Generator[Progress, None, Shown]
    progress: Progress
    lock: threading.Lock = field(default_factory=threading.Lock)

    def advance(self, seconds: float) -> Shown | None:
        """Work for about so long; the result when it is there."""
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
    """What the page keeps in the visit's session state."""

    shown: Shown
    problems: list[str]  # with the link
    job: Job | None = None
    redraws: bool = False  # whether the browser was told to ask again and again


def gradient_lab_page() -> None:
    """Draw the page."""
    require_entry()
    page: GradientPage | None = st.session_state.get(PAGE)
    if page is None:
        page = GradientPage(first_result(), _read_link())
        st.session_state[PAGE] = page
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("#### " + _("Gradient lab"), width="content")
        st.caption(
            _(
                "Freeze a policy, draw K episodes and turn each into a gradient, in four ways. "
                "Every arrow is one episode: which way are they closest together?"
            )
        )
    subject, snapshot, sentences = _controls()
    for sentence in [*page.problems, *sentences]:
        st.warning(sentence)
    page.redraws = page.job is not None
    row = fragment(_work_row, "gradient_lab_work", REDRAW_SECONDS if page.redraws else None)
    row(page, subject, snapshot)
    results(page.shown.report, _described(page.shown))
    chapters("gradient_lab", (_("Idea"), _idea), (_("Code"), _code))


def _idea() -> None:
    st.markdown(content("gradient_lab"))


def _code() -> None:
    source_code(episode_weights, episode_gradients, weighted_gradient, Moments, largest_remaining)


# --- What is to be measured


def _controls() -> tuple[Subject, Snapshot | None, list[str]]:
    """The controls' choice, its networks where they exist, and what cannot be done with them."""
    runs = {run.key: run for run in runs_of_this_visit()}
    names = {key: run.name for key, run in runs.items()}
    names[EXAMPLE] = _("REINFORCE, default settings, trained here")
    begun = [key for key, run in runs.items() if run.steps[-1] > 0]
    settle(RUN, names, [*begun, EXAMPLE][0])
    which, when, how_many, seeded = st.columns([5, 4, 4, 2], vertical_alignment="bottom")
    key = which.selectbox(
        _("Policy of"),
        list(names),
        format_func=lambda key: names[key],
        key=RUN,
        persist_state="session",
        help=_("Every run of this visit, on any page. The run itself is left as it is."),
    )
    steps = EXAMPLE_STEPS if key == EXAMPLE else runs[key].steps
    with when:
        step = _checkpoint(key, steps)
    episodes = how_many.select_slider(
        _("Episodes K"),
        EPISODE_CHOICES,
        key=EPISODES,
        persist_state="session",
        on_change=_write_link,
        help=_("Larger: their mean gets closer to the true gradient, and it takes longer."),
    )
    seed = seeded.number_input(
        _("Seed"),
        0,
        SEEDS - 1,
        step=1,
        key=SEED,
        persist_state="session",
        on_change=_write_link,
        help=_("Another seed: other starts and other sampled actions of the same policy."),
    )
    snapshot = _EXAMPLES.get(step) if key == EXAMPLE else runs[key].snapshots[steps.index(step)]
    subject = Subject(key, names[key], step, episodes, seed)
    return _within_bounds(subject, snapshot)


def _checkpoint(key: str, steps: tuple[int, ...]) -> int:
    """A slider over the checkpoints; another one when there are others."""
    label = _("Policy after")
    text = {step: _("{steps:,} steps").format(steps=step) for step in steps}
    if len(steps) == 1:  # a slider needs two
        st.selectbox(label, [text[steps[0]]], key=f"gradient_lab.only.{key}")
        return steps[0]
    return st.select_slider(
        label,
        steps,
        value=steps[0] if key == EXAMPLE else steps[-1],
        format_func=lambda step: text[step],
        key=f"gradient_lab.step.{key}.{hash(steps)}",
        persist_state="session",
        help=_("The checkpoints that are kept of this run. The last is its present state."),
    )


def _within_bounds(
    subject: Subject, snapshot: Snapshot | None
) -> tuple[Subject, Snapshot | None, list[str]]:
    """Fewer episodes where the network is large; no subject at all where there is no gradient."""
    if snapshot is None:
        return subject, None, []
    problem = problem_with(snapshot)
    if problem is not None:
        return replace(subject, episodes=0), snapshot, [problem]
    most = most_episodes(snapshot)
    if subject.episodes <= most:
        return subject, snapshot, []
    sentence = _(
        "{wanted} episodes of {env_id} and gradients over {weights:,} weights would take minutes: "
        "{most} episodes are drawn instead."
    ).format(
        wanted=subject.episodes,
        env_id=snapshot.config.env_id,
        weights=parameter_count(snapshot.networks["policy"]),
        most=most,
    )
    return replace(subject, episodes=most), snapshot, [sentence]


# --- Measuring, a little at each redraw


def _work_row(page: GradientPage, subject: Subject, snapshot: Snapshot | None) -> None:
    """The button that starts and stops, and how far it is."""
    if page.job is not None:
        shown = page.job.advance(WORK_SECONDS)
        if shown is not None:
            page.shown, page.job = shown, None
    if (page.job is not None) != page.redraws:
        st.rerun()  # the whole page: there is a result, or the redraws begin or end
    with st.container(horizontal=True, vertical_alignment="center"):
        if page.job is None:
            st.button(
                _("Draw {n} episodes").format(n=subject.episodes or _("no")),
                icon=":material/casino:",
                type="primary",
                key="draw",
                disabled=not subject.episodes,
                on_click=partial(_begin, page, subject, snapshot),
            )
            st.caption(_("Shown below: {what}").format(what=_described(page.shown)))
        else:
            st.button(
                _("Cancel"),
                icon=":material/close:",
                type="primary",
                key="cancel",
                on_click=partial(_cancel, page),
            )
            st.progress(page.job.progress.fraction, _stage_text(page.job.progress))


def _begin(page: GradientPage, subject: Subject, snapshot: Snapshot | None) -> None:
    known = None if snapshot is None else page.shown.survey_for(subject, snapshot)
    begin = Progress("train" if snapshot is None else "survey", 0.0)
    page.job = Job(_measured(subject, snapshot, known), begin)
    page.problems.clear()


def _cancel(page: GradientPage) -> None:
    page.job = None


def _measured(
    subject: Subject, snapshot: Snapshot | None, survey: Survey | None
) -> Generator[Progress, None, Shown]:
    """The measurement; before it the training of the example, once per process."""
    if snapshot is None:
        snapshot = yield from trained(ReinforceConfig(), subject.step)
        _EXAMPLES[subject.step] = snapshot
    report = yield from measure(snapshot, subject.episodes, subject.seed, survey)
    return Shown(subject, snapshot, report)


def _stage_text(progress: Progress) -> str:
    texts = {
        "train": _("Training the example"),
        "survey": _("Separate episodes, to compare with"),
        "draw": _("Drawing the episodes"),
        "gradients": _("One gradient per episode and estimator"),
        "project": _("Projecting onto the plane"),
    }
    return f"{texts[progress.stage]} · {progress.fraction:.0%}"


def _described(shown: Shown) -> str:
    subject = shown.subject
    return _("{run}, after {step:,} steps; {n} episodes, seed {seed}").format(
        run=subject.name, step=subject.step, n=subject.episodes, seed=subject.seed
    )


# --- Example and link

_EXAMPLES = {0: finished(trained(ReinforceConfig(), 0))}  # trained ones are added on demand


@cache
def first_result() -> Shown:
    """What the page shows before anything is pressed: few episodes of an untrained policy."""
    snapshot = _EXAMPLES[0]
    survey = finished(make_survey(snapshot, seed=0, episodes=FIRST_SURVEY))
    report = finished(measure(snapshot, FIRST_EPISODES, 0, survey))
    subject = Subject(EXAMPLE, _("untrained REINFORCE"), 0, FIRST_EPISODES, 0)
    return Shown(subject, snapshot, report)


def _read_link() -> list[str]:
    """On the first view of the page, take K and the seed from the link that opened it.

    Returns:
        A sentence for everything in the link that cannot be used.
    """
    link = {name: text for name, text in st.query_params.items() if name not in OWN_PARAMETERS}
    choices = {str(choice): choice for choice in EPISODE_CHOICES}
    wanted, seed = link.pop("episodes", str(USUAL_EPISODES)), link.pop("seed", "0")
    st.session_state[EPISODES] = choices.get(wanted, USUAL_EPISODES)
    usable = seed.isascii() and seed.isdigit() and int(seed) < SEEDS
    st.session_state[SEED] = int(seed) if usable else 0
    problems = [
        _("There is nothing called “{name}” in the gradient lab; it is ignored.").format(name=name)
        for name in link
    ]
    if wanted not in choices:
        problems.append(
            _("“{wanted}” episodes cannot be drawn. Choose one of: {choices}.").format(
                wanted=wanted, choices=", ".join(choices)
            )
        )
    if not usable:
        problems.append(
            _("“{seed}” is no seed. Choose a whole number from 0 to {most:,}.").format(
                seed=seed, most=SEEDS - 1
            )
        )
    return problems


def _write_link() -> None:
    """Make the address open the page with this K and seed."""
    usual = {"episodes": USUAL_EPISODES, "seed": 0}
    now = {"episodes": st.session_state[EPISODES], "seed": st.session_state[SEED]}
    put_into_address_bar({name: str(now[name]) for name in now if now[name] != usual[name]})
