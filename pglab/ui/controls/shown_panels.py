"""The controls for the view of the heatmaps, and the control that opens further panels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from pglab.environments import ENVIRONMENTS
from pglab.language import _
from pglab.ui.controls.heatmap_controls import HeatmapControls
from pglab.ui.controls.lab import Lab
from pglab.ui.shell.fragments import fragment, redraw_fragments
from pglab.ui.shell.page_state import LIVE, PANEL_CONTROLS
from pglab.ui.stage.panels.returns import returns, returns_over_loss
from pglab.ui.stage.panels.scenery import PanelMaker, View


@dataclass(frozen=True)
class Extra:
    """A further panel, which the visitor opens with the control *Further panels*.

    The further panel takes the place of the usual panel `replaces`. If `replaces` is None, the
    further panel appears below all usual panels.
    """

    name: str
    title: str
    panel: PanelMaker
    open_at_first: bool = False
    replaces: PanelMaker | None = None


def loss_below_returns(title: str) -> Extra:
    """Return a panel with returns and loss, which replaces the panel with only the returns."""
    return Extra("loss", title, returns_over_loss, open_at_first=True, replaces=returns)


def panel_controls(lab: Lab, extras: Sequence[Extra], on_change: Callable[[], None]) -> None:
    """Draw the controls for the heatmaps and for the further panels. A change calls `on_change`."""
    fragment(_panel_controls, PANEL_CONTROLS)(lab, extras, on_change)


def shown_panels(
    lab: Lab, panels: Sequence[PanelMaker], extras: Sequence[Extra]
) -> list[PanelMaker]:
    """Return the panels to show: the usual panels, and the further panels that are open."""
    opened = _opened(lab, extras)
    shown = [extra for extra in extras if extra.name in opened]
    instead = {extra.replaces: extra.panel for extra in shown if extra.replaces is not None}
    below = [extra.panel for extra in shown if extra.replaces is None]
    return [*(instead.get(panel, panel) for panel in panels), *below]


def _opened(lab: Lab, extras: Sequence[Extra]) -> list[str]:
    """Return the names of the open further panels."""
    usual = [extra.name for extra in extras if extra.open_at_first]
    opened: list[str] = st.session_state.setdefault(f"{lab.key}.extras", usual)
    return opened


def _panel_controls(lab: Lab, extras: Sequence[Extra], on_change: Callable[[], None]) -> None:
    def redraw() -> None:
        on_change()
        redraw_fragments(LIVE, PANEL_CONTROLS)  # some controls depend on other controls

    with st.container(horizontal=True, vertical_alignment="bottom", key="panel_controls"):
        heatmaps_of(lab).draw(redraw)
        titles = {extra.name: extra.title for extra in extras}
        st.pills(
            _("Further panels"),
            list(titles),
            selection_mode="multi",
            default=_opened(lab, extras),
            format_func=lambda name: titles[name],
            key=f"{lab.key}.extras",
            persist_state="session",
            width="stretch",  # the titles of the panels can use several rows
            on_change=redraw,
        )


def heatmaps_of(lab: Lab) -> HeatmapControls:
    """Return the controls for the heatmaps of the page."""
    return heatmaps_on(lab.key, lab.bench.session.config.env_id, has_critic=lab.has_critic)


def heatmaps_on(page: str, env_id: str, *, has_critic: bool) -> HeatmapControls:
    """Return the controls for the heatmaps of one page and one environment."""
    return HeatmapControls(f"{page}.{env_id}", ENVIRONMENTS[env_id], has_critic=has_critic)


def view_of(lab: Lab) -> View:
    """Return the view that the visitor has chosen for the heatmaps of the page."""
    return heatmaps_of(lab).view()
