"""Slow motion shows each step and each update of an algorithm as a sequence of phases.

This module defines the phases. Each phase names a function and a quantity, such as the loss. The
phase is complete when a line of this function changes this quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from pglab.algorithms import actor_critic, reinforce, run
from pglab.algorithms.agents import AgentConfig
from pglab.algorithms.gradients import Gradient, gradient_of, norm
from pglab.config import ReinforceConfig
from pglab.losses import of_actions
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


def _local(name: str) -> Any:
    """Return a function that reads the local variable `name`."""
    return lambda there: there[name]


def _filled(name: str) -> Any:
    """Return a function that reads the local variable `name`.

    If the value is empty, the returned function raises `KeyError`, as for a missing variable.
    """

    def value(there: Locals) -> Any:
        if not there[name]:
            raise KeyError(name)
        return there[name]

    return value


def _length(name: str) -> Any:
    """Return a function that reads the length of the run's list `name`.

    If the list is empty, the returned function raises `KeyError`, as for a missing variable.
    """

    def value(there: Locals) -> int:
        length = len(getattr(there["run"], name))
        if not length:
            raise KeyError(name)
        return length

    return value


def _copied(*names: str, **renamed: str) -> Any:
    """Return a function that copies local variables.

    The copies of `names` keep their names. `renamed` maps the name of a copy to the name of the
    variable.
    """
    named = {name: name for name in names} | renamed
    return lambda there: {name: _plain(there[local]) for name, local in named.items()}


def _plain(value: Any) -> Any:
    """Copy a value, so that the run cannot change the copy later.

    A tensor becomes a number or a NumPy array.
    """
    if isinstance(value, torch.Tensor):
        array = value.detach().numpy().copy()
        return array.item() if array.ndim == 0 else array
    return value.copy() if isinstance(value, np.ndarray) else value


def _named(there: Locals) -> dict[str, nn.Module]:
    """The run's networks by name.

    The network "agent" is left out, because it only contains the other networks.
    """
    return {name: net for name, net in there["run"].networks.items() if name != "agent"}


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
        Phase("observe", generator, _local("observation"), _copied("observation")),
        Phase("probabilities", run.take_step, _local("probabilities"), _read_probabilities),
        Phase("sample", run.take_step, _local("action"), _copied("probabilities", "action")),
        Phase("environment", run.take_step, _local("reward"), _read_environment),
    ]


# --- Updating


def _read_gradient(gradient: Gradient, networks: Mapping[str, nn.Module]) -> dict[str, Any]:
    """The norm of the whole gradient, and the norm of the gradient in each layer."""
    layers: dict[str, Gradient] = {}
    for parameter, derivative in gradient.items():
        layers.setdefault(layer_of(parameter, networks), {})[parameter] = derivative
    return {
        "norm": norm(gradient),
        "layers": {layer: norm(part) for layer, part in layers.items()},
    }


def _read_loss(there: Locals) -> Values:
    return {
        "observations": there["batch"].observations.copy(),
        "actions": there["batch"].actions.copy(),
        "weights": there["weights"].copy(),
        "log_probs": _plain(there["log_probs"]),
        "loss": _plain(there["actor_loss"]),
        "entropy_coefficient": there["run"].config.entropy_coefficient,
    }


def _backward(network: str) -> Any:
    """Return a function that reads a gradient in a network of the run, after `backward`.

    If `zero_grad` has removed the gradient, the returned function raises `KeyError`, as for a
    missing variable.
    """

    def value(there: Locals) -> Any:
        derivative = getattr(there["run"], network).head.bias.grad
        if derivative is None:
            raise KeyError(network)
        return derivative

    return value


def _read_actor_gradient(there: Locals, gradient: Gradient) -> Values:
    """The norms of the actor's gradient, and the entropy coefficient.

    "weighted" is true if the weight wₜ of at least one step is not 0.
    """
    return {
        **_read_gradient(gradient, _named(there)),
        "weighted": bool(np.any(there["weights"])),
        "entropy_coefficient": there["run"].config.entropy_coefficient,
    }


def layer_of(parameter: nn.Parameter, networks: Mapping[str, nn.Module]) -> str:
    """The name of a parameter's layer, such as "policy.body.0".

    If several networks share the layer, the layer's name begins with the name of the first network.

    Raises:
        ValueError: the parameter belongs to none of the networks.
    """
    for name, network in networks.items():
        for path, known in network.named_parameters():
            if known is parameter:
                return f"{name}.{path}".rsplit(".", 1)[0]
    raise ValueError("the parameter belongs to none of the networks")


def _step(
    function: Callable[..., Any], optimizer_of: Callable[[Locals], torch.optim.Adam]
) -> Phase:
    """The phase of the Adam step in `function`; it ends with the line of `optimizer.step()`."""

    def steps(there: Locals) -> int:
        # Adam counts the steps of each parameter tensor separately.
        return sum(int(state["step"]) for state in optimizer_of(there).state.values())

    return Phase("step", function, steps, lambda there: _read_step(there, optimizer_of(there)))


def _read_step(there: Locals, optimizer: torch.optim.Adam) -> Values:
    """The numbers in Adam's formula for the parameter with the largest gradient.

    If every gradient is 0, the numbers are those of the parameter with the largest running mean m.
    """
    group = optimizer.param_groups[0]
    gradients = {p: p.grad for p in group["params"] if p.grad is not None}
    length = there["gradient_norm"]
    pulls = {p: g if length else optimizer.state[p]["exp_avg"] for p, g in gradients.items()}
    parameter = max(pulls, key=lambda known: float(pulls[known].abs().max()))
    place = int(pulls[parameter].abs().argmax())
    state = optimizer.state[parameter]
    names = _named(there)
    return {
        "layer": layer_of(parameter, names),
        "layers": sorted({layer_of(known, names) for known in gradients}),
        "gradient": float(gradients[parameter].flatten()[place]),
        "mean": float(state["exp_avg"].flatten()[place]),
        "mean_square": float(state["exp_avg_sq"].flatten()[place]),
        "steps": int(state["step"]),
        "betas": tuple(group["betas"]),
        "epsilon": float(group["eps"]),
        "learning_rate": float(group["lr"]),
        "parameter": float(parameter.detach().flatten()[place]),
        "norm": length,
        "max_norm": getattr(there["run"].config, "max_gradient_norm", 0.0),
    }


EPISODE = Phase("episode", run.end_episode, _local("record"), _read_episode)


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
    copied = _copied("episode_ends", "returns")(there)
    copied["rewards"] = there["batch"].rewards.copy()
    return {**copied, "gamma": there["config"].gamma, "form": there["config"].return_form}


def _read_weights(there: Locals) -> Values:
    copied = _copied("returns", "weights")(there)
    return {**copied, "baseline": there["config"].baseline}


REINFORCE: Sequence[Phase] = (
    *_acting(reinforce.reinforce),
    Phase("store", reinforce.reinforce, _length("batch"), _read_stored_batch),
    EPISODE,
    Phase("returns", reinforce.update, _local("returns"), _read_returns),
    Phase("weights", reinforce.update, _local("weights"), _read_weights),
    Phase("loss", reinforce.learn, _local("actor_loss"), _read_loss),
    Phase(
        "gradient",
        reinforce.learn,
        _backward("policy"),
        lambda there: _read_actor_gradient(there, gradient_of(there["run"].policy)),
    ),
    _step(reinforce.learn, lambda there: there["run"].optimizer),
    Phase("value_loss", reinforce.fit_value, _local("loss"), _copied("loss", "returns")),
    Phase(
        "value_gradient",
        reinforce.fit_value,
        _backward("value"),
        lambda there: _read_gradient(gradient_of(there["run"].value), _named(there)),
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
        "action_values": _plain(there["q_values"]),
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
        "next_values": _plain(there["next_values"]),
        "targets": there["targets"].copy(),
        "gamma": there["run"].config.gamma,
    }


def _read_critic_loss(there: Locals) -> Values:
    return {
        "estimates": _plain(of_actions(there["q_values"].detach(), there["actions"])),
        "targets": there["targets"].copy(),
        "loss": _plain(there["critic_loss"]),
        "q_regularization": there["run"].config.q_regularization,
        "coefficient": there["run"].config.value_loss_coefficient,
    }


def _read_loss_gradient(there: Locals) -> Values:
    return _read_gradient(there["loss_gradient"], _named(there))


ACTING_WITH_CRITIC: Sequence[Phase] = (
    *_acting(actor_critic.actor_critic),
    Phase("judge", actor_critic.actor_critic, _local("weight"), _read_signal),
    Phase("store", actor_critic.actor_critic, _length("rollout"), _read_stored_step),
    Phase(
        "remember",
        actor_critic.actor_critic,
        lambda there: there["run"].buffer.added,
        _read_remembered,
    ),
    EPISODE,
)
CRITIC: Sequence[Phase] = (
    Phase("draw", actor_critic.learn_from_replay, _local("batch"), _read_draw),
    Phase("targets", actor_critic.critic_gradient, _local("targets"), _read_targets),
    Phase("critic_loss", actor_critic.critic_gradient, _local("critic_loss"), _read_critic_loss),
    Phase(
        "critic_gradient",
        actor_critic.critic_gradient,
        _filled("loss_gradient"),
        _read_loss_gradient,
    ),
)
ACTOR: Sequence[Phase] = (
    Phase("loss", actor_critic.actor_gradient, _local("actor_loss"), _read_loss),
    Phase(
        "gradient",
        actor_critic.actor_gradient,
        _filled("loss_gradient"),
        lambda there: _read_actor_gradient(there, there["loss_gradient"]),
    ),
)
ADAM_STEP: Sequence[Phase] = (
    _step(actor_critic.adam_step, lambda there: there["optimizer"]),
    _changed(actor_critic.actor_critic),
)
