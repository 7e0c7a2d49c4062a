"""Shows what an agent would learn from an episode: returns, weights, and one update's change."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st
from torch import nn

from pglab.config import ReinforceConfig
from pglab.language import _, ngettext
from pglab.looks.by_hand.own_episode import OwnEpisode
from pglab.looks.by_hand.own_update import OwnUpdate
from pglab.looks.probes import probability_map
from pglab.plots.figures import Figure
from pglab.plots.slow_motion import LEAST_CHANGE, difference_figure, transitions_figure
from pglab.records import Floats
from pglab.ui.controls.lab import Lab
from pglab.ui.controls.shown_panels import view_of
from pglab.ui.stage.panels.scenery import View
from pglab.ui.stage.picture import FigurePanel, Picture
from pglab.ui.stage.stage import stage


def learned(lab: Lab, episode: OwnEpisode, update: OwnUpdate) -> None:
    """Draw four panels about one update from the episode, and sentences that explain them."""
    st.markdown("##### " + _("What the agent would learn from this episode"))
    st.markdown(_in_words(lab, episode, update))
    lab.sequence += 1
    with st.container(key="play_learned"):
        picture = Picture(_panels(lab, episode, update))
        stage(picture, key=f"{lab.key}.play_stage", sequence=lab.sequence)


def _in_words(lab: Lab, episode: OwnEpisode, update: OwnUpdate) -> str:
    config = lab.bench.session.config
    likelier, steps = int((update.change > 0).sum()), len(update.change)
    text = ngettext(
        "One update from this episode alone would make {likelier} of its {steps} action likelier.",
        "One update from this episode alone would make {likelier} of its {steps} actions likelier.",
        steps,
    ).format(likelier=likelier, steps=steps)
    text += " " + _(
        "The mean change of log π(aₜ|sₜ) is {mean:+.2g}. The update happens on a copy of the run."
    ).format(mean=float(update.change.mean())).replace("-", "−")
    if isinstance(config, ReinforceConfig) and config.baseline == "none":
        text += " " + _(
            "Without a baseline, every weight wₜ is positive, so the update pushes all actions up, "
            "the early ones most."
        )
    if episode.player == "you":
        text += " " + _(
            "You chose these actions, not the policy. So this is no estimate of the policy "
            "gradient: an action that π takes rarely gets too much weight."
        )
    return text


def _panels(lab: Lab, episode: OwnEpisode, update: OwnUpdate) -> list[FigurePanel]:
    config = lab.bench.session.config
    gamma = _("γ = {gamma:g}, G₀ = {first:.1f}").format(
        gamma=config.gamma, first=float(update.returns[0])
    )
    return [
        _bars("play_returns", _("Returns-to-go"), gamma, update.returns, "Gₜ", episode),
        _bars("play_weights", _("Weights"), "", update.weights, "wₜ", episode),
        _bars(
            "play_change",
            _("Change of log π(aₜ|sₜ)"),
            _("after one update − before"),
            update.change,
            "Δ log π",
            episode,
        ),
        _change_of_policy(view_of(lab), episode, update),
    ]


def _bars(
    key: str, title: str, subtitle: str, heights: Floats, label: str, episode: OwnEpisode
) -> FigurePanel:
    names = [_("left"), _("right")]
    figure: Figure = transitions_figure(heights, episode.actions, names, None, label)
    figure["layout"]["xaxis"]["title"]["text"] = _("time step of the episode")
    return FigurePanel(key, title, subtitle, figure, alt=_("One bar for each step of the episode."))


def _change_of_policy(view: View, episode: OwnEpisode, update: OwnUpdate) -> FigurePanel:
    """Draw a heatmap of the change in probability; dots mark the states of the episode."""
    plane = view.plane

    def probabilities(networks: Mapping[str, nn.Module]) -> Floats:
        return probability_map(networks["policy"], plane, view.action)

    changes = probabilities(update.after) - probabilities(update.before)
    action = _(plane.info.actions[view.action])
    path = episode.observations[:-1][:, [plane.x_axis, plane.y_axis]]
    return FigurePanel(
        "play_difference",
        _("Change of π({action})").format(action=action),
        _("percentage points, at most {most}; dots: your states").format(
            most=f"{100 * np.abs(changes).max():.2g}"
        ),
        difference_figure(
            100 * changes,
            *plane.grid(len(changes)),
            _("Δπ({action}), percentage points").format(action=action),
            path,
            100 * LEAST_CHANGE,
        ),
        alt=_("Heatmap: how much this update would change one action's probability."),
    )
