"""The panels of an algorithm's page: what a bench holds, as figures for the stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pglab import palette
from pglab.bench import OVERLAYS_KEPT, Bench, PastRun
from pglab.config import RunConfig, describe_differences, describe_settings, format_value
from pglab.environments import ENVIRONMENTS, EnvironmentInfo
from pglab.history import Change
from pglab.language import _
from pglab.learning_curves import usual_band
from pglab.plots import (
    MOST_POINTS,
    Curve,
    ReturnPlot,
    probability_figure,
    return_figure,
    series_figure,
    weights_figure,
)
from pglab.probes import Slice, probability_map
from pglab.records import Floats
from pglab.returns import discounted_returns
from pglab.session import TrainingSession
from pglab.ui.player import Player, Showing
from pglab.ui.stage import FigurePanel, PlayerPanel


@dataclass(frozen=True)
class Scenery:
    """Everything that the panels of one redraw are made from."""

    key: str
    bench: Bench
    plane: Slice
    action: int  # whose probability the heatmap shows
    showing: Showing

    @property
    def info(self) -> EnvironmentInfo:
        """Names and limits of the environment."""
        return ENVIRONMENTS[self.bench.session.config.env_id]


Panel = Callable[[Scenery], FigurePanel | PlayerPanel]


def scenery(key: str, bench: Bench, player: Player, plane: Slice, action: int) -> Scenery:
    """Gather what the panels of this redraw need; takes the player's next scenes."""
    return Scenery(key, bench, plane, action, player.show(bench, plane))


def returns(scene: Scenery) -> FigurePanel:
    """Return of every episode, earlier runs, and what the defaults usually give."""
    session = scene.bench.session
    curve = scene.bench.curve()
    config = session.config
    usual = usual_band(scene.key, config)
    plot = ReturnPlot(
        run=curve,
        earlier=scene.bench.earlier_curves(lambda past: past_label(past, scene.bench)),
        usual=usual,
        total_steps=config.total_steps,
        return_range=scene.info.return_range,
        changes=_change_marks(session),
        solved_at=session.history.solved_at,
        reading=_reading_curve(scene.bench),
    )
    return FigurePanel(
        "returns",
        _("Return of each episode"),
        _returns_subtitle(scene.bench, usual.label if usual else ""),
        return_figure(plot),
        alt=_("Return of each episode over environment steps, with a smoothed line."),
    )


def player(scene: Scenery) -> PlayerPanel:
    """The environment's frames with the probability of each action."""
    return scene.showing.panel


def policy_map(scene: Scenery) -> FigurePanel:
    """Probability of an action over two observation axes."""
    plane, policy = scene.plane, scene.bench.session.networks["policy"]
    action = _(scene.info.actions[scene.action])
    x_axis, y_axis = scene.info.axes[plane.x_axis], scene.info.axes[plane.y_axis]
    probabilities = probability_map(policy, plane, scene.action)
    resolution = len(probabilities)
    figure = probability_figure(
        probabilities,
        plane.ticks(plane.x_axis, resolution),
        plane.ticks(plane.y_axis, resolution),
        x_axis.label,
        y_axis.label,
        action,
        palette.probability_colours(scene.action, len(scene.info.actions)),
        uniform=1 / len(scene.info.actions),
        path=scene.showing.path,
    )
    return FigurePanel(
        "policy_map",
        _("Probability of “{action}”").format(action=action),
        _fixed_text(scene),
        figure,
        playhead="player",
        alt=_("Heatmap of the probability of one action over two observation axes."),
    )


def returns_to_go(scene: Scenery) -> FigurePanel:
    """The weights of ∇log π in the last update, by time step and action."""
    update = scene.bench.session.history.last_update
    if update is None:
        weights, actions, ends = _weights_of_clip(scene)
        subtitle = _("no update yet: what the episode beside would weigh")
    else:
        weights, actions, ends = update.weights, update.actions, update.episode_ends
        subtitle = _("update {n:,} · {steps:,} steps · each multiplies its ∇log π").format(
            n=update.update, steps=len(weights)
        )
    figure = weights_figure(
        weights, actions, ends, [_(a) for a in scene.info.actions], weight_name(scene.bench)
    )
    return FigurePanel(
        "weights",
        _("Weights of the last batch"),
        subtitle,
        figure,
        patient=True,
        alt=_("Weight of every step of the last batch, coloured by action."),
    )


def entropy(scene: Scenery) -> FigurePanel:
    """Entropy of the policy on each batch."""
    most = float(np.log(len(scene.info.actions)))
    return _update_series(
        scene,
        "entropy",
        _("Entropy of the policy"),
        _("nats; {most:.2f} is uniform, 0 deterministic").format(most=most),
        most,
    )


def gradient_norm(scene: Scenery) -> FigurePanel:
    """Norm of the policy's gradient."""
    return _update_series(
        scene, "actor_gradient_norm", _("Gradient norm"), _("Euclidean, over all weights")
    )


def loss(scene: Scenery) -> FigurePanel:
    """The loss, with what it is not."""
    return _update_series(
        scene,
        "actor_loss",
        _("Loss"),
        _("no measure of success: each batch has its own scale of returns"),
    )


def weight_name(bench: Bench) -> str:
    """What multiplies ∇log π under these settings, for an axis."""
    config = bench.session.config
    plain = config.baseline == "none" and not config.normalize_returns
    if not plain:
        return _("weight wₜ")
    whole = config.return_form == "whole_episode"
    return _("return of the whole episode") if whole else _("return-to-go Gₜ")


def past_label(past: PastRun, bench: Bench) -> str:
    """What an earlier run did differently from the present one, for a legend."""
    differing = describe_differences(past.config, bench.session.initial_config)
    changes = [f"→ {change_label(change, past.config)}" for change in past.changes[-1:]]
    text = " ".join([*changes, differing]).strip() or _("same settings")
    return _("run {n}: {text}").format(n=past.number, text=text)


def change_label(change: Change, config: RunConfig) -> str:
    """What was changed on the way: "γ 0.9"."""
    texts = {name: format_value(value) for name, value in change.settings.items()}
    return describe_settings(type(config), texts)


def _change_marks(session: TrainingSession) -> list[tuple[int, str]]:
    """Step and label of the changes, those that no update came between drawn as one."""
    merged: dict[int, Change] = {}
    for change in session.history.changes:
        before = merged.get(change.update)
        settings = {**(before.settings if before else {}), **change.settings}
        merged[change.update] = replace(change, settings=settings)
    return [(c.global_step, change_label(c, session.config)) for c in merged.values()]


def _returns_subtitle(bench: Bench, usual: str) -> str:
    seed = _("one seed ({seed})").format(seed=bench.session.config.seed)
    parts = [seed]
    count = len(bench.session.history.episodes)
    if count > MOST_POINTS:
        parts.append(_("{drawn} of {n:,} points drawn").format(drawn=MOST_POINTS, n=count))
    if len(bench.past) > OVERLAYS_KEPT:
        parts.append(_("last {n} earlier runs").format(n=OVERLAYS_KEPT))
    if usual:
        parts.append(usual)
    return " · ".join(parts)


def _reading_curve(bench: Bench) -> Curve:
    episodes = bench.session.history.episodes
    counted = ~np.isnan(episodes["reading"])
    return Curve(
        episodes["global_step"][counted], episodes["reading"][counted], _("seminar's reading")
    )


def _weights_of_clip(scene: Scenery) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool_]]:
    """Returns-to-go of the episode now playing, as REINFORCE would weigh its steps."""
    steps = [shown for shown in scene.showing.scenes if shown.action is not None]
    ends = np.zeros(len(steps), np.bool_)
    rewards = [shown.reward for shown in steps]
    weights = discounted_returns(rewards, ends, scene.bench.session.config.gamma)
    return weights, np.array([shown.action for shown in steps], np.int64), ends


def _fixed_text(scene: Scenery) -> str:
    shown = (scene.plane.x_axis, scene.plane.y_axis)
    rest = [
        f"{axis.label} = {scene.plane.fixed[index]:g}"
        for index, axis in enumerate(scene.info.axes)
        if index not in shown
    ]
    return _("where {fixed}").format(fixed=", ".join(rest)) if rest else ""


def _update_series(
    scene: Scenery, column: str, title: str, subtitle: str, most: float | None = None
) -> FigurePanel:
    updates = scene.bench.session.history.updates
    figure = series_figure(updates["global_step"], updates[column], title, palette.ACTOR, most)
    return FigurePanel(column, title, subtitle, figure, patient=True, alt=title)
