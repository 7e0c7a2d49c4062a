"""The panels about updates: weights wₜ, entropy, and gradient norm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pglab import palette
from pglab.config import ActorCriticConfig
from pglab.config.choice_names import choice_name
from pglab.language import _, ngettext
from pglab.looks.probes import action_values
from pglab.plots.figures import weights_figure
from pglab.plots.run import ENTROPY_TITLE, NORM_TITLE, entropy_figure, update_figure
from pglab.records import Floats
from pglab.returns import discounted_returns, policy_signals
from pglab.session.training_session import TrainingSession
from pglab.ui.stage.panels.scenery import Scenery
from pglab.ui.stage.picture import FigurePanel


def weights(scene: Scenery) -> FigurePanel:
    """Plot the weights wₜ of the most recent steps; wₜ multiplies the gradient ∇log π of step t."""
    session = scene.bench.shown_session
    update, recent = session.history.last_update, session.history.signals
    critic = isinstance(session.config, ActorCriticConfig)
    title = _("Weights of the last steps") if critic else _("Weights of the last batch")
    if update is None:
        factors, actions, ends = _weights_of_clip(scene)
        subtitle = _("no update yet: weights of the player's steps")
    elif not critic:
        factors, actions, ends = update.weights, update.actions, update.episode_ends
        subtitle = ngettext(
            "update {n:,} · {steps:,} step · wₜ multiplies ∇log π",
            "update {n:,} · {steps:,} steps · wₜ multiplies ∇log π",
            len(factors),
        ).format(n=update.update, steps=len(factors))
    else:
        factors, actions, ends = recent.weight, recent.action, recent.episode_end
        subtitle = ngettext(
            "update {n:,} · the last step · wₜ multiplies ∇log π",
            "update {n:,} · last {steps} steps · wₜ multiplies ∇log π",
            len(factors),
        ).format(n=update.update, steps=len(factors))
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
    """Plot the mean entropy of the policy on the batch of each update."""
    title, updates = _(ENTROPY_TITLE), scene.bench.shown_session.history.updates
    figure = entropy_figure(updates, scene.info, scene.step_limit)
    most = float(np.log(len(scene.info.actions)))
    subtitle = _("entropy in nats; uniform policy: {most:.2f}").format(most=most)
    return FigurePanel("entropy", title, subtitle, figure, patient=True, alt=title)


def gradient_norm(scene: Scenery) -> FigurePanel:
    """Plot the norm of the policy gradient in each update."""
    return update_series(
        scene, "actor_gradient_norm", _(NORM_TITLE), _("Euclidean norm, all parameters")
    )


def weight_name(session: TrainingSession) -> str:
    """Return the axis title for the weights wₜ; it depends on the settings of the run."""
    config = session.config
    if isinstance(config, ActorCriticConfig):
        return choice_name(config.policy_signal)
    plain = config.baseline == "none" and not config.normalize_returns
    if not plain:
        return _("weight wₜ")
    whole = config.return_form == "whole_episode"
    return _("return of the whole episode") if whole else _("reward-to-go Gₜ")


def _weights_of_clip(scene: Scenery) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool_]]:
    """Return the weights, the actions and the end marks of the steps in the player's scenes.

    With a critic, a weight is the chosen policy signal: an action value or an advantage. Without a
    critic, a weight is a reward-to-go. No step is marked as the end of an episode.
    """
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


def update_series(
    scene: Scenery, column: str, title: str, subtitle: str, colour: str = palette.ACTOR
) -> FigurePanel:
    """Plot one column of the update history over environment steps."""
    updates = scene.bench.shown_session.history.updates
    figure = update_figure(updates, column, title, scene.step_limit, colour=colour)
    return FigurePanel(column, title, subtitle, figure, patient=True, alt=title)
