"""Compares an update by both losses with an update by only one of the two losses."""

from __future__ import annotations

import streamlit as st

from pglab.algorithms.actor_critic import ActorCriticRun
from pglab.config.choice_names import choice_name
from pglab.language import _
from pglab.looks.partial_updates import partial_updates
from pglab.ui.chapters.slow_motion.panels import SlowScene, partial_panels
from pglab.ui.controls.lab import Lab
from pglab.ui.stage.picture import Picture
from pglab.ui.stage.stage import stage


def each_loss_alone(lab: Lab, scene: SlowScene) -> None:
    """Show how the update would have changed the agent with only one of the two losses."""
    run = scene.watched.before_update
    if scene.phase != "changed" or not isinstance(run, ActorCriticRun):
        return
    key = f"{lab.key}.slow.partial"
    shown = st.toggle(
        _("Show the effect of each loss alone"),
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
        picture = Picture(partial_panels(scene, after, names))
        stage(picture, key=f"{lab.key}.partial_stage", sequence=lab.sequence)
    st.caption(
        _(
            "The pictures compare three updates of the same parameters on the same data. One "
            "update uses both losses, one uses only the actor's loss, and one uses only the "
            "critic's loss. If the body is shared, the critic's loss also changes the policy, and "
            "the actor's loss also changes the critic. ΔV is the change of V = Σ π·Q. The values "
            "of V before and after the update both use the old policy π."
        )
    )
