"""The chapter *Slow motion*: shows one update phase by phase, forward and back."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import numpy as np
import streamlit as st

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig
from pglab.language import _
from pglab.looks.attribution import Explanation
from pglab.slow_motion.formulas import formula
from pglab.slow_motion.phases import phases_of
from pglab.slow_motion.tape import SlowMotion
from pglab.slow_motion.words import ACTING, PHASES, sentence, what_moved
from pglab.ui.chapters.code import engine_note, lit_line
from pglab.ui.chapters.slow_motion.each_loss_alone import each_loss_alone
from pglab.ui.chapters.slow_motion.panels import (
    SlowScene,
    batch_at,
    batch_panel,
    change_panels,
    network_panel,
    player_panel,
    policy_panel,
)
from pglab.ui.chapters.slow_motion.steering import buttons, is_on_the_way
from pglab.ui.chapters.slow_motion.transitions import transitions
from pglab.ui.controls.lab import Lab
from pglab.ui.controls.shown_panels import view_of
from pglab.ui.stage.picture import FigurePanel, Picture, PlayerPanel
from pglab.ui.stage.stage import stage

# If the visitor opens the chapter by its title, the page scrolls to the chapter. After a mouse
# click, the button Next gets the focus, so that the arrow keys go from phase to phase.
_COME_UP = """<script>{
  const title = document.activeElement?.closest('[class*="-chapter"] [role="radio"]');
  title?.closest('[role="radiogroup"]').scrollIntoView({block: "start"});
  if (title && !title.matches(":focus-visible")) {
    document.querySelector(".st-key-slow_next button")?.focus({preventScroll: true});
  }
}</script>"""


def slow_motion(lab: Lab) -> None:
    """Draw the buttons, the list of phases, and the details of the current phase."""
    tape = lab.slow_motion
    with st.container(key="slow_motion"), lab.bench.lock:
        buttons(lab, tape)
        _strip(lab, tape)
        _too_few_to_draw(lab)
        st.html(_COME_UP, unsafe_allow_javascript=True)
        if tape.current is None:
            st.markdown(
                _(
                    "Slow motion shows one update phase by phase. The agent acts until it has "
                    "stored enough steps for one update. Then it learns from all these steps. Each "
                    "phase shows its numbers and the line of code that computed them.\n\n"
                    "The button **Next** or the right arrow key goes to the next phase. If a "
                    "chapter's title has the keyboard focus, press the Tab key before the arrow "
                    "key. The button **To the update** goes forward to the next update."
                )
            )
            if tape.at_end:
                st.info(_("This run has ended. To begin another run, press Reset."))
            return
        if is_on_the_way(lab):
            return
        if tape.stale and not lab.bench.running:
            st.caption(
                _(
                    "The run has taken more steps since the step shown here. The button Next goes "
                    "to the run's current step."
                )
            )
        scene = _scene(lab, tape)
        with st.container(key="slow_scene"):
            words, pictures = st.columns([5, 8])
        with words:
            _moment(scene, lab.bench.session.config)
        with pictures:
            _stage(lab, scene)
        with st.container(key="slow_more"):  # a presentation does not show it
            transitions(lab, scene)
            each_loss_alone(lab, scene)


def _strip(lab: Lab, tape: SlowMotion) -> None:
    """Draw a numbered list of the phases. Mark the current phase and the phases already seen.

    The upper row contains the phases of a step. The lower row contains the phases of an update.
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
    """If the buffer contains too few transitions, say that the critic does not learn yet."""
    session = lab.bench.session
    config, buffer = session.config, session.buffer
    if not isinstance(config, ActorCriticConfig) or buffer is None or not config.critic_learns:
        return
    if len(buffer) < config.batch_size:
        st.caption(
            _(
                "The critic does not learn yet: it needs {size} transitions, but the buffer "
                "contains only {n}."
            ).format(n=len(buffer), size=config.batch_size)
        )


def _possible(lab: Lab) -> set[str]:
    """Return the keys of the phases that can occur with the current settings."""
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
    batch = batch_at(watched, tape.seen, lab.bench.session.history.steps)
    chosen = None if tape.traced is None else tape.traced - batch.first_step
    if chosen is not None and not 0 <= chosen < len(batch.actions):
        chosen = None  # the function `transitions` says that this step is not shown
    view = view_of(lab)
    scene = SlowScene(
        env_id=lab.bench.session.config.env_id,
        watched=watched,
        seen=tape.seen,
        batch=batch,
        chosen=chosen,
        view=view,
    )
    if not view.follows or scene.phase == "changed":  # the heatmaps do not follow the player
        return scene
    return replace(scene, view=replace(view, plane=view.plane.through(scene.observation)))


def _moment(scene: SlowScene, config: AgentConfig) -> None:
    """Explain the phase in words and formulas, and show the line that computed the numbers."""
    moment = scene.seen[-1]
    title = _(PHASES[scene.phase].title)
    st.markdown(f"**{title[:1].upper()}{title[1:]}.** {sentence(moment)}")
    # After the phase `draw`, the targets belong to the critic's batch, not to the stored steps.
    drawn = scene.phase == "targets" and scene.has_seen("draw")
    row = 0 if scene.chosen is None else scene.batch.offset + scene.chosen
    shown = formula(moment, scene.info, 0 if drawn else row)
    st.latex(shown.symbols)
    st.latex(shown.numbers)
    if scene.batch.whole is not None:
        st.markdown(_what_it_did(scene, moment.values["updates"], scene.batch.whole))
    lit_line(moment.function, moment.line)
    st.caption(engine_note(config))


def _what_it_did(scene: SlowScene, update: int, found: Explanation) -> str:
    """Say in a few sentences why this update changed the policy, and by how much."""
    changes = found.change
    most = int(np.abs(changes).argmax())
    learned = next(other.values for other in scene.seen if other.phase == "loss")
    counts = _(
        "Steps in this update: {n}. Steps whose action became likelier: **{risen}**. Steps whose "
        "action became less likely: **{fallen}**. The largest change is at t = {t} of the batch: "
        "the probability of the action “{action}” changed from {before:.2%} to {after:.2%}."
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
    stage(Picture(panels), key=f"{lab.key}.slow_stage", sequence=lab.sequence)
