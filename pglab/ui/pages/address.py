"""Reads and writes the address of an agent's page."""

from __future__ import annotations

from collections.abc import Sequence

from pglab.config import ActorCriticConfig, Link, RunConfig, differences
from pglab.ui.chapters import attempts, chapters
from pglab.ui.controls import seed_controls, shown_panels, speed
from pglab.ui.controls.lab import Lab
from pglab.ui.controls.sharing import kept_run
from pglab.ui.controls.shown_panels import Extra, heatmaps_of, heatmaps_on
from pglab.ui.shell import address_bar


def read_address(page: str, extras: Sequence[Extra], link: Link, config: RunConfig) -> None:
    """Set all controls from the link, except the controls of the run's settings.

    The settings in the link have already been read; `config` contains these settings. `extras` are
    the further panels of the page.
    """
    speed.read_link(page, link)
    seed_controls.read_link(page, link)
    has_critic = isinstance(config, ActorCriticConfig)
    heatmaps_on(page, config.env_id, has_critic=has_critic).read_link(link)
    chapters.read_link(page, chapters.titles(), link)
    attempts.read_link(page, link)
    shown_panels.read_link(page, extras, link)


def write_address(lab: Lab, extras: Sequence[Extra]) -> None:
    """Write the settings, the view, the chapter, the speed and the seeds to the page's address."""
    experiment = attempts.link_parameters(lab.key)
    shown = {
        **heatmaps_of(lab).parameters(),
        **experiment,
        **shown_panels.link_parameters(lab.key, extras),
        **chapters.link_parameters(lab.key, "try_this" if experiment else "idea"),
        **speed.link_parameters(lab.key),
        **seed_controls.link_parameters(lab),
        **kept_run.address_parameter(lab.kept),
    }
    changed = differences(lab.bench.session.config, lab.terms.preset)
    address_bar.write({**changed, **shown})
