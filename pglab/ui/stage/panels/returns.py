"""The plot of a run's returns; this plot also shows earlier runs, stored runs and the loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pglab.config import ActorCriticConfig, RunConfig
from pglab.curves import UsualBand
from pglab.language import _
from pglab.plots.returns import LossPlot, ReturnPlot, return_figure
from pglab.plots.run import RETURNS_TITLE, loss_plot, loss_title, return_plot
from pglab.session.bench import OVERLAYS_KEPT, Bench
from pglab.session.past_run import PastRun
from pglab.session.run_differences import Course, differences_in_words
from pglab.session.training_session import TrainingSession
from pglab.ui.stage.panels.scenery import Scenery
from pglab.ui.stage.picture import FigurePanel, Heading


def returns(scene: Scenery) -> FigurePanel:
    """Plot the return of every episode, the earlier runs, and the curve of many stored runs."""
    return FigurePanel(
        "returns",
        _(RETURNS_TITLE),
        _returns_subtitle(scene),
        return_figure(_return_plot(scene, None)),
        alt=_("Return of each episode over environment steps, with a smoothed line."),
        detail=_returns_detail(scene),
    )


def returns_over_loss(scene: Scenery) -> FigurePanel:
    """Plot the return of every episode; a second plot below shows the loss of each update."""
    session = scene.bench.session
    title, (subtitle, detail) = loss_title(session.config), _about_loss(session)
    loss = loss_plot(session.config, session.history.updates, "actor_loss", title)
    told = _("The lower plot shows the loss of each update ({text}) over environment steps.")
    below = told.format(text=subtitle)
    return FigurePanel(
        "returns",
        _(RETURNS_TITLE),
        _returns_subtitle(scene),
        return_figure(_return_plot(scene, loss)),
        alt=_("Return of each episode over environment steps, with a smoothed line. ") + below,
        detail=_returns_detail(scene),
        lower=Heading(title, subtitle, detail),
    )


def _return_plot(scene: Scenery, loss: LossPlot | None) -> ReturnPlot:
    bench = scene.bench
    of_run = return_plot(bench.session.config, bench.session.history, scene.step_limit)
    return replace(
        of_run,
        reading=of_run.reading if scene.shows_reading else None,
        earlier=bench.earlier_curves(lambda past: past_label(past, bench, scene.step_limit)),
        usual=scene.usual,
        guess=bench.guess,
        seeds=bench.seed_curves(),
        spread=scene.spread,
        loss=loss,
    )


def _about_loss(session: TrainingSession) -> tuple[str, str]:
    """Return a short and a long explanation of why the loss does not measure success."""
    config = session.config
    rest = _(
        "The loss is built so that its gradient is the policy gradient. Do not compare the losses "
        "of two updates: each batch comes from a different policy and has its own weights."
    )
    if isinstance(config, ActorCriticConfig):
        return _("no measure of success"), rest
    if config.baseline == "none" and not config.normalize_returns:
        return _("no measure of success: the loss may rise"), rest
    return _("no measure of success: the loss stays near 0"), rest


def past_label(past: PastRun, bench: Bench, limit: float) -> str:
    """Return the label of an earlier run: its number, and how it differs from the current run.

    The label names the settings that differ, but ignores changes of settings after step `limit`.
    """
    session = bench.session
    found = differences_in_words(
        Course(past.config, past.changes),
        Course(session.initial_config, session.history.changes),
        min(past.global_step, limit),
    )
    return _("run {n}: {text}").format(n=past.number, text=", ".join(found) or _("same settings"))


def _returns_subtitle(scene: Scenery) -> str:
    parts = [_seeds_in_words(scene.bench, scene.spread)]
    if len(scene.bench.past) > OVERLAYS_KEPT:
        parts.append(_("previous {n} runs").format(n=OVERLAYS_KEPT))
    if scene.usual is not None and scene.bench.group is None:
        parts.append(scene.usual.label)
    return " · ".join(parts)


def _returns_detail(scene: Scenery) -> str:
    """Explain the words and the lines in the return plot."""
    bench = scene.bench
    parts = [reading_explained(bench.session.config)] if scene.shows_reading else []
    if bench.group is not None:
        if scene.usual is not None:  # with several seeds, the subtitle has no room for this label
            parts.append(scene.usual.label)
        parts.append(
            _(
                "The median and the band use only seeds that are still training. A seed is left "
                "out after it has solved the task or diverged. From then on, the median is dotted. "
                "The remaining seeds learn more slowly than the solved seeds, so the dotted line "
                "may fall. The median and the band end when fewer than half of the seeds remain."
            )
        )
    parts.append(
        _(
            "A long run has too many episodes to draw, so the plot splits the run into equal parts "
            "and shows only the first, the lowest and the highest return of each part. The "
            "moving mean is computed from the returns of all episodes. If an earlier run is longer "
            "than the step axis, a double click on the plot shows the whole run."
        )
    )
    return "\n".join(parts)


def reading_explained(config: RunConfig) -> str:
    """Explain the progress reading, which decides whether a run is solved."""
    return _(
        "The seminar's progress reading is the mean return of the last {n} counted episodes. An "
        "episode is counted if it is in progress at a multiple of {interval:,} environment steps. "
        "A run is solved when its progress reading over {n} episodes is at least {goal:g}. Long "
        "episodes are counted more often than short episodes. In CartPole, long episodes have high "
        "returns, so the progress reading is usually higher than the mean return of all episodes."
    ).format(
        n=config.smoothing_window,
        interval=config.eval_interval,
        goal=config.success_return,
    )


def _seeds_in_words(bench: Bench, spread: UsualBand | None) -> str:
    first = bench.session.config.seed
    if bench.group is None:
        return _("one seed ({seed})").format(seed=first)
    told = _("{n} seeds (first: {first}); band of the middle half to step {step:,}")
    text = told.format(n=bench.seeds, first=first, step=bench.group.steps)
    if spread is None or spread.seeds is None or spread.seeds[-1] == bench.seeds:
        return text
    stopped = int(spread.steps[np.argmax(spread.seeds < bench.seeds)])
    return _("{n} seeds (first: {first}); median of fewer seeds from step {step:,}").format(
        n=bench.seeds, first=first, step=stopped
    )
