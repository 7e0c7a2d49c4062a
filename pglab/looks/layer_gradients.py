"""Computes the gradient of each loss of an actor-critic, and its norm on each layer.

A page draws the gradient norms in every picture, so they must be computed fast. This module
computes the derivatives with formulas that are written out by hand. PyTorch's `autograd` would take
several times as long.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pglab.algorithms.gradients import Gradient
from pglab.config import ActorCriticConfig
from pglab.looks.forward import layers_of
from pglab.looks.probes import action_values
from pglab.networks import ActionNetwork, ActorCriticNetwork
from pglab.replay_buffer import Transitions
from pglab.returns import policy_signals, td_targets

Slopes = NDArray[np.float32]


@dataclass(frozen=True)
class LayerGradient:
    """One linear layer, with the gradient norm of each loss on this layer.

    `actor` is the norm for the actor's loss, and `critic` is the norm for the critic's loss. A norm
    is None if the loss gives the layer no gradient.
    """

    part: Literal["body", "actor body", "critic body", "policy head", "critic head"]
    outputs: int
    actor: float | None
    critic: float | None


@torch.inference_mode()
@np.errstate(all="ignore")  # if a run diverges, its numbers may be infinite
def fresh_gradients(
    agent: ActorCriticNetwork, config: ActorCriticConfig, batch: Transitions
) -> tuple[Gradient, Gradient]:
    """The gradients of the actor's loss and of the critic's loss, computed from a batch of steps.

    The weights wₜ and the targets y are computed from the current critic. The agent is not changed.
    The actor's gradient is empty if the actor does not learn. The critic's gradient is empty if the
    critic does not learn. If the batch is empty, both gradients are empty.
    """
    if not len(batch.actions):
        return {}, {}
    policy, critic = agent.policy, agent.critic
    actor_layers = critic_layers = layers_of(policy.body, batch.observations)
    if critic.body is not policy.body:
        critic_layers = layers_of(critic.body, batch.observations)
    # `policy.of_features` returns log-probabilities, but the logits before the softmax are needed.
    logits = ActionNetwork.of_features(policy, actor_layers[-1]).numpy()
    q_values = critic.of_features(critic_layers[-1]).numpy()
    of_actor, of_critic = Gradient(), Gradient()
    if config.critic_learns:
        slopes = _critic_slopes(
            config, batch, q_values, action_values(critic, batch.next_observations)
        )
        of_critic = _backward(critic, critic_layers, _through_head(config, slopes, q_values))
    if config.actor_learns:
        slopes = _actor_slopes(config, batch.actions, logits, q_values)
        of_actor = _backward(policy, actor_layers, _through_head(config, slopes, logits))
    return of_actor, of_critic


def _critic_slopes(
    config: ActorCriticConfig, batch: Transitions, q_values: Slopes, next_values: Slopes
) -> Slopes:
    """The derivatives of the critic's loss with respect to Q: [N, A]."""
    targets = td_targets(batch.rewards, batch.terminated, next_values, config.gamma)
    taken = np.arange(len(targets)), batch.actions
    slopes = np.zeros_like(q_values)
    slopes[taken] = 2 * (q_values[taken] - targets) + config.q_regularization
    return slopes * np.float32(config.value_loss_coefficient / len(targets))


def _actor_slopes(
    config: ActorCriticConfig, actions: NDArray[np.int64], logits: Slopes, q_values: Slopes
) -> Slopes:
    """The derivatives of the actor's loss with respect to the logits: [N, A]."""
    above = logits - logits.max(axis=1, keepdims=True)
    log_pi = above - np.log(np.exp(above).sum(axis=1, keepdims=True))
    pi = np.exp(log_pi)
    taken = np.arange(len(actions)), actions
    # At first, `slopes` are derivatives with respect to log π.
    slopes = config.entropy_coefficient * pi * (log_pi + 1)
    slopes[taken] -= policy_signals(config.policy_signal, q_values, pi, actions)
    slopes -= pi * slopes.sum(axis=1, keepdims=True)
    of_loss: Slopes = slopes / np.float32(len(actions))
    return of_loss


def _through_head(config: ActorCriticConfig, slopes: Slopes, outputs: Slopes) -> Tensor:
    """The derivatives of a loss with respect to the outputs of a network's head: [N, A].

    `slopes` [N, A] are the derivatives with respect to `outputs`, the outputs of the network.
    """
    if config.symexp_heads:
        slopes = slopes * (1 + np.abs(outputs))  # the derivative of symexp(x) is e^|x|
    return torch.from_numpy(slopes)


def _backward(network: ActionNetwork, layers: list[Tensor], slopes: Tensor) -> Gradient:
    """The gradient of a loss with respect to the parameters of a network.

    `slopes` [N, A] are the derivatives of the loss with respect to the outputs of the head.
    `layers` are the inputs of the network and the outputs of its hidden layers.
    """
    found: Gradient = {}
    linears: list[Any] = [layer for layer in network.body if isinstance(layer, nn.Linear)]
    for place, layer in reversed(list(enumerate([*linears, network.head]))):
        below = layers[place]
        found[layer.weight] = slopes.t() @ below
        found[layer.bias] = slopes.sum(dim=0)
        if place == 0 or (network.stop_gradient and layer is network.head):
            break
        slopes = slopes @ layer.weight
        values, down = below.numpy(), slopes.numpy()
        if isinstance(network.body[1], nn.Tanh):
            down *= 1 - values * values
        else:
            down *= values > 0
    return found


def layer_gradients(
    agent: ActorCriticNetwork, actor: Gradient, critic: Gradient
) -> list[LayerGradient]:
    """The gradient norms of the two losses on each linear layer, in order from input to output."""
    return [
        LayerGradient(part, layer.out_features, _norm_on(layer, actor), _norm_on(layer, critic))
        for part, layer in _linear_layers(agent)
    ]


@np.errstate(all="ignore")
def _norm_on(layer: Any, whole: Gradient) -> float | None:
    """The norm of a gradient on one layer; None if the gradient does not reach this layer."""
    if layer.weight not in whole:
        return None
    weight, bias = whole[layer.weight].numpy(), whole[layer.bias].numpy()
    return math.sqrt(np.square(weight).sum() + np.square(bias).sum())


def _linear_layers(agent: ActorCriticNetwork) -> Iterator[tuple[Any, nn.Linear]]:
    """Yield the linear layers from input to output, each with a name such as "critic body"."""
    bodies = [("actor body", agent.policy.body), ("critic body", agent.critic.body)]
    if agent.policy.body is agent.critic.body:
        bodies = [("body", agent.policy.body)]
    for name, body in bodies:
        for layer in body:
            if isinstance(layer, nn.Linear):
                yield name, layer
    yield "policy head", agent.policy.head
    yield "critic head", agent.critic.head
