"""The controls of the gradient lab choose a policy, a number of episodes, and a seed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import streamlit as st

from pglab.config import SEEDS
from pglab.gradient_noise.measurement import EPISODE_CHOICES, most_episodes, problem_with
from pglab.language import _
from pglab.networks import parameter_count
from pglab.session.rewinding.checkpoints import Snapshot
from pglab.session.stored.policies import load
from pglab.ui.controls.choices import place_of, settle
from pglab.ui.controls.set_by_code import set_value, value_of, widget_key
from pglab.ui.pages.gradient_lab.visit_policies import VisitRun
from pglab.ui.shell.visibility import visibility

RUN, EPISODES, SEED, STEPS = (f"gradient_lab.{n}" for n in ("run", "episodes", "seed", "steps"))

EXAMPLE = "example"
EXAMPLE_STEP = 20_000  # a step at which the estimators' noise differs clearly
USUAL_EPISODES = 100


@dataclass(frozen=True)
class Subject:
    """The subject of a measurement: a policy, a number of episodes, and the seed of the episodes.

    The policy is the policy of the run with the key `run` after `step` environment steps.
    """

    run: str = EXAMPLE
    step: int = EXAMPLE_STEP
    episodes: int = USUAL_EPISODES
    seed: int = 0
    name: str = field(default="", compare=False)  # name of the run, if it is a run of this visit

    @property
    def with_other_seed(self) -> Subject:
        """The same subject with the next seed, which gives other episodes."""
        return replace(self, seed=(self.seed + 1) % SEEDS)


def describe(subject: Subject) -> str:
    """Return a description: "100 episodes (seed 0) of REINFORCE after 20,000 training steps"."""
    policy = "REINFORCE" if subject.run == EXAMPLE else subject.name
    words = _("{n} episodes (seed {seed}) of {policy} after {step:,} training steps").format(
        n=subject.episodes, seed=subject.seed, policy=policy, step=subject.step
    )
    if subject.run != EXAMPLE:
        return words
    stored = _("a stored run with default settings and training seed {seed}").format(
        seed=load()[subject.step].config.seed
    )
    return f"{words} ({stored})"


def set_controls(subject: Subject) -> None:
    """Set the controls to the values of `subject`; call this before drawing the controls."""
    st.session_state[RUN] = subject.run
    st.session_state[EPISODES] = subject.episodes
    st.session_state[STEPS] = {subject.run: subject.step}
    set_seed(subject.seed)


def set_seed(seed: int) -> None:
    """Set the control of the seed."""
    set_value(SEED, seed)


def controls(visit_runs: list[VisitRun]) -> tuple[Subject, Snapshot, list[str]]:
    """Draw the controls, and return the values that the visitor has chosen.

    Returns:
        The subject of the measurement, the snapshot of its policy, and a sentence for each problem.
    """
    runs = {run.key: run for run in visit_runs}
    names = {EXAMPLE: _("a stored run of REINFORCE")} | {k: run.name for k, run in runs.items()}
    settle(RUN, names, EXAMPLE)
    which, when, how_many, seeded = st.columns([5, 4, 4, 2], vertical_alignment="bottom")
    with which:
        _policy_menu(names)
    key = st.session_state[RUN]
    snapshots = load() if key == EXAMPLE else {s.global_step: s for s in runs[key].snapshots}
    with when:
        step = _checkpoint(key, tuple(snapshots))
    with how_many:
        _episodes_slider()
    with seeded:
        _seed_input()
    subject = Subject(key, step, st.session_state[EPISODES], value_of(SEED), names[key])
    return _within_bounds(subject, snapshots[step])


def _policy_menu(names: dict[str, str]) -> None:
    label = _("Policy of")
    allowed = visibility("policy", label)
    if not allowed.hidden:
        st.selectbox(
            label,
            list(names),
            place_of(RUN, list(names)),
            format_func=lambda key: names[key],
            key=RUN,
            persist_state="session",
            disabled=allowed.locked,
            help=_(
                "Choose the trained example, or a run that you have started on any page. Measuring "
                "does not change the run."
            ),
        )


def _episodes_slider() -> None:
    label = _("Episodes K")
    allowed = visibility("episodes", label)
    if not allowed.hidden:
        st.select_slider(
            label,
            EPISODE_CHOICES,
            st.session_state[EPISODES],
            key=EPISODES,
            persist_state="session",
            disabled=allowed.locked,
            help=_(
                "With more episodes, the mean gradient comes closer to the true gradient, but "
                "measuring takes longer."
            ),
        )


def _seed_input() -> None:
    label = _("Seed")
    allowed = visibility("seed", label)
    if not allowed.hidden:
        st.number_input(
            label,
            0,
            SEEDS - 1,
            value_of(SEED),
            step=1,
            key=widget_key(SEED),
            persist_state="session",
            disabled=allowed.locked,
            help=_(
                "With another seed, the same policy gets other initial states and random actions."
            ),
        )


def _checkpoint(key: str, steps: tuple[int, ...]) -> int:
    """Draw a slider that chooses a checkpoint; return the step of this checkpoint.

    If the list of checkpoints changes, a new slider replaces the old slider.
    """
    label = _("Policy after")
    allowed = visibility("checkpoint", label)
    text = {step: _("{steps:,} steps").format(steps=step) for step in steps}
    if key == EXAMPLE:
        text[0] = _("0 steps: untrained")
    chosen: dict[str, int] = st.session_state[STEPS]
    asked = chosen.get(key, steps[-1])
    nearest = min(steps, key=lambda step: abs(step - asked))
    if allowed.hidden:
        return nearest
    if len(steps) == 1:  # a slider needs two values
        st.selectbox(label, [text[steps[0]]], key=f"gradient_lab.only.{key}")
        return steps[0]
    step = st.select_slider(
        label,
        steps,
        value=nearest,
        disabled=allowed.locked,
        format_func=lambda step: text[step],
        key=f"gradient_lab.step.{key}.{hash(steps)}",
        help=_(
            "Choose a checkpoint: a stored state of the run. If you trained the run yourself, its "
            "last checkpoint is its current state."
        ),
    )
    if step == steps[-1] and key != EXAMPLE:
        chosen.pop(key, None)  # the slider stays at the newest state, even if the run continues
    else:
        chosen[key] = step
    return step


def _within_bounds(subject: Subject, snapshot: Snapshot) -> tuple[Subject, Snapshot, list[str]]:
    """Reduce the number of episodes if the measurement would need too much time or memory.

    If the policy has no gradient to measure, set the number of episodes to 0.
    """
    problem = problem_with(snapshot)
    if problem is not None:
        return replace(subject, episodes=0), snapshot, [problem]
    most = most_episodes(snapshot)
    if subject.episodes <= most:
        return subject, snapshot, []
    sentence = _(
        "The network has {weights:,} parameters, so a measurement with {asked} episodes of "
        "{env_id} would take minutes. Only {most} episodes are used."
    ).format(
        asked=subject.episodes,
        env_id=snapshot.config.env_id,
        weights=parameter_count(snapshot.networks["policy"]),
        most=most,
    )
    return replace(subject, episodes=most), snapshot, [sentence]
