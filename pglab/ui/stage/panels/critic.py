"""The panels of an agent with an action-value critic."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from pglab import palette
from pglab.algorithms.gradients import conflict_between
from pglab.config import ActorCriticConfig
from pglab.curves import SMOOTHING_UPDATES
from pglab.environments import ENVIRONMENTS
from pglab.language import _, ngettext
from pglab.looks.layer_gradients import LayerGradient, fresh_gradients, layer_gradients
from pglab.looks.probes import critic_quantity
from pglab.networks import ActorCriticNetwork, copies_of
from pglab.plots.critic import (
    MOST_UPDATE_POINTS,
    Box,
    advantage_figure,
    buffer_figure,
    conflict_figure,
    fit_figure,
    network_figure,
    value_figure,
)
from pglab.plots.figures import MOST_POINTS
from pglab.plots.run import NORMS_TITLE, smoothed_norms_figure
from pglab.records import Conflict, Floats
from pglab.replay_buffer import Transitions
from pglab.ui.stage.panels.heatmaps import fixed_detail, quantity_name, slices_of
from pglab.ui.stage.panels.scenery import Maps, Scenery, View, made_rarely
from pglab.ui.stage.panels.updates import update_series
from pglab.ui.stage.picture import FigurePanel, PendingPanel

GRADIENT_STEPS = 64  # the drawing of the network uses at most this many recent steps
BUFFER_POINTS = 400
VISITED_POINTS = 150


def value_map(scene: Scenery) -> PendingPanel:
    """Draw a heatmap of the critic's values over the same axes as the policy's heatmap."""
    made = partial(_made_value_map, scene.maps, scene.view)
    return PendingPanel("value_map", "player", made)


def _made_value_map(maps: Maps, view: View) -> FigurePanel:
    probabilities, q_values = maps.values
    assert q_values is not None, "only agents with a critic have this panel"
    values = critic_quantity(probabilities, q_values, view.quantity, view.critic_action)
    name = quantity_name(view.plane.info, view.quantity, view.critic_action)
    picture = advantage_figure if view.quantity == "advantage" else value_figure
    figure = picture(
        values,
        *view.plane.grid(values.shape[-1]),
        name,
        np.empty((0, 2)),  # the stage draws the path
    )
    return FigurePanel(
        "value_map",
        _("Critic: {quantity}").format(quantity=name),
        "",
        figure,
        patient=True,
        slices=slices_of(values, maps.planes),
        alt=_("Heatmap of the critic's values over two observation axes."),
        detail=fixed_detail(view.plane),
    )


def td_fit(scene: Scenery) -> FigurePanel:
    """Plot TD targets against the critic's estimates for the steps of the latest batches."""
    fits = scene.bench.shown_session.history.fits
    errors = np.abs(fits.target - fits.estimate)
    return FigurePanel(
        "td_fit",
        _("Target against estimate"),
        ngettext(
            "last step of the critic's batches · |TD error| {error}",
            "last {n} steps of the critic's batches · mean |TD error| {error}",
            len(errors),
        ).format(n=len(errors), error=f"{errors.mean():.2f}" if len(errors) else "–"),
        fit_figure(fits.estimate, fits.target),
        patient=True,
        alt=_(
            "Plot of TD targets against the critic's estimates. The height of a point above the "
            "diagonal is its TD error."
        ),
    )


def td_error(scene: Scenery) -> FigurePanel:
    """Plot the mean absolute TD error of each update."""
    return update_series(
        scene,
        "td_error",
        _("TD error"),
        _("mean |y − Q(s,a)| of each batch, grows with Q"),
        colour=palette.CRITIC,
    )


def conflict(scene: Scenery) -> FigurePanel:
    """Plot the cosine between the actor's and the critic's gradient on the shared body."""
    updates = scene.bench.shown_session.history.updates
    window = updates.rows_for(SMOOTHING_UPDATES)
    counted = updates.followed("conflicts", ("cosine", "shared_actor_norm"), Conflicts)
    return FigurePanel(
        "conflict",
        _("Interference"),
        counted.in_words(),
        conflict_figure(
            updates.curve("cosine", MOST_UPDATE_POINTS),
            updates.curve("cosine", MOST_POINTS, window, "without a point"),
            scene.step_limit,
        ),
        patient=True,
        alt=_(
            "Plot over environment steps: the cosine between the gradients of actor and critic "
            "loss on the shared body."
        ),
    )


class Conflicts:
    """Counts the updates in which the actor loss and the critic loss conflict.

    The two losses conflict if the cosine of their gradients on the shared body is below 0.
    """

    def __init__(self) -> None:
        self._updates = self._known = self._conflicting = self._without_actor = 0

    def add(self, cosines: Floats, actor_norms: Floats) -> None:
        """Count further updates.

        Args:
            cosines: [N] the cosine in each of N updates; NaN if one of the two gradients is zero.
            actor_norms: [N] the norm of the actor loss's gradient on the shared body in each
                update; NaN if this gradient does not reach the body.
        """
        self._updates += len(cosines)
        self._known += int(np.count_nonzero(~np.isnan(cosines)))
        self._conflicting += int(np.count_nonzero(cosines < 0))
        self._without_actor += int(np.count_nonzero(np.nan_to_num(actor_norms) == 0))

    def in_words(self) -> str:
        """Say in what share of the updates the two losses conflict."""
        if not self._updates:
            return _("the gradients conflict if their cosine is below 0")
        if self._without_actor == self._updates:
            return _("no actor gradient on the shared body yet")
        if not self._known:
            return _("no critic gradient on the shared body yet")
        conflicting = self._conflicting / self._known
        if not self._without_actor:
            return _("losses conflict in {conflicting:.0%} of updates").format(
                conflicting=conflicting
            )
        return _(
            "no actor gradient in {without:.0%} of updates; "
            "conflict in {conflicting:.0%} of the rest"
        ).format(without=self._without_actor / self._updates, conflicting=conflicting)


def shared_norms(scene: Scenery) -> FigurePanel:
    """Plot the gradient norms of the actor's and the critic's loss on the shared body."""
    return _norms(
        scene,
        "shared_norms",
        _("Norms on the shared body"),
        _("{ratio} · mean of {n} updates").format(ratio=_ratio(scene), n=SMOOTHING_UPDATES),
        ("shared_actor_norm", "shared_critic_norm"),
    )


def gradient_norms(scene: Scenery) -> FigurePanel:
    """Plot the gradient norms of the actor's loss and of the critic's loss."""
    return _norms(
        scene,
        "gradient_norms",
        _(NORMS_TITLE),
        _("Euclidean norm of each loss's gradient"),
        ("actor_gradient_norm", "critic_gradient_norm"),
    )


def _norms(
    scene: Scenery, key: str, title: str, subtitle: str, columns: tuple[str, str]
) -> FigurePanel:
    """Plot two columns of the update history: the actor's and the critic's gradient norm."""
    updates = scene.bench.shown_session.history.updates
    figure = smoothed_norms_figure(updates, columns, scene.step_limit)
    return FigurePanel(key, title, subtitle, figure, patient=True, alt=title)


@made_rarely
def drawing(scene: Scenery) -> PendingPanel:
    """Draw the network; each layer shows the gradient norm of each loss that affects this layer."""
    session = scene.bench.shown_session
    config, agent = session.config, copies_of(session.networks)["agent"]
    assert isinstance(config, ActorCriticConfig)
    assert isinstance(agent, ActorCriticNetwork)
    batch = copy.deepcopy(_recent_transitions(scene))
    return PendingPanel("drawing", None, partial(_made_drawing, agent, config, batch))


def _made_drawing(
    agent: ActorCriticNetwork, config: ActorCriticConfig, batch: Transitions
) -> FigurePanel:
    gradients = fresh_gradients(agent, config, batch)
    axes = len(ENVIRONMENTS[config.env_id].axes)
    boxes, joints = arranged(layer_gradients(agent, *gradients), axes)
    return FigurePanel(
        "drawing",
        _("Losses and layers"),
        _drawing_subtitle(len(batch.actions), conflict_between(*gradients)),
        network_figure(boxes, joints),
        patient=True,
        alt=_("Drawing of the network's layers with the gradient norms of both losses."),
    )


def _drawing_subtitle(steps: int, conflict: Conflict | None) -> str:
    if not steps:
        return _("no gradient norms before the first step")
    text = ngettext(
        "gradient norm of each loss, over the last step",
        "gradient norm of each loss, over the last {n} steps",
        steps,
    ).format(n=steps)
    if conflict is None or np.isnan(
        conflict.cosine
    ):  # there is no shared body, or a gradient is zero
        return text
    cosine = f"{conflict.cosine:.2f}".replace("-", "−")
    return text + _(" · cosine {cosine}").format(cosine=cosine)


def buffer(scene: Scenery) -> FigurePanel:
    """Plot the observations in the replay buffer, and the most recently visited observations."""
    session, plane = scene.bench.shown_session, scene.view.plane
    axes = [plane.x_axis, plane.y_axis]
    recent = session.history.steps.observation[-VISITED_POINTS:]
    visited = recent.reshape(-1, len(scene.info.axes))[:, axes]
    stored: Floats = np.empty((0, 2))
    ages, subtitle = np.empty(0, np.int64), _("on-policy: no buffer")
    if session.buffer is not None:
        held = session.buffer.thinned(BUFFER_POINTS)
        stored = held.observations[:, axes]
        ages = session.global_step - held.collected
        subtitle = _("{n:,} of {capacity:,} steps").format(
            n=len(session.buffer),
            capacity=session.config.replay_capacity,  # type: ignore[union-attr]
        )
        update = session.history.last_update
        if update is not None and update.critic is not None:
            subtitle += _(" · last batch: {age:,.0f} steps old on average").format(
                age=update.critic.ages.mean()
            )
    return FigurePanel(
        "buffer",
        _("Replay buffer"),
        subtitle,
        buffer_figure(
            stored,
            ages,
            visited,
            scene.info.axes[plane.x_axis].label,
            scene.info.axes[plane.y_axis].label,
        ),
        patient=True,
        alt=_("States in the replay buffer, coloured by age, and recently visited states."),
    )


def _ratio(scene: Scenery) -> str:
    updates = scene.bench.shown_session.history.updates
    recent = slice(-updates.rows_for(SMOOTHING_UPDATES), None)
    actor, critic = (updates[f"shared_{side}_norm"][recent] for side in ("actor", "critic"))
    actor_mean = float(np.nan_to_num(actor).mean()) if len(actor) else 0.0
    if not actor_mean:
        return _("critic/actor norm: –")
    ratio = float(np.nan_to_num(critic).mean()) / actor_mean
    return _("critic/actor norm: {ratio:,.1f}").format(ratio=ratio)


def _recent_transitions(scene: Scenery) -> Transitions:
    """Return the latest training transitions; before training, return the player's transitions."""
    steps = scene.bench.shown_session.history.steps
    latest = slice(-GRADIENT_STEPS, None)
    if len(steps.action):
        return Transitions(
            steps.observation[latest],
            steps.action[latest],
            steps.reward[latest],
            steps.terminated[latest],
            steps.next_observation[latest],
            steps.global_step[latest],
        )
    scenes = [pair for pair in pairwise(scene.showing.scenes) if pair[0].action is not None]
    scenes = scenes[:GRADIENT_STEPS]
    return Transitions(
        np.array([here.observation for here, _there in scenes]),
        np.array([here.action for here, _there in scenes], np.int64),
        np.array([here.reward for here, _there in scenes]),
        np.array([there.ended for _here, there in scenes], np.bool_),
        np.array([there.observation for _here, there in scenes]),
        np.zeros(len(scenes), np.int64),
    )


def arranged(
    layers: Sequence[LayerGradient], observation_size: int, critic_letter: str = "Q"
) -> tuple[list[Box], list[tuple[int, int]]]:
    """Return the boxes of a drawing of a network, and the lines between these boxes.

    A line is a pair of indices: the indices of the two boxes that the line joins. If actor and
    critic have separate layers, the actor's layers lie above the critic's layers.
    """
    rows = {"actor body": 0.5, "policy head": 0.5, "critic body": -0.5, "critic head": -0.5}
    if not any(layer.part == "critic head" for layer in layers):
        rows = {}  # without a critic, the actor is drawn in the middle
    bodies = [layer for layer in layers if layer.part.endswith("body")]
    depth = max(
        (sum(b.part == part for b in bodies) for part in {b.part for b in bodies}), default=0
    )
    boxes = [Box(0, 0, _("{n} inputs").format(n=observation_size), None, None)]
    joints: list[tuple[int, int]] = []
    last = {"actor": 0, "critic": 0}  # index of each network's last box so far
    columns = {"actor": 0, "critic": 0}
    for layer in layers:
        sides = {"actor body": ["actor"], "policy head": ["actor"], "body": ["actor", "critic"]}
        of = sides.get(layer.part, ["critic"])
        column = depth + 1 if layer.part.endswith("head") else columns[of[0]] + 1
        name = {"policy head": "π", "critic head": critic_letter}.get(layer.part)
        text = f"{name} · {layer.outputs}" if name else _("{n} units").format(n=layer.outputs)
        boxes.append(Box(column, rows.get(layer.part, 0.0), text, layer.actor, layer.critic))
        joints += [(start, len(boxes) - 1) for start in {last[side] for side in of}]
        for side in of:
            last[side], columns[side] = len(boxes) - 1, column
    return boxes, joints
