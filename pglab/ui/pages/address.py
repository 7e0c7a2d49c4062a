"""Reads and writes the address of an agent's page."""

from __future__ import annotations

from pglab.config import ActorCriticConfig, Link, RunConfig, differences
from pglab.ui.chapters import attempts, chapters
from pglab.ui.controls import seed_controls, speed
from pglab.ui.controls.lab import Lab
from pglab.ui.controls.sharing import kept_run
from pglab.ui.controls.shown_panels import heatmaps_of, heatmaps_on
from pglab.ui.shell import address_bar


def read_address(page: str, link: Link, config: RunConfig) -> None:
    """Set all controls from the link, except the controls of the run's settings.

    The settings in the link have already been read; `config` contains these settings.
    """
    speed.read_link(page, link)
    seed_controls.read_link(page, link)
    has_critic = isinstance(config, ActorCriticConfig)
    heatmaps_on(page, config.env_id, has_critic=has_critic).read_link(link)
    chapters.read_link(page, chapters.titles(), link)
    attempts.read_link(page, link)


def write_address(lab: Lab) -> None:
    """Write the settings, the view, the chapter, the speed and the seeds to the page's address."""
    experiment = attempts.link_parameters(lab.key)
    shown = {
        **heatmaps_of(lab).parameters(),
        **experiment,
        **chapters.link_parameters(lab.key, "try_this" if experiment else "idea"),
        **speed.link_parameters(lab.key),
        **seed_controls.link_parameters(lab),
        **kept_run.address_parameter(lab.kept),
    }
    changed = differences(lab.bench.session.config, lab.terms.preset)
    address_bar.write({**changed, **shown})
