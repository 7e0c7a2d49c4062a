"""The panels of an algorithm's page: what a bench holds, as figures for the stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pglab import palette
from pglab.config import ActorCriticConfig, RunConfig, describe_settings, format_value
from pglab.config.choice_names import choice_name
from pglab.curves import SMOOTHING_UPDATES, Curve, UsualBand
from pglab.environments import ENVIRONMENTS, EnvironmentInfo, ObservationAxis
from pglab.language import _
from pglab.looks.probes import Quantity, Slice, action_values, log_odds, maps_over
from pglab.plots.figures import Figure, probability_figure, step_limit, weights_figure
from pglab.plots.returns import LossPlot, ReturnPlot, return_figure, series_figure
from pglab.records import Floats
from pglab.returns import discounted_returns, policy_signals
from pglab.session.bench import OVERLAYS_KEPT, Bench, PastRun
from pglab.session.history import Change
from pglab.session.run_differences import Course, differences_in_words
from pglab.session.stored.usual_curves import usual_band
from pglab.session.training_session import TrainingSession
from pglab.ui.stage.player import Showing
from pglab.ui.stage.stage import FigurePanel, Heading, PlayerPanel, Slices

# Grid points per side of a heatmap. Of one that follows the player each frame has its own, and the
# browser interpolates between its points.
FIXED_RESOLUTION, FOLLOWING_RESOLUTION = 41, 21


@dataclass(frozen=True)
class View:
    """What the heatmaps show: the policy's probability of `action`, the critic's `quantity`."""

    plane: Slice
    action: int
    quantity: Quantity
    critic_action: int
    follows: bool = False
    """Whether the plane goes through what the player shows, along the same axes."""


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
        """π and Q of every action over each plane that is shown, of the run that is watched."""
        planes = self.showing.planes
        return maps_over(self.bench.shown_session.networks, planes, resolution(planes))

    @cached_property
    def usual(self) -> UsualBand | None:
        """What the page's settings usually give."""
        return usual_band(self.key, self.bench.session.config)

    @cached_property
    def spread(self) -> UsualBand | None:
        """Median and quartiles over the seeds of the run."""
        return self.bench.spread()

    @cached_property
    def step_limit(self) -> float:
        """Right end of all axes of environment steps."""
        bench = self.bench
        compared = [float(curve.steps[-1]) for curve in bench.earlier_curves() if len(curve.steps)]
        if self.usual is not None and not compared:
            compared = [float(self.usual.steps[-1])]
        guessed = bench.guess.end if bench.guess is not None else 0.0
        reached = max(bench.furthest, guessed)
        return step_limit(reached, bench.session.config.total_steps, compared)


PanelMaker = Callable[[Scenery], FigurePanel | PlayerPanel]


def returns(scene: Scenery) -> FigurePanel:
    """Return of every episode, earlier runs, and what the defaults usually give."""
    return FigurePanel(
        "returns",
        _("Return of each episode"),
        _returns_subtitle(scene),
        return_figure(_return_plot(scene, None)),
        alt=_("Return of each episode over environment steps, with a smoothed line."),
        detail=_returns_detail(scene),
    )


def returns_over_loss(scene: Scenery) -> FigurePanel:
    """The returns, and below them on the same axis the loss, which does not tell how they go."""
    title, (subtitle, detail) = loss_title(scene.bench.session), _about_loss(scene.bench.session)
    below = _("Below, on the same axis, the loss of each update: {text}.").format(text=subtitle)
    return FigurePanel(
        "returns",
        _("Return of each episode"),
        _returns_subtitle(scene),
        return_figure(_return_plot(scene, _loss_plot(scene))),
        alt=_("Return of each episode over environment steps, with a smoothed line. ") + below,
        detail=_returns_detail(scene),
        lower=Heading(title, subtitle, detail),
    )


def _return_plot(scene: Scenery, loss: LossPlot | None) -> ReturnPlot:
    bench = scene.bench
    solved_at = bench.session.history.solved_at
    return ReturnPlot(
        run=bench.curve(),
        earlier=bench.earlier_curves(lambda past: past_label(past, bench, scene.step_limit)),
        usual=scene.usual,
        limit=scene.step_limit,
        return_range=scene.info.return_range,
        changes=_change_marks(bench.session),
        solved=None
        if solved_at is None
        else (
            solved_at,
            _("solved: reading reached {goal:g}").format(goal=bench.session.config.success_return),
        ),
        reading=_reading_curve(bench),
        guess=bench.guess,
        seeds=bench.seed_curves(),
        spread=scene.spread,
        loss=loss,
    )


def _loss_plot(scene: Scenery) -> LossPlot:
    updates = scene.bench.session.history.updates
    known = ~np.isnan(updates["actor_loss"])
    every = Curve(
        updates["global_step"][known],
        updates["actor_loss"][known],
        loss_title(scene.bench.session),
    )
    return LossPlot(every, updates.rows_for(SMOOTHING_UPDATES) if _learns_often(scene) else 1)


def _learns_often(scene: Scenery) -> bool:
    """Whether one update says little, being of a few steps."""
    return isinstance(scene.bench.session.config, ActorCriticConfig)


def loss_title(session: TrainingSession) -> str:
    """The loss that is drawn: with a critic there are two."""
    return _("Actor's loss") if isinstance(session.config, ActorCriticConfig) else _("Loss")


def _about_loss(session: TrainingSession) -> tuple[str, str]:
    """Why the loss does not tell how well the agent does, in few words and in some more."""
    config = session.config
    rest = _(
        "The loss is built so that its gradient is the policy gradient. Its value compares no two "
        "updates: each batch comes from another policy and has weights of its own."
    )
    if isinstance(config, ActorCriticConfig):
        return _("no score: its critic changes too"), rest
    if config.baseline == "none" and not config.normalize_returns:
        return _("no score: better episodes can raise it"), rest
    return _("no score: near 0 for good policies and bad ones"), rest


def player(scene: Scenery) -> PlayerPanel:
    """The environment's frames with the probability of each action."""
    return scene.showing.panel


def policy_map(scene: Scenery) -> FigurePanel:
    """Probability of an action over two observation axes."""
    probabilities, _q_values = scene.maps
    return policy_panel(probabilities, scene.showing.planes, scene.view, "policy_map", "player")


def policy_panel(
    probabilities: NDArray[np.float32],
    planes: Sequence[Slice],
    view: View,
    key: str,
    playhead: str | None,
    name: str = "",
) -> FigurePanel:
    """The heatmap of the view's action over each of K planes; `name` stands before the title.

    `probabilities` are those of every action: [K, Y, X, A].
    """
    shown = probabilities[..., view.action]
    action = _(view.plane.info.actions[view.action])
    return FigurePanel(
        key,
        (name + _("π({action})") if name else _("Probability of “{action}”")).format(action=action),
        "",
        policy_figure(shown[0], view),
        playhead=playhead,
        slices=slices_of(log_odds(shown), planes, logistic=True),
        alt=_("Heatmap of the probability of one action over two observation axes."),
    )


def slices_of(
    values: NDArray[np.float32], planes: Sequence[Slice], *, logistic: bool = False
) -> Slices:
    """Values over each of K planes, with where each lies: [K, Y, X]."""
    size = values.shape[-1]
    nodes = [tuple(p.node(axis, size) for axis in (p.x_axis, p.y_axis)) for p in planes]
    return Slices(values, tuple(map(fixed_text, planes)), tuple(nodes), logistic)


def resolution(planes: Sequence[Slice]) -> int:
    """How many grid points a side of each plane gets."""
    return FOLLOWING_RESOLUTION if len(planes) > 1 else FIXED_RESOLUTION


def policy_figure(probabilities: NDArray[np.float32], view: View) -> Figure:
    """The heatmap of the view's action: [Y, X] probabilities over its plane."""
    actions = view.plane.info.actions
    return probability_figure(
        probabilities,
        *view.plane.grid(len(probabilities)),
        _(actions[view.action]),
        palette.probability_colours(view.action, len(actions)),
        uniform=1 / len(actions),
        path=np.empty((0, 2), np.float32),  # the stage draws it
    )


def weights(scene: Scenery) -> FigurePanel:
    """The factors of ∇log π in the last update, or in the last few, by time step and action."""
    session = scene.bench.shown_session
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


def past_label(past: PastRun, bench: Bench, limit: float) -> str:
    """What an earlier run did differently from the present one, as far as it is drawn."""
    session = bench.session
    found = differences_in_words(
        Course(past.config, past.changes),
        Course(session.initial_config, session.history.changes),
        min(past.global_step, limit),
    )
    return _("run {n}: {text}").format(n=past.number, text=", ".join(found) or _("same settings"))


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


def _returns_subtitle(scene: Scenery) -> str:
    parts = [_seeds_in_words(scene.bench, scene.spread)]
    if len(scene.bench.past) > OVERLAYS_KEPT:
        parts.append(_("last {n} earlier runs").format(n=OVERLAYS_KEPT))
    if scene.usual is not None:
        parts.append(scene.usual.label)
    return " · ".join(parts)


def _returns_detail(scene: Scenery) -> str:
    """What the terms and lines of the return plot mean."""
    bench = scene.bench
    parts = [reading_explained(bench.session.config)]
    if bench.group is not None:
        parts.append(
            _(
                "Median and band are over the seeds that still train: one that has stopped, solved "
                "or diverged, leaves them, and they end when fewer than half are left. Those left "
                "are then the slower ones, so the dotted part of the median may fall."
            )
        )
    parts.append(
        _(
            "Of many episodes the first, the lowest and the highest in each of equal stretches of "
            "steps are drawn; the line is the mean of them all. The axis suits this run; a double "
            "click shows earlier runs to their ends."
        )
    )
    return "\n".join(parts)


def reading_explained(config: RunConfig) -> str:
    """The seminar's reading in a sentence."""
    return _(
        "Seminar's reading: mean return of the last {n} episodes that counted, the first to end "
        "after each {interval:,} steps. Solved means that it has reached {goal:g}, with all {n}. "
        "Long episodes count more often than short ones, so it is above the mean of all episodes."
    ).format(
        n=config.smoothing_window,
        interval=config.eval_interval,
        goal=config.success_return,
    )


def _seeds_in_words(bench: Bench, spread: UsualBand | None) -> str:
    first = bench.session.config.seed
    if bench.group is None:
        return _("one seed ({seed})").format(seed=first)
    told = _("{n} seeds from {first}, band: middle half, up to step {step:,}")
    text = told.format(n=bench.seeds, first=first, step=bench.group.steps)
    if spread is None or spread.seeds is None or spread.seeds[-1] == bench.seeds:
        return text
    stopped = int(spread.steps[np.argmax(spread.seeds < bench.seeds)])
    return _(
        "{n} seeds from {first}, median of those that still train: fewer from {step:,}"
    ).format(n=bench.seeds, first=first, step=stopped)


def _reading_curve(bench: Bench) -> Curve:
    episodes = bench.session.history.episodes
    counted = ~np.isnan(episodes["reading"])
    return Curve(
        episodes["global_step"][counted], episodes["reading"][counted], _("seminar's reading")
    )


def _weights_of_clip(scene: Scenery) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool_]]:
    """What the steps of the episode now playing would weigh: returns-to-go or policy signals."""
    session = scene.bench.shown_session
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


def fixed_text(plane: Slice) -> str:
    """Where a plane lies: the values of the coordinates that do not vary over it."""
    rest = [_coordinate(plane.info.axes[index], plane.fixed[index]) for index in plane.hidden]
    return _("at {place}").format(place=", ".join(rest)) if rest else ""


def _coordinate(axis: ObservationAxis, value: float) -> str:
    digits = 2 if axis.high - axis.low > 1 else 3
    number = f"{value:z.{digits}f}".replace("-", "−")  # no "−0.00"
    return f"{_(axis.name)} {number}"  # without its unit, for which a header has no room


def update_series(
    scene: Scenery,
    column: str,
    title: str,
    subtitle: str,
    most: float | None = None,
    colour: str = palette.ACTOR,
) -> FigurePanel:
    """One number per update over environment steps, from a column of the history."""
    updates = scene.bench.shown_session.history.updates
    known = ~np.isnan(updates[column])
    figure = series_figure(
        updates["global_step"][known],
        updates[column][known],
        title,
        colour,
        scene.step_limit,
        most,
    )
    return FigurePanel(column, title, subtitle, figure, patient=True, alt=title)


OF_REINFORCE: tuple[PanelMaker, ...] = (returns, player, policy_map, weights)
