"""Converts the settings of a run to numbers that compiled code can read."""

from __future__ import annotations

from pglab.config import ActorCriticConfig, ReinforceConfig, RunConfig
from pglab.config.fixed import EPSILON
from pglab.engine.kernels.reinforce import ReinforceSettings
from pglab.engine.kernels.steps import Settings
from pglab.engine.kernels.updates import ActorCriticSettings

SIGNALS = ("q", "advantage_max", "advantage_mean")  # the index is `kind` of `signal_of`


def common_settings(config: RunConfig) -> Settings:
    """The settings that both algorithms use."""
    return Settings(
        total_steps=config.total_steps,
        eval_interval=config.eval_interval,
        success_return=config.success_return,
        stop_when_solved=config.stop_when_solved,
    )


def reinforce_settings(config: ReinforceConfig) -> ReinforceSettings:
    """The settings of REINFORCE that `common_settings` leaves out, as numbers."""
    return ReinforceSettings(
        gamma=config.gamma,
        learning_rate=config.learning_rate,
        value_learning_rate=config.value_learning_rate,
        entropy_coefficient=config.entropy_coefficient,
        episodes_per_update=config.episodes_per_update,
        min_batch_steps=config.min_batch_steps,
        mean_baseline=config.baseline == "mean" and not config.normalize_returns,
        value_baseline=config.baseline == "value",
        whole_episode=config.return_form == "whole_episode",
        normalize=config.normalize_returns,
        tanh=config.activation == "tanh",
    )


def actor_critic_settings(config: ActorCriticConfig) -> ActorCriticSettings:
    """The settings of an actor-critic that `common_settings` leaves out, as numbers."""
    return ActorCriticSettings(
        gamma=config.gamma,
        learning_rate=config.learning_rate,
        critic_learning_rate=config.critic_learning_rate,
        entropy_coefficient=config.entropy_coefficient,
        q_regularization=config.q_regularization,
        value_loss_coefficient=config.value_loss_coefficient,
        max_gradient_norm=config.max_gradient_norm,
        epsilon=EPSILON,
        signal=SIGNALS.index(config.policy_signal),
        rollout_steps=config.rollout_steps,
        batch_size=config.batch_size,
        critic_updates=config.critic_updates,
        replay=config.critic_data == "replay",
        critic_only=config.critic_only,
        actor_learns=config.actor_learns,
        critic_learns=config.critic_learns,
        tanh=config.activation == "tanh",
        symexp=config.symexp_heads,
    )
