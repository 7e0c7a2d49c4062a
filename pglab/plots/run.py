"""Makes the figures of one run from the run's history, for pages and for exported files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pglab import palette
from pglab.config import ActorCriticConfig, RunConfig, describe_settings, format_value
from pglab.curves import SMOOTHING_EPISODES, SMOOTHING_UPDATES
from pglab.environments import ENVIRONMENTS, EnvironmentInfo
from pglab.language import N_, _
from pglab.plots.critic import norms_figure
from pglab.plots.figures import MOST_POINTS, Figure, Numbers, probability_figure
from pglab.plots.returns import LossPlot, ReturnPlot, series_figure
from pglab.session.history import Change, History, Series

RETURNS_TITLE = N_("Return of each episode")
ENTROPY_TITLE = N_("Entropy of the policy")
NORM_TITLE, NORMS_TITLE = N_("Gradient norm"), N_("Gradient norms")
PROBABILITY_TITLE = N_("Probability of “{action}”")


def return_plot(config: RunConfig, history: History, limit: float) -> ReturnPlot:
    """Return the data of a run for the figure of its returns, without curves for comparison.

    Args:
        config: the current settings.
        history: the history of the run.
        limit: right end of the horizontal axis, in environment steps.
    """
    solved_at = history.solved_at
    episodes = history.episodes
    return ReturnPlot(
        run=episodes.curve("episode_return", MOST_POINTS),
        mean=episodes.curve("episode_return", MOST_POINTS, SMOOTHING_EPISODES),
        earlier=(),
        usual=None,
        limit=limit,
        return_range=ENVIRONMENTS[config.env_id].return_range,
        changes=_change_marks(history.changes, config),
        solved=None
        if solved_at is None
        else (solved_at, _("solved: goal {goal:g} reached").format(goal=config.success_return)),
        reading=episodes.curve("reading", MOST_POINTS, label=_("progress reading")),
    )


def loss_plot(config: RunConfig, updates: Series, column: str, title: str) -> LossPlot:
    """Return the data of a loss plot: each loss and, for an actor-critic, the moving mean.

    An actor-critic uses so few steps in each update that a single loss is mostly noise.
    """
    every = updates.curve(column, MOST_POINTS, label=title)
    if not isinstance(config, ActorCriticConfig):
        return LossPlot(every)
    window = updates.rows_for(SMOOTHING_UPDATES)
    return LossPlot(every, updates.curve(column, MOST_POINTS, window, label=title))


def loss_title(config: RunConfig) -> str:
    """Return the title of the loss plot; an actor-critic's title names the actor's loss."""
    return _("Actor's loss") if isinstance(config, ActorCriticConfig) else _("Loss")


def change_label(change: Change, config: RunConfig) -> str:
    """Return the label of a change of settings during a run, such as "γ 0.9"."""
    texts = {name: format_value(value) for name, value in change.settings.items()}
    return describe_settings(type(config), texts)


def _change_marks(changes: Sequence[Change], config: RunConfig) -> list[tuple[int, str]]:
    """Return the step and the label of each change of settings during a run.

    If there is no update between two changes, they become one change.
    """
    merged: dict[int, Change] = {}
    for change in changes:
        before = merged.get(change.update)
        settings = {**(before.settings if before else {}), **change.settings}
        merged[change.update] = replace(change, settings=settings)
    return [(c.global_step, change_label(c, config)) for c in merged.values()]


def update_figure(
    updates: Series,
    column: str,
    label: str,
    limit: float,
    *,
    most: float | None = None,
    colour: str = palette.ACTOR,
) -> Figure:
    """Return a line plot of one column of the updates; see `series_figure` for the arguments."""
    drawn = updates.curve(column, MOST_POINTS)
    return series_figure(drawn.steps, drawn.returns, label, colour, limit, most)


def entropy_figure(updates: Series, info: EnvironmentInfo, limit: float) -> Figure:
    """Return a line plot of the mean entropy of the policy on the batch of each update."""
    most = float(np.log(len(info.actions)))
    return update_figure(updates, "entropy", _(ENTROPY_TITLE), limit, most=most)


def smoothed_norms_figure(updates: Series, columns: tuple[str, str], limit: float) -> Figure:
    """Return a plot of two columns of the updates: the actor's and the critic's gradient norm."""
    window = updates.rows_for(SMOOTHING_UPDATES)
    actor, critic = (updates.curve(column, MOST_POINTS, window, "bridged") for column in columns)
    return norms_figure(actor, critic, limit)


def policy_figure(
    probabilities: Numbers,
    grid: tuple[Numbers, Numbers, str, str],
    info: EnvironmentInfo,
    action: int,
) -> Figure:
    """Return a heatmap of an action's probability.

    Args:
        probabilities: [Y, X].
        grid: the values [X] and [Y] of the two axes, and the labels of the axes.
        info: the environment.
        action: the index of the action.
    """
    actions = info.actions
    return probability_figure(
        probabilities,
        *grid,
        _(actions[action]),
        palette.probability_colours(action, len(actions)),
        uniform=1 / len(actions),
        path=np.empty((0, 2), np.float32),  # the stage draws the path
    )
