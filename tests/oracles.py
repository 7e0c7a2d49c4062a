"""Oracles for the tests: slow, independent versions of the library's code, and exact comparisons.

`NaiveReinforce` computes REINFORCE from the definition alone, in double precision and one step at a
time. As in lecture notebooks, it keeps the computation graph of every log-probability from acting
until the update. Adam is written out as a formula. The oracle never chooses actions. It repeats the
steps that the library recorded.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar, TypeVar

import gymnasium
import numpy as np
import torch
from gymnasium.envs.classic_control import CartPoleEnv
from numpy.typing import NDArray
from torch import Tensor, nn

from pglab.algorithms.agents import AgentRun
from pglab.algorithms.reinforce import ReinforceRun
from pglab.algorithms.run import random_streams
from pglab.config import ReinforceConfig, RunConfig
from pglab.engine.kernels import dynamics
from pglab.networks import Body
from pglab.records import EpisodeRecord, Record, StepRecord, UpdateRecord
from pglab.session.training_session import TrainingSession, Unit
from pglab.stretch import records_of

Array = NDArray[np.float64]
Kind = TypeVar("Kind", StepRecord, EpisodeRecord, UpdateRecord)
Item = TypeVar("Item")
SomeRun = TypeVar("SomeRun", bound=AgentRun)

SHORT_CARTPOLE = "PglabTests/ShortCartPole-v0"
SHORT_LIMIT = 20
"""Time limit in steps. With a random policy, some episodes terminate before this limit."""


class CountedCartPole(CartPoleEnv):
    """CartPole that lists all its instances that are still in memory."""

    alive: ClassVar[weakref.WeakSet[CountedCartPole]] = weakref.WeakSet()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.alive.add(self)


gymnasium.register(SHORT_CARTPOLE, entry_point=CountedCartPole, max_episode_steps=SHORT_LIMIT)
dynamics.KINDS[SHORT_CARTPOLE] = dynamics.CARTPOLE  # compiled code can train in it, too


def short_config(**settings: Any) -> ReinforceConfig:
    """Settings for a run of at most a second. A batch has several episodes, some truncated."""
    quick = {"env_id": SHORT_CARTPOLE, "hidden_sizes": (8,), "total_steps": 1000}
    return ReinforceConfig(**{**quick, "min_batch_steps": 40, **settings})


# --- Exact comparison


def same_records(left: Iterable[Any], right: Iterable[Any]) -> bool:
    """True if two lists of records are equal bit for bit, including the types."""
    left, right = list(left), list(right)
    return len(left) == len(right) and all(map(_same, left, right))


def _same(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        alike: bool = left.dtype == right.dtype and left.shape == right.shape
        return alike and left.tobytes() == right.tobytes()
    if isinstance(left, tuple):
        return same_records(left, right)
    if isinstance(left, float):
        return bool(left.hex() == right.hex())  # here, NaN equals NaN
    return bool(left == right)


def of_type(kind: type[Kind], records: Iterable[Record]) -> list[Kind]:
    """Return the records of this type."""
    return [record for record in records if isinstance(record, kind)]


def take(records: Iterable[Item], count: int) -> list[Item]:
    return list(islice(records, count))


def advance_records(
    session: TrainingSession, unit: Unit = "step", count: int | None = None
) -> list[Record]:
    """Train, and return the records of this training."""
    return [record for stretch in session.advance(unit, count) for record in records_of(stretch)]


def advance_to_end(session: TrainingSession) -> list[Record]:
    """Train to the end, and return all remaining records."""
    records: list[Record] = []
    while not session.finished:
        records += advance_records(session, "step", 50)
    return records


# --- Bookkeeping


def naive_returns(
    rewards: Sequence[float], restarts: Sequence[bool], gamma: float, whole_episode: bool = False
) -> Array:
    """Compute each return as a sum of rewards, directly from the definition, in O(T²)."""
    returns = []
    for t in range(len(rewards)):
        start = t
        while whole_episode and start > 0 and not restarts[start - 1]:
            start -= 1
        total, k = 0.0, start
        while True:
            total += gamma ** (k - start) * rewards[k]
            if restarts[k] or k + 1 == len(rewards):
                break
            k += 1
        returns.append(total)
    return np.array(returns)


def naive_episodes(steps: Sequence[StepRecord], config: RunConfig) -> list[EpisodeRecord]:
    """Compute the episode records of a run from all its steps.

    For each multiple of `eval_interval`, the first episode that ends there or later counts for the
    progress reading. An episode that spans several multiples counts once.
    """
    ends = [step.global_step for step in steps if step.terminated or step.truncated]
    multiples = range(config.eval_interval, len(steps) + 1, config.eval_interval)
    counting = {next((end for end in ends if end >= multiple), 0) for multiple in multiples}
    episodes: list[EpisodeRecord] = []
    counted: list[float] = []
    for number, (start, end) in enumerate(zip([0, *ends], ends, strict=False), start=1):
        episode = steps[start:end]
        episode_return = sum(step.reward for step in episode)
        reading = None
        if end in counting:
            counted.append(episode_return)
            window = counted[-config.smoothing_window :]
            reading = sum(window) / len(window)
        solved = bool(episodes) and episodes[-1].solved
        if reading is not None and len(counted) >= config.smoothing_window:
            solved = solved or reading >= config.success_return
        episodes.append(
            EpisodeRecord(
                global_step=end,
                episode=number,
                episode_return=episode_return,
                length=len(episode),
                truncated=not episode[-1].terminated,
                reading=reading,
                solved=solved,
            )
        )
    return episodes


# --- REINFORCE


def in_double(run: SomeRun) -> SomeRun:
    """Convert the networks of a run to double precision, because rounding may hide mistakes."""
    for network in run.networks.values():
        network.double()
        for module in network.modules():
            if isinstance(module, Body):
                module.register_forward_pre_hook(lambda _, inputs: (inputs[0].double(),))
    return run


@dataclass(eq=False)
class NaiveParameter:
    """The weights or the biases of a layer, and their Adam state (Kingma & Ba 2015, algorithm 1).

    Each step makes a new tensor, so computation graphs with the old tensor stay usable.
    """

    tensor: Tensor
    steps: int = 0
    first_moment: Tensor = field(init=False)
    second_moment: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.first_moment = self.second_moment = torch.zeros_like(self.tensor)

    @classmethod
    def copies_of(cls, network: nn.Module) -> list[NaiveParameter]:
        """Copy all parameters of a network in double precision."""
        return [cls(p.detach().double().clone().requires_grad_()) for p in network.parameters()]

    def step(self, g: Tensor, learning_rate: float) -> None:
        """Take one Adam step against the gradient `g`."""
        self.steps += 1
        self.first_moment = 0.9 * self.first_moment + 0.1 * g
        self.second_moment = 0.999 * self.second_moment + 0.001 * g * g
        m = self.first_moment / (1 - 0.9**self.steps)
        v = self.second_moment / (1 - 0.999**self.steps)
        moved = self.tensor.detach() - learning_rate * m / (torch.sqrt(v) + 1e-8)
        self.tensor = moved.requires_grad_()


@dataclass
class NaiveNetwork:
    """A multilayer perceptron and its Adam optimiser, both written out as formulas.

    `parameters` contains, for each layer, first the weight matrix and then the biases.
    """

    parameters: list[NaiveParameter]
    activation: str

    @classmethod
    def copy_of(cls, network: nn.Module, activation: str) -> NaiveNetwork:
        """Copy a network in double precision."""
        return cls(NaiveParameter.copies_of(network), activation)

    def __call__(self, observation: NDArray[Any]) -> Tensor:
        """Compute the outputs for one observation."""
        signal = torch.tensor(observation, dtype=torch.float64)
        for layer in range(0, len(self.parameters), 2):
            signal = self.parameters[layer].tensor @ signal + self.parameters[layer + 1].tensor
            if layer + 2 < len(self.parameters):
                squash = torch.tanh if self.activation == "tanh" else torch.relu
                signal = squash(signal)
        return signal

    def descend(self, loss: Tensor, learning_rate: float) -> float:
        """Take one Adam step, and return the norm of the gradient."""
        gradients = torch.autograd.grad(loss, [parameter.tensor for parameter in self.parameters])
        for parameter, g in zip(self.parameters, gradients, strict=True):
            parameter.step(g, learning_rate)
        return math.sqrt(sum((g * g).sum().item() for g in gradients))


@dataclass
class NaiveUpdate:
    """The numbers that the library's `UpdateRecord` must contain."""

    global_step: int
    actor_loss: float
    critic_loss: float | None
    entropy: float
    actor_gradient_norm: float
    critic_gradient_norm: float | None
    returns: Array
    weights: Array


@dataclass
class Remembered:
    """A stored step. The tensors keep their computation graphs from the time of acting."""

    step: StepRecord
    log_prob: Tensor
    entropy: Tensor
    value: Tensor | None


class NaiveReinforce:
    """REINFORCE from its definition. It learns from the steps that the library recorded."""

    def __init__(
        self, config: ReinforceConfig, policy: nn.Module, value: nn.Module | None = None
    ) -> None:
        self.config = config
        self.policy = NaiveNetwork.copy_of(policy, config.activation)
        self.value = None if value is None else NaiveNetwork.copy_of(value, config.activation)
        self.store: list[Remembered] = []
        self.ended_episodes = 0

    def log_probabilities(self, observation: NDArray[Any]) -> Tensor:
        """Compute log π of every action."""
        logits = self.policy(observation)
        return logits - torch.log(torch.exp(logits).sum())

    def follow(self, step: StepRecord) -> NaiveUpdate | None:
        """Store a step. Return the update if this step completes a batch, and None otherwise."""
        log_pi = self.log_probabilities(step.observation)
        entropy = -(torch.exp(log_pi) * log_pi).sum()
        value = None if self.value is None else self.value(step.observation)[0]
        self.store.append(Remembered(step, log_pi[step.action], entropy, value))
        if not (step.terminated or step.truncated):
            return None
        self.ended_episodes += 1
        return self.update() if self.due() else None

    def due(self) -> bool:
        """True if enough episodes and steps are stored for an update."""
        enough_episodes = self.ended_episodes >= self.config.episodes_per_update
        return enough_episodes and len(self.store) >= self.config.min_batch_steps

    def restarts(self, step: StepRecord) -> bool:
        """True if no later reward belongs to the return of this step."""
        return step.terminated or step.truncated

    def weigh(self, returns: Array) -> Array:
        """Compute the weight wₜ of each stored step."""
        weights = returns
        if self.config.baseline == "mean":
            weights = weights - sum(returns) / len(returns)
        elif self.config.baseline == "value":
            values = [kept.value.item() for kept in self.store if kept.value is not None]
            weights = weights - np.array(values)
        if self.config.normalize_returns:
            mean = sum(weights) / len(weights)
            deviation = math.sqrt(sum((weights - mean) ** 2) / len(weights))
            weights = (weights - mean) / deviation
        return weights

    def update(self) -> NaiveUpdate:
        """Take one Adam step of each network on all stored steps, then delete these steps."""
        config = self.config
        steps = [kept.step for kept in self.store]
        returns = naive_returns(
            [step.reward for step in steps],
            [self.restarts(step) for step in steps],
            config.gamma,
            whole_episode=config.return_form == "whole_episode",
        )
        weights = self.weigh(returns)
        loss, entropy, critic_loss = (torch.zeros((), dtype=torch.float64) for _ in range(3))
        for kept, weight, target in zip(self.store, weights, returns, strict=True):
            loss = loss - weight * kept.log_prob / len(self.store)
            entropy = entropy + kept.entropy / len(self.store)
            if kept.value is not None:
                critic_loss = critic_loss + (target - kept.value) ** 2 / len(self.store)
        critic_norm = None
        if self.value is not None:
            critic_norm = self.value.descend(critic_loss, config.value_learning_rate)
        update = NaiveUpdate(
            global_step=steps[-1].global_step,
            actor_loss=loss.item(),
            critic_loss=None if self.value is None else critic_loss.item(),
            entropy=entropy.item(),
            actor_gradient_norm=self.policy.descend(
                loss - config.entropy_coefficient * entropy, config.learning_rate
            ),
            critic_gradient_norm=critic_norm,
            returns=returns,
            weights=weights,
        )
        self.store, self.ended_episodes = [], 0
        return update


def assert_follows(
    oracle: NaiveReinforce,
    run: ReinforceRun,
    records: Iterable[Record],
    tolerance: float,
    most_updates: int | None = None,
) -> int:
    """Compare every number of a run, and the networks after the run, with the oracle.

    If `most_updates` is given, the comparison ends with this update.

    Returns:
        The number of updates.

    Raises:
        AssertionError: the run and the oracle differ by more than the tolerance.
    """
    expected: NaiveUpdate | None = None
    updates = 0
    for record in records:
        if isinstance(record, StepRecord):
            assert expected is None, f"no update before step {record.global_step}"
            log_pi = oracle.log_probabilities(record.observation).detach().numpy()
            assert_close(record.action_probabilities, np.exp(log_pi), tolerance)
            assert_close(record.log_prob, log_pi[record.action], tolerance)
            expected = oracle.follow(record)
        elif isinstance(record, UpdateRecord):
            updates += 1
            assert expected is not None, f"unexpected update at step {record.global_step}"
            assert record.update == updates
            for name, number in vars(expected).items():
                actual = getattr(record, name)
                if number is None:
                    assert actual is None, name
                else:
                    assert_close(actual, number, tolerance, name)
            expected = None
            if updates == most_updates:
                break
    assert_same_parameters(run.policy, oracle.policy.parameters, tolerance)
    if oracle.value is not None:
        assert run.value is not None
        assert_same_parameters(run.value, oracle.value.parameters, tolerance)
    return updates


def assert_same_parameters(
    network: nn.Module, oracle: Sequence[NaiveParameter], tolerance: float
) -> None:
    """Compare all parameters of a network with the oracle's parameters."""
    for actual, expected in zip(network.parameters(), oracle, strict=True):
        numbers = actual.detach().numpy(), expected.tensor.detach().numpy()
        assert_close(*numbers, tolerance, "parameters")


def assert_close(actual: Any, expected: Any, tolerance: float, name: str = "") -> None:
    """Check that numbers are equal within a tolerance. Here, NaN equals NaN."""
    found, wanted = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    if found.shape == wanted.shape and np.all(
        np.abs(found - wanted) < tolerance + tolerance * np.abs(wanted)
    ):
        return  # NumPy's own check below is slow, but its message shows the differences
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance, err_msg=name)


def repeat_outside(config: RunConfig, steps: Iterable[StepRecord]) -> list[np.ndarray]:
    """Repeat the steps of a run in a new Gymnasium environment, and check that they are equal.

    Each action takes one random number from the stream for actions. The environment is reset with
    the seed only once, at the start. At the end of each episode, it is reset without a seed.

    Returns:
        The first observation of each episode.
    """
    streams = random_streams(config.seed)
    environment = gymnasium.make(config.env_id)
    observation, _ = environment.reset(seed=streams.environment_seed)
    starts = [observation]
    for step in steps:
        np.testing.assert_array_equal(step.observation, observation)
        draw = streams.actions.random()
        assert step.action == sum(np.cumsum(step.action_probabilities)[:-1] <= draw)
        observation, reward, terminated, truncated, _ = environment.step(step.action)
        np.testing.assert_array_equal(step.next_observation, observation)
        assert (step.reward, step.terminated, step.truncated) == (reward, terminated, truncated)
        if terminated or truncated:
            observation, _ = environment.reset()
            starts.append(observation)
    return starts
