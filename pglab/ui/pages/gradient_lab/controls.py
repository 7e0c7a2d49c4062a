"""The controls of the gradient lab: a policy, the number of its episodes, and their seed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import streamlit as st

from pglab.config import SEEDS
from pglab.gradient_noise.measurement import EPISODE_CHOICES, most_episodes, problem_with
from pglab.language import _
from pglab.networks import parameter_count
from pglab.session.checkpoints import Snapshot
from pglab.session.stored.policies import load
from pglab.ui.controls.choices import place_of, settle
from pglab.ui.controls.set_by_code import set_value, value_of, widget_key
from pglab.ui.pages.gradient_lab.visit_policies import VisitRun

RUN, EPISODES, SEED, STEPS = (f"gradient_lab.{n}" for n in ("run", "episodes", "seed", "steps"))

EXAMPLE = "example"
EXAMPLE_STEP = 20_000  # here the estimators differ clearly: see `gradient_variance`
USUAL_EPISODES = 100


@dataclass(frozen=True)
class Subject:
    """The measured policy, and the number and seed of its episodes.

    The policy is that of the run with key `run` after `step` environment steps.
    """

    run: str = EXAMPLE
    step: int = EXAMPLE_STEP
    episodes: int = USUAL_EPISODES
    seed: int = 0
    name: str = field(default="", compare=False)  # name of the run, if it is a run of this visit

    @property
    def with_other_seed(self) -> Subject:
        """The same policy with the next seed, which gives other episodes."""
        return replace(self, seed=(self.seed + 1) % SEEDS)


def describe(subject: Subject) -> str:
    """Describe it: "100 episodes (seed 0) of REINFORCE after 20,000 training steps"."""
    policy = "REINFORCE" if subject.run == EXAMPLE else subject.name
    words = _("{n} episodes (seed {seed}) of {policy} after {step:,} training steps").format(
        n=subject.episodes, seed=subject.seed, policy=policy, step=subject.step
    )
    if subject.run != EXAMPLE:
        return words
    stored = _("default settings, training seed {seed}, stored with the app").format(
        seed=load()[subject.step].config.seed
    )
    return f"{words} ({stored})"


def set_controls(subject: Subject) -> None:
    """Set the controls to these values; call this before the controls are drawn."""
    st.session_state[RUN] = subject.run
    st.session_state[EPISODES] = subject.episodes
    st.session_state[STEPS] = {subject.run: subject.step}
    set_seed(subject.seed)


def set_seed(seed: int) -> None:
    """Set the control of the seed."""
    set_value(SEED, seed)


def controls(visit_runs: list[VisitRun]) -> tuple[Subject, Snapshot, list[str]]:
    """Draw the controls; return the chosen subject, its networks, and a sentence per problem."""
    runs = {run.key: run for run in visit_runs}
    names = {EXAMPLE: _("REINFORCE, comes with the app")} | {k: run.name for k, run in runs.items()}
    settle(RUN, names, EXAMPLE)
    which, when, how_many, seeded = st.columns([5, 4, 4, 2], vertical_alignment="bottom")
    key = which.selectbox(
        _("Policy of"),
        list(names),
        place_of(RUN, list(names)),
        format_func=lambda key: names[key],
        key=RUN,
        persist_state="session",
        help=_(
            "A trained example, or any run of this visit from any page. Measuring does not "
            "change the run."
        ),
    )
    snapshots = load() if key == EXAMPLE else {s.global_step: s for s in runs[key].snapshots}
    with when:
        step = _checkpoint(key, tuple(snapshots))
    episodes = how_many.select_slider(
        _("Episodes K"),
        EPISODE_CHOICES,
        st.session_state[EPISODES],
        key=EPISODES,
        persist_state="session",
        help=_("More episodes bring their mean closer to the true gradient, but take longer."),
    )
    seeded.number_input(
        _("Seed"),
        0,
        SEEDS - 1,
        value_of(SEED),
        step=1,
        key=widget_key(SEED),
        persist_state="session",
        help=_("Another seed gives other starts and other sampled actions of the same policy."),
    )
    subject = Subject(key, step, episodes, value_of(SEED), names[key])
    return _within_bounds(subject, snapshots[step])


def _checkpoint(key: str, steps: tuple[int, ...]) -> int:
    """Draw a slider over the checkpoints; return the chosen step.

    If the checkpoints change, the slider is replaced by a new one.
    """
    label = _("Policy after")
    text = {step: _("{steps:,} steps").format(steps=step) for step in steps}
    if key == EXAMPLE:
        text[0] = _("0 steps: untrained")
    if len(steps) == 1:  # a slider needs two values
        st.selectbox(label, [text[steps[0]]], key=f"gradient_lab.only.{key}")
        return steps[0]
    chosen: dict[str, int] = st.session_state[STEPS]
    asked = chosen.get(key, steps[-1])
    step = st.select_slider(
        label,
        steps,
        value=min(steps, key=lambda step: abs(step - asked)),
        format_func=lambda step: text[step],
        key=f"gradient_lab.step.{key}.{hash(steps)}",
        help=_(
            "The checkpoints of this run. For a run of this visit, the last one is its state now."
        ),
    )
    if step == steps[-1] and key != EXAMPLE:
        chosen.pop(key, None)  # always the newest state, even if the run continues
    else:
        chosen[key] = step
    return step


def _within_bounds(subject: Subject, snapshot: Snapshot) -> tuple[Subject, Snapshot, list[str]]:
    """Lower the number of episodes if the network is large; set it to 0 without a gradient."""
    problem = problem_with(snapshot)
    if problem is not None:
        return replace(subject, episodes=0), snapshot, [problem]
    most = most_episodes(snapshot)
    if subject.episodes <= most:
        return subject, snapshot, []
    sentence = _(
        "{asked} episodes of {env_id} with gradients of {weights:,} parameters would take "
        "minutes, so only {most} episodes are drawn."
    ).format(
        asked=subject.episodes,
        env_id=snapshot.config.env_id,
        weights=parameter_count(snapshot.networks["policy"]),
        most=most,
    )
    return replace(subject, episodes=most), snapshot, [sentence]
