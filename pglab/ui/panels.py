"""The panels of an algorithm's page: what a bench holds, as figures for the stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pglab import palette
from pglab.bench import OVERLAYS_KEPT, Bench, PastRun
from pglab.choice_names import choice_name
from pglab.config import (
    ActorCriticConfig,
    RunConfig,
    describe_settings,
    differences,
    format_value,
)
from pglab.environments import ENVIRONMENTS, EnvironmentInfo
from pglab.history import Change
from pglab.language import _
from pglab.learning_curves import usual_band
from pglab.plots import (
    MOST_POINTS,
    Curve,
    Figure,
    ReturnPlot,
    probability_figure,
    return_figure,
    series_figure,
    weights_figure,
)
from pglab.probes import Quantity, Slice, action_values, maps_of
from pglab.records import Floats
from pglab.returns import discounted_returns, policy_signals
from pglab.session import TrainingSession
from pglab.ui.player import Showing
from pglab.ui.stage import FigurePanel, PlayerPanel

# How long a run may go on says nothing about its curve, and would push what does off the label.
LENGTH_SETTINGS = ("total_steps", "stop_when_solved")


@dataclass(frozen=True)
class View:
    """What the heatmaps show: the policy's probability of `action`, the critic's `quantity`."""

    plane: Slice
    action: int
    quantity: Quantity
    critic_action: int


@dataclass(frozen=True)
class Scenery:
    """Everything that the panels of one redraw are made from."""

    key: str
    bench: Bench
    view: View
    showing: Showing

    @property
    def info(self) -> EnvironmentInfo:
        """Names and limits of the environment."""
        return ENVIRONMENTS[self.bench.session.config.env_id]

    @cached_property
    def maps(self) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """π and Q of every action over the view's plane, of the run that is watched."""
        return maps_of(self.bench.watched.networks, self.view.plane)


Panel = Callable[[Scenery], FigurePanel | PlayerPanel]


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
        guess=scene.bench.guess,
        seeds=scene.bench.seed_curves(),
        spread=scene.bench.spread(),
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
    probabilities, _q_values = scene.maps
    shown = probabilities[..., scene.view.action]
    return policy_panel(shown, scene.view, scene.showing.path, "policy_map", "player")


def policy_panel(
    probabilities: NDArray[np.float32],
    view: View,
    path: NDArray[np.float32],
    key: str,
    playhead: str | None,
    name: str = "",
) -> FigurePanel:
    """The heatmap of the view's action; `name` stands before the title."""
    action = _(view.plane.info.actions[view.action])
    return FigurePanel(
        key,
        name + _("Probability of “{action}”").format(action=action),
        fixed_text(view),
        policy_figure(probabilities, view, path),
        playhead=playhead,
        alt=_("Heatmap of the probability of one action over two observation axes."),
    )


def policy_figure(
    probabilities: NDArray[np.float32], view: View, path: NDArray[np.float32]
) -> Figure:
    """The heatmap of the view's action: [Y, X] probabilities over its plane."""
    actions = view.plane.info.actions
    return probability_figure(
        probabilities,
        *view.plane.grid(len(probabilities)),
        _(actions[view.action]),
        palette.probability_colours(view.action, len(actions)),
        uniform=1 / len(actions),
        path=path,
    )


def weights(scene: Scenery) -> FigurePanel:
    """The factors of ∇log π in the last update, or in the last few, by time step and action."""
    session = scene.bench.session
    update, recent = session.history.last_update, session.history.signals
    critic = isinstance(session.config, ActorCriticConfig)
    title = _("Weights of the last steps") if critic else _("Weights of the last batch")
    if update is None:
        factors, actions, ends = _weights_of_clip(scene)
        subtitle = _("no update yet: what the episode beside would weigh")
    elif not critic:
        factors, actions, ends = update.weights, update.actions, update.episode_ends
        subtitle = _("update {n:,} · {steps:,} steps · each multiplies its ∇log π").format(
            n=update.update, steps=len(factors)
        )
    else:
        columns = zip(*recent, strict=True)
        factors, actions, ends = (np.array(column) for column in columns)
        subtitle = _("update {n:,} · the last {steps} steps · each multiplies its ∇log π").format(
            n=update.update, steps=len(factors)
        )
    figure = weights_figure(
        factors, actions, ends, [_(a) for a in scene.info.actions], weight_name(session)
    )
    return FigurePanel(
        "weights",
        title,
        subtitle,
        figure,
        patient=True,
        alt=_("Weight of every step, coloured by action."),
    )


def entropy(scene: Scenery) -> FigurePanel:
    """Entropy of the policy on each batch."""
    most = float(np.log(len(scene.info.actions)))
    return update_series(
        scene,
        "entropy",
        _("Entropy of the policy"),
        _("nats; {most:.2f} is uniform, 0 deterministic").format(most=most),
        most,
    )


def gradient_norm(scene: Scenery) -> FigurePanel:
    """Norm of the policy's gradient."""
    return update_series(
        scene, "actor_gradient_norm", _("Gradient norm"), _("Euclidean, over all weights")
    )


def loss(scene: Scenery) -> FigurePanel:
    """The loss, with what it is not."""
    return update_series(
        scene,
        "actor_loss",
        _("Loss"),
        _("no measure of success: each batch has a scale of its own"),
    )


def weight_name(session: TrainingSession) -> str:
    """What multiplies ∇log π under these settings, for an axis."""
    config = session.config
    if isinstance(config, ActorCriticConfig):
        return choice_name(config.policy_signal)
    plain = config.baseline == "none" and not config.normalize_returns
    if not plain:
        return _("weight wₜ")
    whole = config.return_form == "whole_episode"
    return _("return of the whole episode") if whole else _("return-to-go Gₜ")


def quantity_name(info: EnvironmentInfo, quantity: Quantity, action: int) -> str:
    """What the critic's heatmap shows, in a formula: "Q(s, left)"."""
    if quantity == "v":
        return _("V(s) = Σ π·Q")
    letter = "Q" if quantity == "q" else "A"
    return f"{letter}(s, {_(info.actions[action])})"


def past_label(past: PastRun, bench: Bench) -> str:
    """What an earlier run did differently from the present one, for a legend."""
    found = differences(past.config, bench.session.initial_config)
    told = {name: text for name, text in found.items() if name not in LENGTH_SETTINGS}
    differing = describe_settings(type(past.config), told)
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
    parts = [_seeds_in_words(bench)]
    count = len(bench.session.history.episodes)
    if count > MOST_POINTS:
        parts.append(_("{drawn} of {n:,} points drawn").format(drawn=MOST_POINTS, n=count))
    if len(bench.past) > OVERLAYS_KEPT:
        parts.append(_("last {n} earlier runs").format(n=OVERLAYS_KEPT))
    if usual:
        parts.append(usual)
    return " · ".join(parts)


def _seeds_in_words(bench: Bench) -> str:
    first = bench.session.config.seed
    if bench.group is None:
        return _("one seed ({seed})").format(seed=first)
    told = _("{n} seeds from {first}, band: middle half, up to step {step:,}")
    return told.format(n=bench.seeds, first=first, step=bench.group.steps)


def _reading_curve(bench: Bench) -> Curve:
    episodes = bench.session.history.episodes
    counted = ~np.isnan(episodes["reading"])
    return Curve(
        episodes["global_step"][counted], episodes["reading"][counted], _("seminar's reading")
    )


def _weights_of_clip(scene: Scenery) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool_]]:
    """What the steps of the episode now playing would weigh: returns-to-go or policy signals."""
    session = scene.bench.session
    config = session.config
    steps = [shown for shown in scene.showing.scenes if shown.action is not None]
    ends = np.zeros(len(steps), np.bool_)
    actions = np.array([shown.action for shown in steps], np.int64)
    if isinstance(config, ActorCriticConfig) and steps:
        values = action_values(
            session.networks["critic"], np.stack([shown.observation for shown in steps])
        )
        probabilities = np.stack([shown.probabilities for shown in steps])
        signals = policy_signals(config.policy_signal, values, probabilities, actions)
        return signals, actions, ends
    rewards = [shown.reward for shown in steps]
    return discounted_returns(rewards, ends, config.gamma), actions, ends


def fixed_text(view: View) -> str:
    """The values of the coordinates that a heatmap does not show."""
    plane = view.plane
    rest = [
        f"{axis.label} = {plane.fixed[index]:g}"
        for index, axis in enumerate(plane.info.axes)
        if index not in (plane.x_axis, plane.y_axis)
    ]
    return _("where {fixed}").format(fixed=", ".join(rest)) if rest else ""


def update_series(
    scene: Scenery,
    column: str,
    title: str,
    subtitle: str,
    most: float | None = None,
    colour: str = palette.ACTOR,
) -> FigurePanel:
    """One number per update over environment steps, from a column of the history."""
    updates = scene.bench.session.history.updates
    known = ~np.isnan(updates[column])
    figure = series_figure(
        updates["global_step"][known], updates[column][known], title, colour, most
    )
    return FigurePanel(column, title, subtitle, figure, patient=True, alt=title)


OF_REINFORCE: tuple[Panel, ...] = (returns, player, policy_map, weights)
