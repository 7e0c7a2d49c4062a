"""The chapter that takes one update apart: phase by phase, back as well as forward."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from pglab.algorithms.actor_critic import ActorCriticRun
from pglab.config import ActorCriticConfig
from pglab.language import _
from pglab.partial_updates import partial_updates
from pglab.phases import phases_of
from pglab.render import shared_renderer
from pglab.slow_motion import SlowMotion
from pglab.slow_motion_text import PHASES, formula
from pglab.ui.buttons import live_button, locked
from pglab.ui.code import lit_line
from pglab.ui.lab import Lab
from pglab.ui.settings import choice_name
from pglab.ui.slow_panels import (
    SlowScene,
    batch_at,
    batch_panel,
    change_panels,
    network_panel,
    partial_panels,
    player_panel,
    policy_panel,
)
from pglab.ui.stage import FigurePanel, PlayerPanel, stage
from pglab.ui.view import view_of

MOST_STEPS_AT_ONCE = 2_000  # that one click watches on its way to an update


def slow_motion(lab: Lab) -> None:
    """The buttons, the phases, and the moment on which the tape stands."""
    tape = lab.slow_motion
    with st.container(key="slow_motion"), lab.bench.lock:
        _buttons(lab, tape)
        _strip(lab, tape)
        if tape.current is None:
            st.caption(
                _(
                    "Press Next, or the right arrow key (after the Tab key, if a tab has the "
                    "focus): the agent takes its next step, and you see each phase of it with "
                    "its numbers and the line of code that did it."
                )
            )
            return
        if tape.stale and not lab.bench.running:
            st.caption(_("The run has gone on since. Next takes up where it stands now."))
        scene = _scene(lab, tape)
        words, pictures = st.columns([5, 8])
        with words:
            _moment(scene)
        with pictures:
            _stage(lab, scene)
        _transitions(lab, scene)
        _partial(lab, scene)


def _buttons(lab: Lab, tape: SlowMotion) -> None:
    bench = lab.bench

    def moving(move: Callable[[], None]) -> Callable[[], None]:
        def moved() -> None:
            bench.pause()
            move()
            bench.view = "training step"

        return moved

    with st.container(horizontal=True, vertical_alignment="center", key="slow_buttons"):
        st.button(
            _("Back"),
            icon=":material/chevron_left:",
            key="slow_back",
            shortcut="Left",
            disabled=tape.at_start,
            on_click=locked(bench.lock, tape.back),
        )
        forward: dict[str, Any] = {"disabled": tape.at_end}
        live_button(
            bench.lock,
            _("Next"),
            "chevron_right",
            "Right",
            "slow_next",
            moving(tape.forward),
            type="primary",
            **forward,
        )
        for label, icon, shortcut, key, phase in (
            (_("Next step"), "skip_next", "Shift+Right", "slow_step", "observe"),
            (_("To the update"), "upload", "Shift+Up", "slow_update", _first_of_update(lab)),
        ):
            live_button(
                bench.lock,
                label,
                icon,
                shortcut,
                key,
                moving(lambda phase=phase: tape.forward_to(phase, MOST_STEPS_AT_ONCE)),  # type: ignore[misc]
                **forward,
            )
        st.caption(_where(tape), width="content")


def _first_of_update(lab: Lab) -> str:
    """The phase with which an update begins: what it computes first of all."""
    config = lab.bench.session.config
    if not isinstance(config, ActorCriticConfig):
        return "returns"
    return "draw" if config.critic_data == "replay" and config.critic_learns else "loss"


def _where(tape: SlowMotion) -> str:
    if tape.current is None:
        return _("step {n:,}").format(n=tape.session.global_step)
    watched, _moment_now = tape.current
    return _("step {n:,} · phase {k} of {of}").format(
        n=watched.step.global_step, k=len(tape.seen), of=len(watched.moments)
    )


def _strip(lab: Lab, tape: SlowMotion) -> None:
    """All phases in order, numbered; those of this step that have come, and the current one."""
    seen = {moment.phase for moment in tape.seen}
    now = tape.seen[-1].phase if tape.seen else ""
    keys = list(dict.fromkeys(phase.key for phase in phases_of(lab.bench.session.config)))
    keys = [key for key in keys if key in _possible(lab)]
    items = []
    for number, key in enumerate(keys, start=1):
        current = ' aria-current="step"' if key == now else ""
        done = "pgl-done" if key in seen else ""
        title = escape(_(PHASES[key].title))
        items.append(f'<li class="{done}"{current}>{number} {title}</li>')
    st.html(f'<ol class="pgl-phases">{"".join(items)}</ol>')


def _possible(lab: Lab) -> set[str]:
    """The phases that can come with the settings in force."""
    config = lab.bench.session.config
    never: set[str] = set()
    if isinstance(config, ActorCriticConfig):
        if config.critic_data != "replay":
            never |= {"remember", "draw"}
        if not config.critic_learns:
            never |= {"draw", "targets", "critic_loss", "critic_gradient"}
        if not config.actor_learns:
            never |= {"gradient"}
    elif config.baseline != "value":
        never |= {"value_loss", "value_gradient"}
    return set(PHASES) - never


def _scene(lab: Lab, tape: SlowMotion) -> SlowScene:
    assert tape.current is not None
    watched, _moment_now = tape.current
    batch = batch_at(watched, tape.seen, list(lab.bench.session.history.steps))
    chosen = st.session_state.get(_chosen_key(lab))
    if chosen is not None and chosen >= len(batch.actions):
        chosen = None  # it belonged to another batch
    return SlowScene(
        env_id=lab.bench.session.config.env_id,
        watched=watched,
        seen=tape.seen,
        batch=batch,
        chosen=chosen,
        view=view_of(lab),
    )


def _chosen_key(lab: Lab) -> str:
    return f"{lab.key}.slow.chosen"


def _moment(scene: SlowScene) -> None:
    """The phase in words, in symbols, with its numbers, and the line that did it."""
    moment, words = scene.seen[-1], PHASES[scene.phase]
    st.markdown(f"**{_(words.title).capitalize()}.** {_(words.sentence)}")
    shown = formula(moment, scene.info, scene.chosen or 0)
    st.latex(shown.symbols)
    st.latex(shown.numbers)
    lit_line(moment.function, moment.line)


def _stage(lab: Lab, scene: SlowScene) -> None:
    panels: list[PlayerPanel | FigurePanel] = (
        [*change_panels(scene)]
        if scene.phase == "changed"
        else [player_panel(scene), network_panel(scene), policy_panel(scene)]
    )
    panels.append(batch_panel(scene))
    lab.sequence += 1
    stage(key=f"{lab.key}.slow_stage", sequence=lab.sequence, running=False, panels=panels)


def _transitions(lab: Lab, scene: SlowScene) -> None:
    """The batch as a table, and the transition that is being followed."""
    batch = scene.batch
    if not len(batch.actions):
        return
    names = [_(name) for name in scene.info.actions]
    columns: dict[str, Any] = {
        "t": np.arange(len(batch.actions)),
        _("action"): [names[action] for action in batch.actions],
        _("reward"): batch.rewards,
        "log π": batch.log_probs.round(4),
    }
    if batch.returns is not None:
        columns["G"] = batch.returns.round(4)
    if batch.weights is not None:
        columns["w"] = batch.weights.round(4)
    if batch.attribution is not None:
        columns[_("share of the gradient")] = (100 * batch.attribution.shares).round(2)
        columns[_("π before")] = batch.attribution.before.round(4)
        columns[_("π after")] = batch.attribution.after.round(4)
    table, followed = st.columns([7, 3])
    with table:
        st.caption(_("The stored steps. Choose one to follow it."))
        event = st.dataframe(
            columns,
            hide_index=True,
            height=260,
            on_select="rerun",
            selection_mode="single-row",
            key=f"{lab.key}.slow.table",
            column_config={
                _("share of the gradient"): st.column_config.NumberColumn(format="%.2f %%")
            },
        )
    rows = event["selection"]["rows"]
    chosen = rows[0] if rows else None
    if chosen != st.session_state.get(_chosen_key(lab)):
        st.session_state[_chosen_key(lab)] = chosen
        st.rerun(scope="fragment")
    with followed:
        if scene.chosen is not None:
            _followed(scene, scene.chosen)


def _followed(scene: SlowScene, row: int) -> None:
    """One transition: its frame, its numbers, and what the update did to its action."""
    batch = scene.batch
    action = _(scene.info.actions[batch.actions[row]])
    st.image(shared_renderer(scene.env_id).jpeg(batch.observations[row]), width=260)
    lines = [
        _("Step {t} of the batch: **{action}** was taken, log π = {log:.4f}.").format(
            t=row, action=action, log=batch.log_probs[row]
        )
    ]
    if batch.returns is not None:
        lines.append(_("What followed is worth G = {g:.4f}.").format(g=batch.returns[row]))
    if batch.weights is not None:
        lines.append(_("Its weight is w = {w:.4f}.").format(w=batch.weights[row]))
    found = batch.attribution
    if found is not None:
        change = float(found.after[row] - found.before[row])
        verdict = (
            _("likelier") if change > 0 else _("less likely") if change < 0 else _("as likely")
        )
        if np.isfinite(found.shares[row]):
            lines.append(
                _("It made {share:.1f} % of the gradient.").format(share=100 * found.shares[row])
            )
        lines.append(
            _("Its action is now **{verdict}**: π = {before:.4f} → {after:.4f}.").format(
                verdict=verdict, before=found.before[row], after=found.after[row]
            )
        )
    st.markdown(" ".join(lines))


def _partial(lab: Lab, scene: SlowScene) -> None:
    """For an actor-critic's update: what each of the two losses alone would have done."""
    run = scene.watched.before_update
    if scene.phase != "changed" or not isinstance(run, ActorCriticRun):
        return
    if not st.toggle(_("Show what each loss alone would have done"), key=f"{lab.key}.slow.partial"):
        return
    after = partial_updates(run)
    names = {trained: choice_name(trained) for trained in after}
    lab.sequence += 1
    with st.container(key="slow_partial"):
        stage(
            key=f"{lab.key}.partial_stage",
            sequence=lab.sequence,
            running=False,
            panels=partial_panels(scene, after, names),
        )
    st.caption(
        _(
            "The same update from the same weights on the same data, with both losses, the "
            "actor's alone and the critic's alone. Where the body is shared, the critic's loss "
            "moves the policy too, and the actor's the critic."
        )
    )
