"""The chapter *Why this action?* explains the policy's action at one frame of the player."""

from __future__ import annotations

from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import streamlit as st

from pglab import palette
from pglab.language import _
from pglab.looks.fresh_episodes.demonstration import Scene
from pglab.looks.nearest_states import NearestStates, nearest_states
from pglab.looks.render import shared_renderer
from pglab.looks.why_action import WhyAction, likeliest, why_action
from pglab.looks.why_words import (
    plain,
    rounded_text,
    searched_words,
    sentence,
    signed,
    value_text,
)
from pglab.plots.why_action import pushes_figure
from pglab.ui.controls.choices import settle
from pglab.ui.controls.lab import Lab
from pglab.ui.shell.fragments import redraw_fragments
from pglab.ui.shell.page_state import CHAPTERS, LIVE, TRANSPORT
from pglab.ui.stage.picture import FigurePanel, Frame, Picture, PlayerPanel
from pglab.ui.stage.stage import stage
from pglab.ui.stage.video.frame_steps import frame_buttons, report_frames


def why_this_action(lab: Lab) -> None:
    """Draw the explanation of the frame at which the visitor has stopped the player."""
    lab.redraw_stale_page()
    bench = lab.bench
    with st.container(key="why"):
        frame_buttons(lab.key)
        st.caption(
            _(
                "These buttons and those below the player stop the player at a frame. If the run "
                "trains, stopping the player pauses the run first, so that the explanation belongs "
                "to the policy that you see."
            )
        )
        if bench.running:
            st.info(_("The run trains. Stop the player at a frame to see why the agent acts so."))
            return
        scene = lab.player.scene_to_explain(bench)
        if scene is None:
            st.info(_("There is no frame yet. Press Step, or let the player play an episode."))
            return
        why = _explained(lab, scene)
        _show(lab, scene, why)
        changes, nearest = st.columns(2)
        with changes:
            _small_changes(why)
        with nearest:
            _nearest(lab, scene)


def report_stopped_player(lab: Lab, *, wanted: bool) -> None:
    """Let the browser report the frame at which the visitor stops the player.

    If the run is training, the report also pauses the run. `wanted` says whether the chapter is
    open.
    """
    bench = lab.bench

    def stopped(number: int) -> None:
        with bench.lock:
            was_running = bench.running
            if was_running:
                bench.pause()
            lab.player.stop_at(bench, number)
        if was_running:
            redraw_fragments(TRANSPORT, LIVE, CHAPTERS)

    report_frames(lab.key, lab.player.stopped_at, stopped, wanted=wanted)


def _explained(lab: Lab, scene: Scene) -> WhyAction:
    """Explain the action that the visitor chose; the default is the action of the frame."""
    chosen = likeliest(scene.probabilities) if scene.action is None else scene.action
    usual = _("of this frame")
    names = [_(name) for name in lab.info.actions]
    key = f"{lab.key}.why_action"
    options = [usual, *names]
    said = st.segmented_control(
        _("Action to explain"),
        options,
        default=settle(key, options, usual),
        required=True,
        key=key,
    )
    action = names.index(said) if said in names else chosen
    policy = lab.bench.shown_session.networks["policy"]
    return why_action(policy, lab.info, scene.observation, action)


def _show(lab: Lab, scene: Scene, why: WhyAction) -> None:
    """Draw the explanation in words, the picture of the frame, and the coordinates' pushes."""
    st.markdown(f"{_about(scene, why)} {sentence(why)}")
    panels: list[PlayerPanel | FigurePanel] = [_picture_panel(lab, scene)]
    if why.finite:
        panels.append(_pushes_panel(why))
    lab.sequence += 1
    stage(Picture(panels), key=f"{lab.key}.why_stage", sequence=lab.sequence)
    st.caption(
        _(
            "The push of a coordinate is its value times the derivative of log π(a|s) with respect "
            "to it (input × gradient; Shrikumar et al. 2017, Ancona et al. 2018). It measures the "
            "distance from zero, so a coordinate at zero pushes nothing. The pushes add up to a "
            "difference of log π only if log π is linear."
        )
    )


def _about(scene: Scene, why: WhyAction) -> str:
    """Say which frame and which action are explained, and how likely the action is."""
    action, probability = _(why.info.actions[why.action]), why.probabilities[why.action]
    place = _("**Episode {episode:,}, step {step:,}.**").format(
        episode=scene.episode, step=scene.step
    )
    if not why.finite:
        return place
    likely = likeliest(why.probabilities)
    if scene.action == why.action and likely != why.action:
        text = _(
            "The agent drew **{action}**, although {likely} is likelier; the probability of "
            "{action} is {pi:.1%}."
        )
    elif scene.action == why.action:
        text = _("The agent chose **{action}**; its probability is {pi:.1%}.")
    elif scene.action is not None:
        text = _("The agent did not choose **{action}**; its probability is {pi:.1%}.")
    elif scene.ended:
        text = _("The episode is over. The probability of **{action}** would be {pi:.1%}.")
    else:
        text = _("No action is chosen yet. The probability of **{action}** is {pi:.1%}.")
    return (
        f"{place} {text.format(action=action, likely=_(why.info.actions[likely]), pi=probability)}"
    )


def _picture_panel(lab: Lab, scene: Scene) -> PlayerPanel:
    renderer = shared_renderer(lab.bench.session.config.env_id)
    names = tuple(_(name) for name in lab.info.actions)
    frame = Frame(
        image=renderer.cutout(scene.observation),
        probabilities=tuple(float(p) for p in scene.probabilities),
        action=scene.action,
        point=(0.0, 0.0),
        episode=scene.episode,
        caption=_("step {step}").format(step=scene.step),
    )
    return PlayerPanel(
        key="why_player",
        title=_("This frame"),
        subtitle=_("episode {n:,}").format(n=scene.episode),
        frames=(frame,),
        mode="still",
        clip=lab.sequence,
        frames_per_second=1,
        action_names=names,
        action_colours=palette.action_colours(len(names)),
        aspect=renderer.aspect,
        background=renderer.background,
    )


def _pushes_panel(why: WhyAction) -> FigurePanel:
    names = [_(name) for name in why.info.actions]
    coordinates = [
        f"{_(axis.name)}<br>{value_text(axis, value)}"
        for axis, value in zip(why.info.axes, why.observation, strict=True)
    ]
    texts = [signed(float(push)) for push in why.pushes]
    return FigurePanel(
        "why_pushes",
        _("Pushes on log π({action})").format(action=names[why.action]),
        _("value × gradient; their sum is {sum}").format(sum=signed(float(why.pushes.sum()))),
        pushes_figure(why.pushes, texts, coordinates, why.action, names),
        alt=_(
            "Bar chart: how strongly each coordinate of the observation pushes log π. {text}"
        ).format(text=sentence(why)),
    )


def _small_changes(why: WhyAction) -> None:
    """For each small change of the observation, show π and the gradient's estimate of π."""
    action = _(why.info.actions[why.action])
    st.markdown(_("**What a small change would do** to π({action})").format(action=action))
    if not why.finite:
        st.caption(_("The policy's numbers are no longer finite."))
        return
    rows = []
    for change in why.changes:
        axis = why.info.axes[change.axis]
        rows.append(
            {
                _("change"): f"{_(axis.name)} {_signed_value(axis, change.delta)}",
                "π": f"{change.exact[why.action]:.1%}",
                _("by the gradient"): _percent(change.linear),
                _("likeliest action"): _(why.info.actions[likeliest(change.exact)]),
            }
        )
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True)
    st.caption(_changes_explained(why))


def _changes_explained(why: WhyAction) -> str:
    text = _(
        "Now, π = {pi:.1%}. The column π is the network's answer at the changed observation. The "
        "column “by the gradient” is π plus the change times the gradient of π: where the two "
        "differ, the gradient is no longer a good guide. An estimate below 0% or above 100% is no "
        "probability at all."
    ).format(pi=why.probabilities[why.action])
    if any(axis.name.startswith("cos") for axis in why.info.axes):
        text += " " + _(
            "If only the cosine or only the sine of an angle changes, no real state has this "
            "observation."
        )
    return text


def _nearest(lab: Lab, scene: Scene) -> None:
    """Draw the table of the nearest states from which the run has learned."""
    st.markdown(_("**The nearest states that the agent learned from**"))
    found = nearest_states(lab.bench.shown_session, lab.info, scene.observation)
    st.markdown(searched_words(found, lab.info))
    if not len(found.actions):
        return
    names = {"return": "G", "weight": "w", "target": "y", "estimate": "Q"}
    numbers = {names[name]: [plain(float(v)) for v in of] for name, of in found.numbers.items()}
    columns: dict[str, Any] = {
        _("distance"): [f"{distance:.3f}" for distance in found.distances],
        _("state"): [
            ", ".join(
                rounded_text(axis, float(value))
                for axis, value in zip(lab.info.axes, state, strict=True)
            )
            for state in found.observations
        ],
        _("action"): [_(lab.info.actions[action]) for action in found.actions],
        **numbers,
        _("steps ago"): [f"{age:,}" for age in found.ages],
    }
    st.table(pd.DataFrame(columns), border="horizontal", hide_index=True)
    st.caption(_nearest_explained(found))


def _nearest_explained(found: NearestStates) -> str:
    text = _(
        "A state lists its coordinates in the order of the chart. For the distance, each "
        "coordinate is divided by the length of its axis in the heatmaps. "
    )
    if found.source == "buffer":
        return text + _(
            "The critic draws its batches from the buffer at random. y is the TD target and Q the "
            "estimate, both computed with the present critic. “Steps ago”: when the agent was in "
            "the state."
        )
    if "return" in found.numbers:
        text += _("G is the return after the step, and ")
    return text + _(
        "w is the weight of log π in the actor's loss, as the update computed it. “Steps ago”: "
        "when the agent was in the state; the next update learned from it."
    )


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("-", "−")


def _signed_value(axis: Any, value: float) -> str:
    return ("+" if value > 0 else "") + value_text(axis, value)
