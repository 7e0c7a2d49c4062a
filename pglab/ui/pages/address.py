"""The address of an agent's page: its settings and its view."""

from __future__ import annotations

from pglab.ui.chapters import attempts, chapters
from pglab.ui.controls import seed_controls, speed
from pglab.ui.controls.lab import Lab
from pglab.ui.controls.settings import write_address_bar
from pglab.ui.controls.shown_panels import heatmaps_of


def write_address(lab: Lab) -> None:
    """Make the address open this page with these settings and this view."""
    experiment = attempts.link_parameters(lab.key)
    shown = {
        **heatmaps_of(lab).parameters(),
        **experiment,
        **chapters.link_parameters(lab.key, "try_this" if experiment else "idea"),
        **speed.link_parameters(lab.bench),
        **seed_controls.link_parameters(lab),
    }
    write_address_bar(lab.bench.session.config, lab.terms.preset, shown)
