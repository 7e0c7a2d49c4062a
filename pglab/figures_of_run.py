"""Makes the figures of a run for files. The figures are the same as on the run's page."""

from __future__ import annotations

from typing import Any

import numpy as np

from pglab import palette
from pglab.config import ActorCriticConfig
from pglab.environments import ENVIRONMENTS
from pglab.language import _
from pglab.library.contents import RunContents
from pglab.library.progress import IsCancelled, Progress
from pglab.library.state.history import history_from
from pglab.library.state.run import policy_of
from pglab.library.take_away import Files, PartMissing
from pglab.looks.probes import first_plane, probability_map
from pglab.plots import run
from pglab.plots.figures import Figure, step_limit
from pglab.plots.picture_files.files import PictureError, figure_files
from pglab.plots.returns import loss_figure, return_figure
from pglab.session.history import History
from pglab.session.side_by_side.contrasts import algorithm_name

RESOLUTION = 161  # grid points of the heatmap along each axis


def run_figures(contents: RunContents) -> dict[str, Figure]:
    """Make the figures of a run, as a mapping from names to figures. Each figure has a title.

    A figure without data is left out, for example if no episode has ended or if the agent has no
    critic. A run that has diverged has no figure of its policy.

    Raises:
        ConfigError, StateError: the contents of the run are damaged.
    """
    config = contents.config
    history = history_from(contents.episodes, contents.updates, contents.recent, contents.changes)
    # The run has ended or is paused: unlike on the page, the axis ends where the run ends.
    limit = step_limit(contents.global_step, contents.global_step)
    figures: dict[str, Figure] = {}
    if len(history.episodes):
        figure = return_figure(run.return_plot(config, history, limit))
        figures["returns"] = _titled(figure, _(run.RETURNS_TITLE), _told(contents))
    if len(history.updates):
        figures |= _update_figures(contents, history, limit)
    if contents.outcome != "diverged":
        figures["policy"] = _policy_figure(contents)
    return figures


def drawn_figures(contents: RunContents, progress: Progress, cancelled: IsCancelled) -> Files:
    """Draw the figures of a run as picture files, for an `Order`.

    Raises:
        Cancelled: `cancelled` returned True.
        ConfigError, StateError: the contents of the run are damaged.
        PartMissing: no browser can draw the figures.
    """
    try:
        return figure_files(run_figures(contents), progress=progress, cancelled=cancelled)
    except PictureError as error:
        raise PartMissing(str(error)) from error


def _update_figures(contents: RunContents, history: History, limit: float) -> dict[str, Figure]:
    config, updates, told = contents.config, history.updates, _told(contents)
    entropy = run.entropy_figure(updates, ENVIRONMENTS[config.env_id], limit)
    figures = {"entropy": _titled(entropy, _(run.ENTROPY_TITLE), told)}
    if isinstance(config, ActorCriticConfig):
        columns = ("actor_gradient_norm", "critic_gradient_norm")
        norms = run.smoothed_norms_figure(updates, columns, limit)
        figures["gradient_norms"] = _titled(norms, _(run.NORMS_TITLE), told)
        critic_title = _("Critic's loss")
    else:
        norms = run.update_figure(updates, "actor_gradient_norm", _(run.NORM_TITLE), limit)
        figures["gradient_norm"] = _titled(norms, _(run.NORM_TITLE), told)
        critic_title = _("Baseline's loss")
    losses = {
        "actor_loss": (run.loss_title(config), palette.ACTOR),
        "critic_loss": (critic_title, palette.CRITIC),
    }
    for column, (title, colour) in losses.items():
        if not np.isnan(updates[column]).all():
            loss = run.loss_plot(config, updates, column, title)
            figures[column] = _titled(loss_figure(loss, colour, limit), title, told)
    return figures


def _policy_figure(contents: RunContents) -> Figure:
    """Draw the probability of the last action, which the page shows by default."""
    plane = first_plane(ENVIRONMENTS[contents.config.env_id])
    action = len(plane.info.actions) - 1
    probabilities = probability_map(policy_of(contents), plane, action, RESOLUTION)
    grid = plane.grid(len(probabilities))
    title = _(run.PROBABILITY_TITLE).format(action=_(plane.info.actions[action]))
    told = _told(contents)
    if plane.fixed_values:
        fixed = ", ".join(f"{name} {value}" for name, value in plane.fixed_values)
        told += "<br>" + _("at {place}").format(place=fixed)
    return _titled(run.policy_figure(probabilities, grid, plane.info, action), title, told)


def _told(contents: RunContents) -> str:
    """Say which run the figure shows."""
    return _("{agent} on {environment}, seed {seed}, after {step:,} environment steps").format(
        agent=algorithm_name(contents.config),
        environment=contents.config.env_id,
        seed=contents.config.seed,
        step=contents.global_step,
    )


def _titled(figure: Figure, title: str, told: str) -> Figure:
    layout: dict[str, Any] = figure["layout"]
    return figure | {"layout": layout | {"title": {"text": title, "subtitle": {"text": told}}}}
