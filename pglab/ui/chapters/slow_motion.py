"""The chapter that takes one update apart: phase by phase, back as well as forward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from pglab.algorithms.actor_critic import ActorCriticRun
from pglab.config import ActorCriticConfig
from pglab.config.choice_names import choice_name
from pglab.language import _
from pglab.looks.attribution import Explanation
from pglab.looks.partial_updates import partial_updates
from pglab.looks.render import shared_renderer
from pglab.slow_motion.formulas import formula
from pglab.slow_motion.phases import phases_of
from pglab.slow_motion.tape import SlowMotion
from pglab.slow_motion.words import PHASES, rows_of, sentence, what_moved
from pglab.ui.chapters.causes import causes_table
from pglab.ui.chapters.code import engine_note, lit_line
from pglab.ui.chapters.slow_panels import (
    SlowScene,
    batch_at,
    batch_panel,
    change_panels,
    network_panel,
    partial_panels,
    player_panel,
    policy_panel,
)
from pglab.ui.controls.buttons import live_button
from pglab.ui.controls.lab import Lab
from pglab.ui.controls.shown_panels import view_of
from pglab.ui.shell.entry import fragment
from pglab.ui.stage.stage import FigurePanel, PlayerPanel, stage

STEPS_AT_ONCE = 150  # watched before the page is drawn again: about half a second
REDRAW_SECONDS = 0.1  # between such parts of a long way
TABLE_HEIGHT, ROW_HEIGHT = 260, 36  # pixels

_PI_BEFORE, _PI_AFTER, _DELTA_PI = "π before", "π after", "Δπ"  # columns

_DECIDING = {"observe", "probabilities", "sample"}
ACTING = _DECIDING | {
    "environment",
    "judge",
    "store",
    "remember",
    "episode",
}  # phases of every step
LEARNING = set(PHASES) - ACTING

# Whoever opens the chapter by its title sees it whole; after a click, the arrow keys are its own.
_COME_UP = """<script>{
  const title = document.activeElement?.closest('[class*="-chapter"] [role="radio"]');
  title?.closest('[role="radiogroup"]').scrollIntoView({block: "start"});
  if (title && !title.matches(":focus-visible")) {
    document.querySelector(".st-key-slow_next button")?.focus({preventScroll: true});
  }
}</script>"""


def slow_motion(lab: Lab) -> None:
    """The buttons, the phases, and the moment on which the tape stands."""
    tape = lab.slow_motion
    with st.container(key="slow_motion"), lab.bench.lock:
        _buttons(lab, tape)
        _strip(lab, tape)
        _too_few_to_draw(lab)
        st.html(_COME_UP, unsafe_allow_javascript=True)
        if tape.current is None:
            st.markdown(
                _(
                    "One update, taken apart. The agent acts, step after step, until enough is "
                    "stored; then it learns from all of it at once. Each phase shows its numbers "
                    "and the line of code that did it.\n\n"
                    "**Next**, or the right arrow key, takes the next phase (if a chapter's title "
                    "has the focus, press the Tab key first). **To the update** goes to where it "
                    "learns."
                )
            )
            if tape.at_end:
                st.info(_("This run is over. Reset begins one that can be taken apart."))
            return
        if _is_on_the_way(lab):
            return
        if tape.stale and not lab.bench.running:
            st.caption(_("The run has gone on since. Next takes up where it stands now."))
        scene = _scene(lab, tape)
        words, pictures = st.columns([5, 8])
        with words:
            _moment(scene, lab.bench.session.config.engine)
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
            bench.player_mode = "training step"

        return moved

    def to_the_update() -> None:
        if tape.forward_to(LEARNING, STEPS_AT_ONCE):
            st.session_state[_way_key(lab)] = tape

    def to_the_next_step() -> None:
        tape.forward_to({"observe"}, 1)

    with st.container(horizontal=True, vertical_alignment="center", key="slow_buttons"):
        live_button(
            bench.lock,
            _("Back"),
            "chevron_left",
            "Left",
            "slow_back",
            tape.back,
            disabled=tape.at_start,
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
        for label, icon, shortcut, key, move in (
            (_("Next step"), "skip_next", "Shift+Right", "slow_step", to_the_next_step),
            (_("To the update"), "upload", "Shift+Up", "slow_update", to_the_update),
        ):
            live_button(bench.lock, label, icon, shortcut, key, moving(move), **forward)
        now = tape.session.global_step if tape.current is None else tape.current[0].step.global_step
        st.caption(_("step {n:,}").format(n=now), width="content")


# --- A long way to the update


def _way_key(lab: Lab) -> str:
    return f"{lab.key}.slow.way"


def _is_on_the_way(lab: Lab) -> bool:
    """Whether the way to the update goes on; if so, shows how far it is, and takes it further."""
    tape = st.session_state.get(_way_key(lab))
    if tape is None:
        return False
    if tape is not lab.slow_motion or lab.bench.running:
        st.session_state.pop(_way_key(lab), None)
        return False
    fragment(_way, f"{lab.key}.slow_way", REDRAW_SECONDS)(lab, tape)
    return True


def _way(lab: Lab, tape: SlowMotion) -> None:
    key = _way_key(lab)

    def stop() -> None:
        st.session_state.pop(key, None)

    if key not in st.session_state:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("Stop here"), icon=":material/close:", key="slow_stop", on_click=stop)
        share = _share_stored(tape)
        st.progress(
            share,
            _("Step {n:,}: {share:.0%} of what the update waits for.").format(
                n=tape.session.global_step, share=share
            ),
        )
    with lab.bench.lock:
        arrived = not tape.forward_to(LEARNING, STEPS_AT_ONCE)
    if arrived:
        stop()
        st.rerun()


def _share_stored(tape: SlowMotion) -> float:
    """How much of what an update waits for is there, by the last step that was watched."""
    stores = [moment.values for moment in tape.steps[-1].moments if moment.phase == "store"]
    if not stores:  # the step diverged
        return 0.0
    values = stores[-1]
    if "rollout_steps" in values:
        return float(min(values["stored"] / values["rollout_steps"], 1.0))
    episodes = values["ended"] / values["episodes_per_update"]
    return float(min(episodes, values["stored"] / values["min_batch_steps"], 1.0))


# --- What is seen


def _strip(lab: Lab, tape: SlowMotion) -> None:
    """All phases in order, numbered; those of this step that have come, and the current one.

    What comes at every step stands above what comes at an update only.
    """
    seen = {moment.phase for moment in tape.seen}
    now = tape.seen[-1].phase if tape.seen else ""
    keys = list(dict.fromkeys(phase.key for phase in phases_of(lab.bench.session.config)))
    keys = [key for key in keys if key in _possible(lab)]
    step, update = _("every step"), _("every update")
    rows = {step: "", update: ""}
    for number, key in enumerate(keys, start=1):
        current = ' aria-current="step"' if key == now else ""
        done = "pgl-done" if key in seen else ""
        title = escape(_(PHASES[key].title))
        item = f'<li class="{done}"{current}>{number} {title}</li>'
        rows[step if key in ACTING else update] += item
    parts = [f"<span>{escape(name)}</span><ol>{items}</ol>" for name, items in rows.items()]
    st.html(f'<div class="pgl-phases">{"".join(parts)}</div>')


def _too_few_to_draw(lab: Lab) -> None:
    """Why updates go by without a draw, while they do."""
    session = lab.bench.session
    config, buffer = session.config, session.buffer
    if not isinstance(config, ActorCriticConfig) or buffer is None or not config.critic_learns:
        return
    if len(buffer) < config.batch_size:
        st.caption(
            _(
                "The buffer holds {n} transitions, fewer than the {size} of one draw: the critic "
                "does not learn yet."
            ).format(n=len(buffer), size=config.batch_size)
        )


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
    chosen = None if tape.traced is None else tape.traced - batch.first_step
    if chosen is not None and not 0 <= chosen < len(batch.actions):
        chosen = None  # `_transitions` says so
    view = view_of(lab)
    scene = SlowScene(
        env_id=lab.bench.session.config.env_id,
        watched=watched,
        seen=tape.seen,
        batch=batch,
        chosen=chosen,
        view=view,
    )
    if not view.follows or scene.phase == "changed":  # whose pictures have no player beside them
        return scene
    return replace(scene, view=replace(view, plane=view.plane.through(scene.observation)))


def _moment(scene: SlowScene, engine: str) -> None:
    """The phase in words, in symbols, with its numbers, and the line that did it."""
    moment = scene.seen[-1]
    title = _(PHASES[scene.phase].title)
    st.markdown(f"**{title[:1].upper()}{title[1:]}.** {sentence(moment)}")
    drawn = scene.phase == "targets" and scene.has_seen("draw")  # rows of another batch
    row = 0 if scene.chosen is None else scene.batch.offset + scene.chosen
    shown = formula(moment, scene.info, 0 if drawn else row)
    st.latex(shown.symbols)
    st.latex(shown.numbers)
    if scene.batch.whole is not None:
        st.markdown(_what_it_did(scene, moment.values["updates"], scene.batch.whole))
    lit_line(moment.function, moment.line)
    st.caption(engine_note(engine))


def _what_it_did(scene: SlowScene, update: int, found: Explanation) -> str:
    """The update in a few sentences: what moved the policy, and how far."""
    changes = found.change
    most = int(np.abs(changes).argmax())
    learned = next(other.values for other in scene.seen if other.phase == "loss")
    counts = _(
        "Steps learned from: {n}. Actions taken that are now likelier: **{risen}**, less likely: "
        "**{fallen}**. Largest change: {action} in step {t} of the batch, π = {before:.2%} → "
        "{after:.2%}."
    ).format(
        n=len(changes),
        risen=int((changes > 0).sum()),
        fallen=int((changes < 0).sum()),
        action=_(scene.info.actions[learned["actions"][most]]),
        t=most,
        before=found.before[most],
        after=found.after[most],
    )
    title = _("**Update {k}.**").format(k=update)
    return f"{title} {what_moved(found)}\n\n{counts}"


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
    batch, tape = scene.batch, lab.slow_motion
    if not len(batch.actions):
        return
    names = [_(name) for name in scene.info.actions]
    columns: dict[str, Any] = {
        "t": batch.offset + np.arange(len(batch.actions)),
        _("action"): [names[action] for action in batch.actions],
        _("reward"): batch.rewards,
        "log π": batch.log_probs.round(4),
    }
    if batch.returns is not None:
        columns["G"] = batch.returns.round(4)
    if batch.weights is not None:
        columns["w"] = batch.weights.round(4)
    if batch.explanation is not None:
        columns[_PI_BEFORE] = 100 * batch.explanation.before
        columns[_PI_AFTER] = 100 * batch.explanation.after
        columns[_DELTA_PI] = 100 * batch.explanation.change
    key = f"{lab.key}.slow.table.{batch.first_step}"

    def trace() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        tape.traced = batch.first_step + rows[0] if rows else None

    table, traced = st.columns([7, 3])
    with table:
        st.caption(
            _("The stored steps. Choose one to follow it (keyboard: down, then Shift + Space).")
        )
        st.dataframe(
            columns,
            hide_index=True,
            height=min(TABLE_HEIGHT, ROW_HEIGHT * (len(batch.actions) + 1)),
            on_select=trace,
            selection_mode="single-row",
            key=key,
            column_config=_columns_explained(),
        )
    with traced:
        if scene.chosen is not None:
            _traced(scene, scene.chosen)
        elif tape.traced is not None:
            st.caption(_gone(tape.traced, batch.first_step))
        elif batch.whole is not None and len(batch.actions) == 1:
            _traced(scene, 0)
        elif batch.whole is not None:
            _whole(batch.whole)


def _columns_explained() -> dict[str, Any]:
    """Units, and what each column means, on hover."""
    number = st.column_config.NumberColumn
    return {
        "t": number(help=_("Time step in the batch.")),
        "log π": number(help=_("Log-probability of the action when it was taken.")),
        "G": number(help=_("Return: the rewards from this step on, discounted by γ.")),
        "w": number(help=_("Weight of the step in the actor's loss.")),
        _PI_BEFORE: number(
            _("π before, %"),
            format="%.2f",
            help=_("Probability of the action taken, before the update."),
        ),
        _PI_AFTER: number(_("π after, %"), format="%.2f", help=_("The same after the update.")),
        _DELTA_PI: number(
            _("Δπ, points"),
            format="%+.3f",
            help=_("After minus before, in percentage points."),
        ),
    }


def _gone(step: int, first: int) -> str:
    """Why a transition that was chosen is not shown."""
    text = (
        _("Step {n:,}, which you followed, is no longer stored. Choose another one.")
        if step < first
        else _("Step {n:,}, which you follow, is not stored yet.")
    )
    return text.format(n=step)


def _traced(scene: SlowScene, row: int) -> None:
    """One transition: its frame, its numbers, and what the update did to its action."""
    batch = scene.batch
    action = _(scene.info.actions[batch.actions[row]])
    st.image(shared_renderer(scene.env_id).jpeg(batch.observations[row]), width=260)
    lines = [
        _("Step {t} of the batch: **{action}** was taken, log π = {log:.4f}.").format(
            t=batch.offset + row, action=action, log=batch.log_probs[row]
        )
    ]
    if batch.returns is not None:
        lines.append(_("What followed is worth G = {g:.4f}.").format(g=batch.returns[row]))
    if batch.weights is not None:
        lines.append(_("Its weight is w = {w:.4f}.").format(w=batch.weights[row]))
    if batch.explanation is not None:
        lines.append(
            _("π of its action: {before:.2%} → {after:.2%}.").format(
                before=batch.explanation.before[row], after=batch.explanation.after[row]
            )
        )
    st.markdown(" ".join(lines))
    found = batch.explanation
    if found is not None:
        effects = {cause: 100 * float(effect[row]) for cause, effect in found.effects.items()}
        causes_table(
            _("Why π of its action changed, in percentage points"),
            *rows_of(effects, 100 * float(found.remainder[row])),
        )


def _whole(found: Explanation) -> None:
    """All transitions together: the causes' shares in the change."""
    shares = {cause: 100 * share for cause, share in found.shares.items()}
    if shares:
        causes_table(
            _("Share in the change of π over all steps, in %"),
            *rows_of(shares, 100 - sum(shares.values())),
        )
        st.caption(
            _(
                "Shares of the change in π, 100 % together; below 0: against it. "
                "Each is Σ effect·Δπ / Σ Δπ²."
            )
        )


def _partial(lab: Lab, scene: SlowScene) -> None:
    """For an actor-critic's update: what each of the two losses alone would have done."""
    run = scene.watched.before_update
    if scene.phase != "changed" or not isinstance(run, ActorCriticRun):
        return
    key = f"{lab.key}.slow.partial"
    shown = st.toggle(
        _("Show what each loss alone would have done"),
        st.session_state.get(key, False),
        key=key,
        persist_state="session",
    )
    if not shown:
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
            "actor's alone and the critic's alone. If the body is shared, the critic's loss "
            "moves the policy too, and the actor's the critic. ΔV is of Σ π·Q with π as it was."
        )
    )
