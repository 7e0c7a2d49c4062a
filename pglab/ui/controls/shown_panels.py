"""The controls for the view of the heatmaps, and the control that opens further panels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from pglab.config import Link, quoted
from pglab.environments import ENVIRONMENTS
from pglab.language import _
from pglab.ui.controls.heatmap_controls import HeatmapControls
from pglab.ui.controls.lab import Lab
from pglab.ui.shell.fragments import fragment, redraw_fragments
from pglab.ui.shell.page_state import LIVE, PANEL_CONTROLS
from pglab.ui.shell.visibility import PANELS, visibility
from pglab.ui.stage.panels.returns import returns, returns_over_loss
from pglab.ui.stage.panels.scenery import PanelMaker, View

PARAMETER = "panels"  # the address parameter with the names of the open further panels


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


def read_link(page: str, extras: Sequence[Extra], link: Link) -> None:
    """Open the further panels that the link names, instead of those that are usually open."""
    text = link.text(PARAMETER)
    if text is None:
        return
    names = [extra.name for extra in extras]
    asked = [name for name in text.split(",") if name]
    unknown = [name for name in asked if name not in names]
    if unknown:
        link.problems.append(
            _("This page has no further panel {names}. The link can name: {known}.").format(
                names=", ".join(map(quoted, unknown[:3])), known=", ".join(names)
            )
        )
    st.session_state[_opened_key(page)] = [name for name in names if name in asked]


def link_parameters(page: str, extras: Sequence[Extra]) -> dict[str, str]:
    """Return the parameter that names the open further panels, or {} if the usual ones are open."""
    opened = st.session_state.get(_opened_key(page))
    if opened is None or set(opened) == set(_usual(extras)):
        return {}
    return {PARAMETER: ",".join(opened)}


def panel_controls(lab: Lab, extras: Sequence[Extra], on_change: Callable[[], None]) -> None:
    """Draw the controls for the heatmaps and for the further panels. A change calls `on_change`."""
    fragment(_panel_controls, PANEL_CONTROLS)(lab, extras, on_change)


def shown_panels(
    lab: Lab, panels: Sequence[PanelMaker], extras: Sequence[Extra]
) -> list[PanelMaker]:
    """Return the panels to show: the usual panels, and the further panels that are open.

    A link can hide a usual panel by the name of its function, and a further panel by its name.
    """
    usual = [panel for panel in panels if not _is_hidden(panel.__name__, _title(panel))]
    opened = _opened(lab, extras)
    shown = [extra for extra in _allowed(extras) if extra.name in opened]
    instead = {extra.replaces: extra.panel for extra in shown if extra.replaces is not None}
    below = [extra.panel for extra in shown if extra.replaces is None]
    return [*(instead.get(panel, panel) for panel in usual), *below]


def _allowed(extras: Sequence[Extra]) -> list[Extra]:
    """Return the further panels that no link hides."""
    return [extra for extra in extras if not _is_hidden(extra.name, extra.title)]


def _is_hidden(name: str, title: str) -> bool:
    return visibility(name, title, PANELS, lockable=False).hidden


def _title(panel: PanelMaker) -> str:
    """Return the title by which visitors choose a usual panel."""
    titles = {
        "returns": _("Returns"),
        "player": _("Player"),
        "policy_map": _("Policy's heatmap"),
        "value_map": _("Critic's heatmap"),
        "weights": _("Weights of the last steps"),
    }
    return titles[panel.__name__]


def _opened(lab: Lab, extras: Sequence[Extra]) -> list[str]:
    """Return the names of the open further panels."""
    opened: list[str] = st.session_state.setdefault(_opened_key(lab.key), _usual(extras))
    return opened


def _usual(extras: Sequence[Extra]) -> list[str]:
    return [extra.name for extra in extras if extra.open_at_first]


def _opened_key(page: str) -> str:
    return f"{page}.extras"


def _panel_controls(lab: Lab, extras: Sequence[Extra], on_change: Callable[[], None]) -> None:
    def redraw() -> None:
        on_change()
        redraw_fragments(LIVE, PANEL_CONTROLS)  # some controls depend on other controls

    with st.container(horizontal=True, vertical_alignment="bottom", key="panel_controls"):
        axes = visibility("axes", _("Controls of the heatmaps"))
        if not axes.hidden:
            heatmaps_of(lab).draw(redraw, locked=axes.locked)
        titles = {extra.name: extra.title for extra in _allowed(extras)}
        further = visibility("further_panels", _("Further panels"))
        if further.hidden or not titles:
            return
        st.pills(
            _("Further panels"),
            list(titles),
            selection_mode="multi",
            default=[name for name in _opened(lab, extras) if name in titles],
            format_func=lambda name: titles[name],
            key=_opened_key(lab.key),
            persist_state="session",
            width="stretch",  # the titles of the panels can use several rows
            on_change=redraw,
            disabled=further.locked,
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
