"""The fast engine: the arithmetic of the PyTorch reference, up to rounding, in compiled kernels.

The engine changes PyTorch's own parameters and Adam states in place, so training can switch from
the engine to the PyTorch reference, or back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pglab.engine import kernels
from pglab.networks import ActionNetwork, ActionValueNetwork, Body, PolicyNetwork, ValueNetwork
from pglab.records import Conflict, Floats
from pglab.replay_buffer import Transitions

ACTOR, CRITIC = range(2)


class FlatGradient:
    """The gradient of a loss, for the layers of a network from layer `reach` to the last.

    The engine keeps the gradient's entries only until it computes the network's next gradient.
    """

    __slots__ = ("engine", "network", "reach", "square")

    def __init__(self, engine: Engine, network: int, reach: int, square: float) -> None:
        """`network` is `ACTOR` or `CRITIC`; `square` is the gradient's squared norm."""
        self.engine = engine
        self.network = network
        self.reach = reach
        self.square = square

    def __bool__(self) -> bool:
        """True if the gradient has entries for at least one layer."""
        return self.reach < self.engine.depth(self.network)

    @property
    def norm(self) -> float:
        """Euclidean norm of all entries; inf or nan if an entry is inf or nan."""
        return math.sqrt(self.square) if self.square >= 0 else math.nan


class Engine:
    """Computes forward passes, gradients and Adam steps, for an actor with or without a critic."""

    def __init__(
        self,
        actor: ActionNetwork,
        critic: ActionNetwork | ValueNetwork | None,
        optimizers: Sequence[torch.optim.Adam],
        *,
        activation: str,
        symexp_heads: bool = False,
        stop_gradient: str = "none",
    ) -> None:
        """Move parameters and Adam states into flat arrays; PyTorch uses views of these arrays.

        `stop_gradient` names the network whose loss does not change the body: "actor", "critic" or
        "none".
        """
        networks = [network for network in (actor, critic) if network is not None]
        layers = list(dict.fromkeys(layer for net in networks for layer in _layers(net)))
        self._table = _table(layers)
        self._bind(layers, optimizers)
        rows = [np.array([layers.index(layer) for layer in _layers(net)]) for net in networks]
        self._rows = rows if critic is not None else [rows[0], np.empty(0, np.int64)]
        one_body = critic is not None and critic.body is actor.body
        self._shared = len(rows[0]) - 1 if one_body else 0
        stopped = {"none": -1, "actor": ACTOR, "critic": CRITIC}[stop_gradient]
        self._reach = [len(rows[0]) - 1 if stopped == i else 0 for i in (ACTOR, CRITIC)]
        self._tanh = activation == "tanh"
        self._symexp = symexp_heads
        self._units_each = int(self._table[:, kernels.OUTPUTS].sum())
        self._units = np.empty(0, self._parameters.dtype)
        self._compared: tuple[FlatGradient, FlatGradient, tuple[float, float, float]] | None = None
        self._outputs = [int(self._table[row[-1], kernels.OUTPUTS]) for row in rows]

    def depth(self, network: int) -> int:
        """Number of layers with parameters in a network."""
        return len(self._rows[network])

    def _bind(self, layers: Sequence[nn.Linear], optimizers: Sequence[torch.optim.Adam]) -> None:
        """Move all parameters and their Adam states into flat arrays."""
        size = sum(layer.weight.numel() + layer.bias.numel() for layer in layers)
        parameters, means, squares = (
            torch.zeros(size, dtype=layers[0].weight.dtype) for _ in range(3)
        )
        steps = torch.zeros(len(layers), 2)
        start = 0
        for row, layer in enumerate(layers):
            for column, parameter in enumerate((layer.weight, layer.bias)):
                end = start + parameter.numel()
                _move(parameter, parameters[start:end])
                flat = {"exp_avg": means[start:end], "exp_avg_sq": squares[start:end]}
                for optimizer in optimizers:
                    if any(parameter is known for known in optimizer.param_groups[0]["params"]):
                        _move_state(optimizer, parameter, flat, steps[row, column])
                start = end
        self._parameters, self._means = parameters.numpy(), means.numpy()
        self._squares, self._steps = squares.numpy(), steps.numpy()
        self._gradients = np.zeros((3, size), self._parameters.dtype)

    def _room(self, count: int) -> Floats:
        """The array for the activations of `count` observations, enlarged if necessary."""
        size = count * self._units_each
        if size > len(self._units):
            self._units = np.empty(size, self._parameters.dtype)
        return self._units

    def act(self, observation: Floats) -> tuple[Floats, Floats]:
        """Return log π [A] and the critic's outputs [outputs] for one observation [D]."""
        dtype = self._parameters.dtype
        policy = np.empty((1, self._outputs[ACTOR]), dtype)
        values = np.empty((1, self._outputs[-1]), dtype)
        inputs = np.asarray(observation, dtype).reshape(1, -1)
        kernels.act(
            self._parameters,
            self._table,
            self._rows[ACTOR],
            self._rows[CRITIC],
            self._shared,
            self._tanh,
            self._symexp,
            inputs,
            self._room(1),
            policy,
            values,
        )
        return policy[0], values[0]

    def values(self, observations: Floats) -> Floats:
        """The critic's outputs [B, outputs] for a batch of observations [B, D]."""
        inputs = self._cast(observations)
        values = np.empty((len(inputs), self._outputs[CRITIC]), inputs.dtype)
        kernels.value_of(
            self._parameters,
            self._table,
            self._rows[CRITIC],
            0,
            self._tanh,
            self._symexp,
            inputs,
            self._room(len(inputs)),
            values,
        )
        return values

    def actor_gradient(
        self,
        observations: Floats,
        actions: NDArray[np.int64],
        weights: Floats,
        entropy_coefficient: float,
        *,
        learns: bool = True,
    ) -> tuple[float, float, FlatGradient]:
        """The gradient of −mean( wₜ · log π(aₜ|sₜ) ) − entropy_coefficient · H.

        Args:
            observations: [T, D] sₜ.
            actions: [T] aₜ, the actions taken.
            weights: [T] wₜ.
            entropy_coefficient: factor of the entropy H.
            learns: if False, the gradient is empty.

        Returns:
            The loss without its entropy term, the entropy H in nats, and the gradient.
        """
        inputs, rows = self._cast(observations), self._rows[ACTOR]
        reach = self._reach[ACTOR] if learns else len(rows)
        loss, entropy, square = kernels.actor_gradient(
            self._parameters,
            self._table,
            rows,
            reach,
            self._tanh,
            self._symexp,
            inputs,
            actions,
            self._cast(weights),
            entropy_coefficient,
            self._room(len(inputs)),
            self._gradients[ACTOR],
        )
        return loss, entropy, FlatGradient(self, ACTOR, reach, square)

    def critic_gradient(
        self,
        observations: Floats,
        actions: NDArray[np.int64],
        targets: Floats,
        *,
        coefficient: float = 1.0,
        regularization: float = 0.0,
    ) -> tuple[float, Floats, FlatGradient]:
        """The critic's loss mean( (y − Q)² ) + regularization · mean( Q ), and its gradient.

        Args:
            observations: [B, D] s.
            actions: [B] a, the actions taken; zeros for a critic with one output.
            targets: [B] y.
            coefficient: factor by which the gradient is multiplied.
            regularization: factor of the mean estimate in the loss.

        Returns:
            The loss, the estimates Q(s,a) [B], and the gradient of coefficient · loss.
        """
        inputs, rows = self._cast(observations), self._rows[CRITIC]
        reach = self._reach[CRITIC]
        estimates = np.empty(len(inputs), inputs.dtype)
        loss, square = kernels.critic_gradient(
            self._parameters,
            self._table,
            rows,
            reach,
            self._tanh,
            self._symexp,
            inputs,
            actions,
            np.asarray(targets, np.float64),
            coefficient,
            regularization,
            self._room(len(inputs)),
            self._gradients[CRITIC],
            estimates,
        )
        return loss, estimates, FlatGradient(self, CRITIC, reach, square)

    def td_targets(self, batch: Transitions, gamma: float) -> Floats:
        """TD targets [B] of this critic, the same as those of `pglab.returns.td_targets`."""
        targets = np.empty(len(batch.rewards))
        kernels.td_targets(
            self._parameters,
            self._table,
            self._rows[CRITIC],
            self._tanh,
            self._symexp,
            self._cast(batch.next_observations),
            batch.rewards,
            batch.terminated,
            gamma,
            self._room(len(targets)),
            targets,
        )
        return targets

    def conflict(self, actor: FlatGradient, critic: FlatGradient) -> Conflict | None:
        """Compare two gradients on the shared layers; None if they have no layer in common."""
        if max(actor.reach, critic.reach) >= self._shared:
            return None
        actor_square, critic_square, dot = self._compare(actor, critic)
        product = math.sqrt(actor_square * critic_square)
        cosine = dot / product if product else math.nan
        return Conflict(cosine, math.sqrt(actor_square), math.sqrt(critic_square))

    def norm_of_sum(self, gradients: Sequence[FlatGradient]) -> float:
        """Euclidean norm of the sum of one or two gradients."""
        if len(gradients) == 1:
            return gradients[0].norm
        actor, critic = gradients
        _actor, _critic, dot = self._compare(actor, critic)
        return math.sqrt(max(actor.square + critic.square + 2 * dot, 0.0))

    def _compare(self, actor: FlatGradient, critic: FlatGradient) -> tuple[float, float, float]:
        """Squared norms and dot product of two gradients, on the shared layers that both cover."""
        known = self._compared
        if known is None or known[0] is not actor or known[1] is not critic:
            first = max(actor.reach, critic.reach)
            products = kernels.compare(
                self._table, self._rows[ACTOR], first, self._shared, self._gradients
            )
            known = self._compared = (actor, critic, products)
        return known[2]

    def descend(
        self, gradients: Sequence[FlatGradient], learning_rate: float, scale: float = 1.0
    ) -> None:
        """Take one Adam step with the gradient `scale` · (sum of `gradients`)."""
        state = self._parameters, self._means, self._squares, self._steps, self._table
        if len(gradients) == 1:
            (one,) = gradients
            rows, gradient = self._rows[one.network], self._gradients[one.network]
            kernels.descend(*state, rows, one.reach, len(rows), gradient, scale, learning_rate)
            return
        actor, critic = gradients
        kernels.descend_both(
            *state,
            self._rows[ACTOR],
            actor.reach,
            self._rows[CRITIC],
            critic.reach,
            self._shared,
            self._gradients,
            scale,
            learning_rate,
        )

    def _cast(self, array: Floats) -> Floats:
        """Make an array contiguous, in the precision of the parameters."""
        if array.dtype == self._parameters.dtype and array.flags.c_contiguous:
            return array
        return np.ascontiguousarray(array, self._parameters.dtype)


def _layers(network: ActionNetwork | ValueNetwork) -> list[nn.Linear]:
    """The layers with parameters, in order; the head is the last."""
    hidden = [layer for layer in network.body if isinstance(layer, nn.Linear)]
    return [*hidden, network.head]


def _table(layers: Sequence[nn.Linear]) -> NDArray[np.int64]:
    """Make the table from which the kernels read the sizes and places of the layers."""
    rows, start, units = [], 0, 0
    for layer in layers:
        weights = layer.in_features * layer.out_features
        rows.append((layer.in_features, layer.out_features, start, start + weights, units))
        start += weights + layer.out_features
        units += layer.out_features
    return np.array(rows, np.int64)


def _move(parameter: Tensor, flat: Tensor) -> None:
    """Copy a parameter into part of a flat array; PyTorch then uses this part."""
    flat.copy_(parameter.data.flatten())
    parameter.data = flat.view_as(parameter)


def _move_state(
    optimizer: torch.optim.Adam, parameter: Tensor, flat: dict[str, Tensor], steps: Tensor
) -> None:
    """Move a parameter's Adam state into flat arrays; if it has no state yet, create one there."""
    state = optimizer.state[parameter]
    for name, stretch in flat.items():
        if name in state:
            stretch.copy_(state[name].flatten())
        state[name] = stretch.view_as(parameter)
    if "step" in state:
        steps.copy_(state["step"])
    state["step"] = steps


def warm_up(dtype: torch.dtype = torch.float32) -> None:
    """Compile all kernels for one precision, or load them from disk, before a run needs them."""
    generator = torch.Generator().manual_seed(0)
    body = Body(2, (3,), "tanh", generator)
    actor, critic = (kind(body, 2, generator) for kind in (PolicyNetwork, ActionValueNetwork))
    for network in (actor, critic):
        network.to(dtype)
    engine = Engine(actor, critic, (), activation="tanh")
    batch = Transitions(
        observations=np.zeros((5, 2), np.float32),
        actions=np.zeros(5, np.int64),
        rewards=np.ones(5),
        terminated=np.zeros(5, np.bool_),
        next_observations=np.zeros((5, 2), np.float32),
        collected=np.arange(5),
    )
    engine.act(batch.observations[0])
    engine.values(batch.observations)
    targets = engine.td_targets(batch, gamma=0.9)
    _loss, _entropy, gradient = engine.actor_gradient(
        batch.observations, batch.actions, targets, 0.0
    )
    _loss, _estimates, other = engine.critic_gradient(batch.observations, batch.actions, targets)
    engine.conflict(gradient, other)
    engine.descend([gradient], learning_rate=0.0)
    engine.descend([gradient, other], learning_rate=0.0)
