"""Makes the pictures of the chapter *Slow motion*. Each phase emphasises some pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pglab import palette
from pglab.environments import ENVIRONMENTS, EnvironmentInfo
from pglab.language import _
from pglab.looks.attribution import Explanation
from pglab.looks.layer_gradients import LayerGradient
from pglab.looks.probes import critic_quantity, maps_of, probability_map
from pglab.looks.render import shared_renderer
from pglab.plots.critic import network_figure
from pglab.plots.slow_motion import LEAST_CHANGE, difference_figure, transitions_figure
from pglab.records import Floats
from pglab.slow_motion.tape import WatchedStep
from pglab.slow_motion.watched_lines import Moment
from pglab.stretch import StepColumns
from pglab.ui.stage.panels.critic import arranged
from pglab.ui.stage.panels.heatmaps import policy_figure
from pglab.ui.stage.panels.scenery import View
from pglab.ui.stage.picture import Emphasis, FigurePanel, Frame, PlayerPanel

# For each phase: the pictures to emphasise. All other pictures are dimmed.
_ABOUT: dict[str, tuple[str, ...]] = {
    "observe": ("frame",),
    "probabilities": ("bars", "policy"),
    "sample": ("bars",),
    "environment": ("frame",),
    "judge": ("bars",),
    "store": ("batch",),
    "remember": ("batch",),
    "episode": ("frame",),
    "draw": ("network",),
    "targets": ("network",),
    "critic_loss": ("network",),
    "critic_gradient": ("network",),
    "returns": ("batch",),
    "weights": ("batch",),
    "loss": ("batch",),
    "gradient": ("network",),
    "value_loss": ("network",),
    "value_gradient": ("network",),
    "step": ("network",),
    "changed": ("policy", "batch"),
}
# The phase that samples the action, and the phase in which the environment takes the step.
_CHOSEN_AT = "sample"
_ANSWERED_AT = "environment"


@dataclass(frozen=True)
class Batch:
    """The stored transitions, with all numbers that the agent has computed for them so far.

    The run keeps only its last steps, so the first `offset` transitions of a very long batch are
    missing. T is the number of the remaining transitions. D is the length of an observation. After
    an update, `whole` explains the change of π for the complete batch, and `explanation` explains
    the change for the T remaining transitions.
    """

    first_step: int  # environment step of the first transition
    offset: int
    observations: Floats  # [T, D]
    actions: NDArray[np.int64]  # [T]
    rewards: Floats  # [T]
    log_probs: Floats  # [T]
    ends: NDArray[np.bool_]  # [T]
    returns: Floats | None = None  # [T]
    weights: Floats | None = None  # [T]
    explanation: Explanation | None = None
    whole: Explanation | None = None


@dataclass(frozen=True)
class SlowScene:
    """One phase of a step in slow motion, and all data for the pictures of this phase."""

    env_id: str
    watched: WatchedStep
    seen: tuple[Moment, ...]
    batch: Batch
    chosen: int | None  # index of the transition that the visitor chose
    view: View

    @property
    def info(self) -> EnvironmentInfo:
        """The axes, the actions and the range of returns of the environment."""
        return ENVIRONMENTS[self.env_id]

    @property
    def phase(self) -> str:
        """The key of the current phase."""
        return self.seen[-1].phase

    @property
    def observation(self) -> Floats:
        """The observation before the action. In the phase `environment`, the next observation."""
        step = self.watched.step
        return step.next_observation if self.phase == _ANSWERED_AT else step.observation

    def has_seen(self, phase: str) -> bool:
        """Whether the visitor has already seen this phase of the current step."""
        return any(moment.phase == phase for moment in self.seen)

    def emphasis(self, *pictures: str) -> Emphasis:
        """Return the emphasis that the current phase gives to the panel with `pictures`."""
        about = _ABOUT[self.phase]
        if "frame" in pictures:
            return "frame" if "frame" in about else "bars" if "bars" in about else "dim"
        return "lit" if set(pictures) & set(about) else "dim"


def batch_at(watched: WatchedStep, seen: Sequence[Moment], recent: StepColumns) -> Batch:
    """Return the steps stored so far. During an update, return the steps that the update uses.

    Args:
        watched: the step that the visitor sees now.
        seen: one moment for each phase of this step that the visitor has seen. The last moment
            belongs to the phase that the visitor sees now.
        recent: the run's last steps.
    """
    stored = [moment.values["stored"] for moment in watched.moments if moment.phase == "store"]
    known = any(moment.phase == "store" for moment in seen)
    last = watched.step.global_step - (0 if known else 1)
    first = watched.step.global_step - (stored[0] if stored else 0)
    total = max(last - first, 0)
    chosen = (first < recent.global_step) & (recent.global_step <= last)
    count = int(chosen.sum())
    kept = slice(total - count, total)
    found: dict[str, Any] = {}
    for moment in seen:
        for name in ("returns", "weights"):
            if isinstance(moment.values.get(name), np.ndarray) and moment.phase != "value_loss":
                found[name] = moment.values[name][kept]
    if any(moment.phase == "changed" for moment in seen):
        found["whole"] = whole = watched.explanation
        if whole is not None:
            found["explanation"] = whole.of_steps(kept)
    return Batch(
        first_step=last - count + 1,
        offset=total - count,
        observations=recent.observation[chosen].reshape(count, len(watched.step.observation)),
        actions=recent.action[chosen],
        rewards=recent.reward[chosen],
        log_probs=recent.log_prob[chosen],
        ends=recent.ended[chosen],
        **found,
    )


def player_panel(scene: SlowScene) -> PlayerPanel:
    """Draw the frame before or after the action, and one bar for each action's probability."""
    step = scene.watched.step
    answered = scene.phase == _ANSWERED_AT  # the new observation has no probabilities yet
    chosen = scene.has_seen(_CHOSEN_AT) and not answered
    known = scene.has_seen("probabilities") and not answered
    observation = scene.observation
    renderer = shared_renderer(scene.env_id)
    probabilities = step.action_probabilities if known else ()
    plane = scene.view.plane
    names = tuple(_(name) for name in scene.info.actions)
    frame = Frame(
        image=renderer.cutout(observation),
        probabilities=tuple(float(p) for p in probabilities),
        action=step.action if chosen else None,
        point=(float(observation[plane.x_axis]), float(observation[plane.y_axis])),
        episode=step.episode,
        caption=_("after the action") if answered else _("before the action"),
    )
    return PlayerPanel(
        key="slow_player",
        title=_("step {n:,}").format(n=step.global_step),
        subtitle=_("episode {n:,}").format(n=step.episode),
        frames=(frame,),
        mode="still",
        clip=8 * step.global_step + 4 * answered + 2 * chosen + (len(probabilities) > 0),
        frames_per_second=1,
        action_names=names,
        action_colours=palette.action_colours(len(names)),
        aspect=renderer.aspect,
        background=renderer.background,
        emphasis=scene.emphasis("frame"),
    )


def policy_panel(scene: SlowScene) -> FigurePanel:
    """Draw a heatmap of the policy that chose the action. A ring marks the observation."""
    probabilities = _map(scene, scene.watched.before)
    return _map_panel(scene, "slow_before", _("Policy"), _("at this step"), probabilities)


def change_panels(scene: SlowScene) -> list[FigurePanel]:
    """Draw three heatmaps: the policy before the update, after the update, and the difference."""
    before, after = (_map(scene, of) for of in (scene.watched.before, scene.watched.after))
    return [
        _map_panel(scene, "slow_before", _("Before"), "", before),
        _map_panel(scene, "slow_after", _("After"), "", after),
        _difference_panel(
            scene,
            "slow_difference",
            _("After − before"),
            _("Δπ (percentage points); dots: batch steps"),
            after - before,
            scene.emphasis("policy"),
        ),
    ]


def _map(scene: SlowScene, networks: Mapping[str, nn.Module]) -> NDArray[np.float32]:
    """Return an array [Y, X]: one action's probability at each point of the heatmap."""
    return probability_map(networks["policy"], scene.view.plane, scene.view.action)


def _map_panel(
    scene: SlowScene, key: str, title: str, subtitle: str, probabilities: NDArray[np.float32]
) -> FigurePanel:
    action = _(scene.info.actions[scene.view.action])
    return FigurePanel(
        key,
        f"{title}: π({action})",
        subtitle,
        policy_figure(probabilities, scene.view),
        playhead=None if scene.phase == "changed" else "slow_player",
        alt=_("Heatmap of one action's probability over two axes of the observation."),
        emphasis=scene.emphasis("policy"),
    )


def _difference_panel(
    scene: SlowScene, key: str, title: str, subtitle: str, changes: Floats, emphasis: Emphasis
) -> FigurePanel:
    """Draw a heatmap of the change in probability. Dots mark the update's transitions."""
    view = scene.view
    axes = [view.plane.x_axis, view.plane.y_axis]
    return FigurePanel(
        key,
        title,
        subtitle,
        difference_figure(
            100 * changes,
            *view.plane.grid(len(changes)),
            _("Δπ({action}), percentage points").format(action=_(scene.info.actions[view.action])),
            scene.batch.observations[:, axes],
            100 * LEAST_CHANGE,
        ),
        alt=_("Heatmap: how much this update changed one action's probability."),
        emphasis=emphasis,
    )


def partial_panels(
    scene: SlowScene, after: Mapping[str, Mapping[str, nn.Module]], names: Mapping[str, str]
) -> list[FigurePanel]:
    """Draw the changes of policy and critic after an update with both losses or only one loss."""
    view = scene.view
    pi, q = _maps(scene, scene.watched.before)
    value = critic_quantity(pi, q, "v", view.action)
    policies, critics = [], []
    for trained, networks in after.items():
        new_pi, new_q = _maps(scene, networks)
        title = _("Δπ: {who}").format(who=names[trained])
        change = (new_pi - pi)[..., view.action]
        most = _("largest change here: {most} percentage points").format(
            most=f"{100 * np.abs(change).max():.3g}"
        )
        policies.append(_difference_panel(scene, f"slow_pi_{trained}", title, most, change, "none"))
        # Both values use the old π, so that ΔV shows only the change of the critic.
        new_value = critic_quantity(pi, new_q, "v", view.action)
        critics.append(_value_change_panel(scene, trained, names[trained], new_value - value))
    return [*policies, *critics]


def _maps(
    scene: SlowScene, networks: Mapping[str, nn.Module]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return π and Q of every action at each point of the heatmap."""
    probabilities, q_values = maps_of(networks, scene.view.plane)
    assert q_values is not None, "only an agent with a critic has two losses"
    return probabilities, q_values


def _value_change_panel(scene: SlowScene, key: str, who: str, changes: Floats) -> FigurePanel:
    figure = difference_figure(
        changes,
        *scene.view.plane.grid(len(changes)),
        "ΔV",
        np.empty((0, 2)),
    )
    return FigurePanel(
        f"slow_v_{key}",
        _("ΔV: {who}").format(who=who),
        _("largest change here: {most}").format(most=f"{np.abs(changes).max():.3g}"),
        figure,
        alt=_("Heatmap: how much this update changed the critic's value."),
    )


def batch_panel(scene: SlowScene) -> FigurePanel:
    """Draw one bar for each stored step.

    The bars show the number that was computed last: the reward, the return, the weight wₜ or Δπ.
    """
    batch = scene.batch
    title, label, heights = _("Stored steps"), _("reward"), batch.rewards
    if batch.returns is not None:
        title, label, heights = _("Returns"), "Gₜ", batch.returns
    if batch.weights is not None:
        title, label, heights = _("Weights"), "wₜ", batch.weights
    if batch.explanation is not None:
        title, label = _("Change of π(aₜ|sₜ)"), "Δπ(aₜ|sₜ)"
        heights = 100 * batch.explanation.change
    outlined = scene.chosen
    if outlined is None and scene.phase in ("store", "remember"):
        outlined = len(batch.actions) - 1
    total = batch.offset + len(batch.actions)
    size = _("T = {n:,}").format(n=total)
    if batch.explanation is not None:
        size += _(" · percentage points")
    if batch.offset:
        size += _(" · last {n} steps").format(n=len(batch.actions))
    return FigurePanel(
        "slow_batch",
        title,
        size,
        transitions_figure(
            heights,
            batch.actions,
            [_(name) for name in scene.info.actions],
            outlined,
            label,
            batch.offset,
        ),
        alt=_("One bar for each step of the batch; the colour shows the action."),
        emphasis=scene.emphasis("batch"),
    )


def network_panel(scene: SlowScene) -> FigurePanel:
    """Draw the networks' layers. Each layer shows the gradient norms computed so far."""
    pulls: dict[str, dict[str, float]] = {"actor": {}, "critic": {}}
    for moment in scene.seen:
        if moment.phase.endswith("gradient"):
            pulls["actor" if moment.phase == "gradient" else "critic"] = moment.values["layers"]
    letter = "V" if "value" in scene.watched.before else "Q"
    layers = _layers(scene.watched.before, pulls)
    boxes, joints = arranged(layers, len(scene.info.axes), letter)
    return FigurePanel(
        "slow_network",
        _("Layers"),
        _("gradient norm of each loss") if any(pulls.values()) else "",
        network_figure(boxes, joints, compact=True),
        alt=_("Drawing of the network's layers and their gradient norms."),
        emphasis=scene.emphasis("network"),
    )


def _layers(
    networks: Mapping[str, nn.Module], pulls: Mapping[str, Mapping[str, float]]
) -> list[LayerGradient]:
    """List the linear layers of the bodies, then those of the heads. List a shared body once."""
    found: dict[nn.Linear, tuple[str, str]] = {}
    for network in ("policy", "critic", "value"):
        module = networks.get(network)
        for path, layer in module.named_modules() if module is not None else ():
            if isinstance(layer, nn.Linear):
                role = "actor" if network == "policy" else "critic"
                shared = layer in found
                name = found[layer][0] if shared else f"{network}.{path}"
                found[layer] = name, "body" if shared else _part(role, path)
    ordered = sorted(found.items(), key=lambda item: item[1][1].endswith("head"))
    return [
        LayerGradient(
            part,  # type: ignore[arg-type]
            layer.out_features,
            pulls["actor"].get(name),
            pulls["critic"].get(name),
        )
        for layer, (name, part) in ordered
    ]


def _part(role: str, path: str) -> str:
    if path.startswith("head"):
        return "policy head" if role == "actor" else "critic head"
    return f"{role} body"
