"""Slow motion shows each step and each update of an algorithm as a sequence of phases.

This module defines the phases. Each phase names a function and a quantity, such as the loss. The
phase is complete when a line of this function changes this quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from pglab.algorithms import actor_critic, reinforce, run
from pglab.algorithms.agents import AgentConfig
from pglab.algorithms.gradients import Gradient, gradient_of
from pglab.config import ReinforceConfig
from pglab.losses import of_actions
from pglab.slow_motion.readers import (
    after_backward,
    copied,
    filled,
    length_of,
    local,
    networks_of,
    plain,
    read_adam,
    read_gradient,
)
from pglab.slow_motion.watched_lines import Locals, Phase, Values


def phases_of(config: AgentConfig) -> Sequence[Phase]:
    """The phases of an algorithm, in their order within a step."""
    if isinstance(config, ReinforceConfig):
        return REINFORCE
    replay = config.critic_data == "replay"
    learning = [*CRITIC, *ACTOR] if replay else [*ACTOR, *CRITIC]
    return [*ACTING_WITH_CRITIC, *learning, *ADAM_STEP]


def update_of(config: AgentConfig) -> Callable[..., Any]:
    """The function that computes one update of an algorithm; its argument is the run."""
    return reinforce.update if isinstance(config, ReinforceConfig) else actor_critic.update


# --- Acting, the same for all algorithms


def _read_probabilities(there: Locals) -> Values:
    greedy = getattr(there["run"].config, "critic_only", False)
    return {"probabilities": there["probabilities"].copy(), "greedy": greedy}


def _read_environment(there: Locals) -> Values:
    return {
        "reward": float(there["reward"]),
        "terminated": there["terminated"],
        "truncated": there["truncated"],
        "next_observation": there["run"].observation.copy(),
    }


def _read_episode(there: Locals) -> Values:
    record = there["record"]
    return {
        "episode_return": record.episode_return,
        "length": record.length,
        "truncated": record.truncated,
    }


def _acting(generator: Callable[..., Any]) -> list[Phase]:
    return [
        Phase("observe", generator, local("observation"), copied("observation")),
        Phase("probabilities", run.take_step, local("probabilities"), _read_probabilities),
        Phase("sample", run.take_step, local("action"), copied("probabilities", "action")),
        Phase("environment", run.take_step, local("reward"), _read_environment),
    ]


# --- Updating


def _read_loss(there: Locals) -> Values:
    return {
        "observations": there["batch"].observations.copy(),
        "actions": there["batch"].actions.copy(),
        "weights": there["weights"].copy(),
        "log_probs": plain(there["log_probs"]),
        "loss": plain(there["actor_loss"]),
        "entropy_coefficient": there["run"].config.entropy_coefficient,
    }


def _read_actor_gradient(there: Locals, gradient: Gradient) -> Values:
    """The norms of the actor's gradient, and the entropy coefficient.

    "weighted" is true if the weight wₜ of at least one step is not 0.
    """
    return {
        **read_gradient(gradient, networks_of(there)),
        "weighted": bool(np.any(there["weights"])),
        "entropy_coefficient": there["run"].config.entropy_coefficient,
    }


def _step(
    function: Callable[..., Any], optimizer_of: Callable[[Locals], torch.optim.Adam]
) -> Phase:
    """The phase of the Adam step in `function`. The line of `optimizer.step()` completes it."""

    def steps(there: Locals) -> int:
        # Adam counts the steps of each parameter tensor separately.
        return sum(int(state["step"]) for state in optimizer_of(there).state.values())

    return Phase("step", function, steps, lambda there: read_adam(there, optimizer_of(there)))


EPISODE = Phase("episode", run.end_episode, local("record"), _read_episode)


def _changed(generator: Callable[..., Any]) -> Phase:
    return Phase(
        "changed",
        generator,
        lambda there: there["run"].updates,
        lambda there: {"updates": there["run"].updates},
    )


# --- REINFORCE


def _read_stored_batch(there: Locals) -> Values:
    config = there["run"].config
    return {
        "stored": len(there["run"].batch),
        "ended": there["run"].ended_episodes,
        "min_batch_steps": config.min_batch_steps,
        "episodes_per_update": config.episodes_per_update,
    }


def _read_returns(there: Locals) -> Values:
    values = copied("episode_ends", "returns")(there)
    values["rewards"] = there["batch"].rewards.copy()
    return {**values, "gamma": there["config"].gamma, "form": there["config"].return_form}


def _read_weights(there: Locals) -> Values:
    values = copied("returns", "weights")(there)
    return {**values, "baseline": there["config"].baseline}


REINFORCE: Sequence[Phase] = (
    *_acting(reinforce.reinforce),
    Phase("store", reinforce.reinforce, length_of("batch"), _read_stored_batch),
    EPISODE,
    Phase("returns", reinforce.update, local("returns"), _read_returns),
    Phase("weights", reinforce.update, local("weights"), _read_weights),
    Phase("loss", reinforce.learn, local("actor_loss"), _read_loss),
    Phase(
        "gradient",
        reinforce.learn,
        after_backward("policy"),
        lambda there: _read_actor_gradient(there, gradient_of(there["run"].policy)),
    ),
    _step(reinforce.learn, lambda there: there["run"].optimizer),
    Phase("value_loss", reinforce.fit_value, local("loss"), copied("loss", "returns")),
    Phase(
        "value_gradient",
        reinforce.fit_value,
        after_backward("value"),
        lambda there: read_gradient(gradient_of(there["run"].value), networks_of(there)),
    ),
    _step(reinforce.fit_value, lambda there: there["run"].value_optimizer),
    _changed(reinforce.reinforce),
)


# --- Actor-critic


def _read_signal(there: Locals) -> Values:
    step = there["step"]
    return {
        "weight": there["weight"],
        "action": step.action,
        "action_values": plain(there["q_values"]),
        "probabilities": step.action_probabilities.copy(),
        "kind": there["run"].config.policy_signal,
    }


def _read_stored_step(there: Locals) -> Values:
    run_of = there["run"]
    return {"stored": len(run_of.rollout), "rollout_steps": run_of.config.rollout_steps}


def _read_remembered(there: Locals) -> Values:
    buffer = there["run"].buffer
    return {"held": len(buffer), "capacity": there["run"].config.replay_capacity}


def _read_draw(there: Locals) -> Values:
    batch, of = there["batch"], there["run"]
    return {
        "number": there["_draw"] + 1,
        "size": len(batch.actions),
        "held": len(there["buffer"]),
        "ages": of.global_step - batch.collected,
    }


def _read_targets(there: Locals) -> Values:
    batch = there["batch"]
    return {
        "rewards": batch.rewards.copy(),
        "terminated": batch.terminated.copy(),
        "next_values": plain(there["next_values"]),
        "targets": there["targets"].copy(),
        "gamma": there["run"].config.gamma,
    }


def _read_critic_loss(there: Locals) -> Values:
    return {
        "estimates": plain(of_actions(there["q_values"].detach(), there["actions"])),
        "targets": there["targets"].copy(),
        "loss": plain(there["critic_loss"]),
        "q_regularization": there["run"].config.q_regularization,
        "coefficient": there["run"].config.value_loss_coefficient,
    }


def _read_loss_gradient(there: Locals) -> Values:
    return read_gradient(there["loss_gradient"], networks_of(there))


ACTING_WITH_CRITIC: Sequence[Phase] = (
    *_acting(actor_critic.actor_critic),
    Phase("judge", actor_critic.actor_critic, local("weight"), _read_signal),
    Phase("store", actor_critic.actor_critic, length_of("rollout"), _read_stored_step),
    Phase(
        "remember",
        actor_critic.actor_critic,
        lambda there: there["run"].buffer.added,
        _read_remembered,
    ),
    EPISODE,
)
CRITIC: Sequence[Phase] = (
    Phase("draw", actor_critic.learn_from_replay, local("batch"), _read_draw),
    Phase("targets", actor_critic.critic_gradient, local("targets"), _read_targets),
    Phase("critic_loss", actor_critic.critic_gradient, local("critic_loss"), _read_critic_loss),
    Phase(
        "critic_gradient",
        actor_critic.critic_gradient,
        filled("loss_gradient"),
        _read_loss_gradient,
    ),
)
ACTOR: Sequence[Phase] = (
    Phase("loss", actor_critic.actor_gradient, local("actor_loss"), _read_loss),
    Phase(
        "gradient",
        actor_critic.actor_gradient,
        filled("loss_gradient"),
        lambda there: _read_actor_gradient(there, there["loss_gradient"]),
    ),
)
ADAM_STEP: Sequence[Phase] = (
    _step(actor_critic.adam_step, lambda there: there["optimizer"]),
    _changed(actor_critic.actor_critic),
)
