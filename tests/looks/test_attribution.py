"""The causes of an update, compared with updates that are computed again without one cause.

These updates are computed in double precision, one transition at a time, with Adam written out as a
formula. To leave out a cause, its gradient is left out, but Adam's scale √v̂ + ε stays the same.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from pglab.algorithms.actor_critic import ActorCriticRun
from pglab.algorithms.agents import AgentConfig, AgentRun
from pglab.algorithms.reinforce import ReinforceRun
from pglab.config import ActorCriticConfig
from pglab.looks.attribution import CAUSES, Cause, Explanation
from pglab.records import StepRecord
from pglab.session.training_session import TrainingSession
from pglab.slow_motion.tape import SlowMotion, WatchedStep
from tests.oracles import in_double, naive_returns, short_config
from tests.oracles_actor_critic import CELLS, short_cell

SIGNALS = ("q", "advantage_max", "advantage_mean")
BASELINES = ("none", "mean", "value")
# For each cause: the change of π that is lost without it, and the change with only this cause.
Effects = dict[Cause, tuple[NDArray[np.float64], NDArray[np.float64]]]
# For each cause: its gradient, with one tensor for each parameter of the policy.
Parts = dict[str, list[Tensor]]


# --- The update, computed again


class Recomputed:
    """The next update of a run, computed again with a separate gradient for each cause."""

    def __init__(self, run: AgentRun) -> None:
        self.config: Any = run.config
        self.steps: list[StepRecord]
        self.signals: Sequence[float] | NDArray[np.float64]
        if isinstance(run, ReinforceRun):
            self.steps, self.signals = run.batch, reinforce_weights(run)
        else:
            self.steps, self.signals = run.rollout, run.weights
        self.run = in_double(copy.deepcopy(run))
        self.policy = self.run.networks["policy"]
        self.parameters = list(self.policy.parameters())
        self.start = [p.detach().clone() for p in self.parameters]
        two = isinstance(self.run, ActorCriticRun)
        optimizer: Any = getattr(self.run, "actor_optimizer" if two else "optimizer")
        states = [optimizer.state.get(p) or {} for p in self.parameters]
        zeros = [torch.zeros_like(p) for p in self.start]
        self.mean = [s["exp_avg"].double() if s else z for s, z in zip(states, zeros, strict=True)]
        self.square = [
            s["exp_avg_sq"].double() if s else z for s, z in zip(states, zeros, strict=True)
        ]
        self.count = [int(s["step"]) if s else 0 for s in states]
        self.adam: list[tuple[Parts, list[Tensor], list[float]]] = []  # gradients, scales, 1 − β₁ⁿ
        self.moved: list[set[int]] = []
        self._follow()

    # The optimiser steps of the update

    def _follow(self) -> None:
        config = self.config
        if isinstance(self.run, ReinforceRun):
            self._adam_step(self._actor(), 1.0)
            return
        shared = config.body == "shared"
        actor = self._actor() if self.run.buffer is None else {}
        if self.run.buffer is None:
            together = actor | (self._critic(self.steps) if shared else {})
            self._adam_step(together, config.max_gradient_norm)
            return
        held, size = len(self.run.buffer), config.batch_size
        learns = config.trained != "actor_only"
        for _ in range(min(config.critic_updates, held // size) if learns else 0):
            drawn = self.run.buffer.sample(size, self.run.streams.replay)
            if shared:
                self._adam_step(self._critic_of(drawn), config.max_gradient_norm)
        self._adam_step(self._actor(), config.max_gradient_norm)

    def _derivatives(self, loss: Tensor) -> list[Tensor | None]:
        return list(
            torch.autograd.grad(loss, self.parameters, retain_graph=True, allow_unused=True)
        )

    def _actor(self) -> dict[str, list[Tensor | None]]:
        """Compute −wₜ·∇log π(aₜ|sₜ)/T for each transition, and the entropy's gradient −c·∇H."""
        if getattr(self.config, "trained", "both") == "critic_only":
            return {}
        parts: dict[str, list[Tensor | None]] = {}
        disorder = torch.zeros((), dtype=torch.float64)
        for t, (step, weight) in enumerate(zip(self.steps, self.signals, strict=True)):
            log_pi = self.policy(torch.tensor(step.observation))
            disorder = disorder - (log_pi.exp() * log_pi).sum() / len(self.steps)
            loss = -float(np.float32(weight)) * log_pi[step.action] / len(self.steps)
            parts[f"step {t}"] = self._derivatives(loss)
        if self.config.entropy_coefficient:
            parts["entropy"] = self._derivatives(-self.config.entropy_coefficient * disorder)
        return parts

    def _critic(self, steps: Sequence[Any]) -> dict[str, list[Tensor | None]]:
        rows = [
            (s.observation, s.action, s.reward, s.terminated, s.next_observation) for s in steps
        ]
        return self._critic_loss(rows)

    def _critic_of(self, batch: Any) -> dict[str, list[Tensor | None]]:
        fields = "observations", "actions", "rewards", "terminated", "next_observations"
        return self._critic_loss(list(zip(*(getattr(batch, name) for name in fields), strict=True)))

    def _critic_loss(self, rows: list[Any]) -> dict[str, list[Tensor | None]]:
        assert isinstance(self.run, ActorCriticRun)
        config, critic = self.config, self.run.agent.critic
        if config.trained == "actor_only":
            return {}
        loss = torch.zeros((), dtype=torch.float64)
        for seen, action, reward, terminated, following in rows:
            target = float(reward)
            if not terminated:
                target += config.gamma * float(critic(torch.tensor(following)).detach().max())
            estimate = critic(torch.tensor(seen))[int(action)]
            loss = loss + (target - estimate) ** 2 + config.q_regularization * estimate
        mean = config.value_loss_coefficient * loss / len(rows)
        self._others = torch.autograd.grad(
            mean, list(self.run.agent.critic.head.parameters()), retain_graph=True
        )
        return {"critic": self._derivatives(mean)}

    def _adam_step(self, wanted: dict[str, list[Tensor | None]], bound: float) -> None:
        """Take an Adam step (Kingma & Ba 2015, algorithm 1) on all parameters with a gradient."""
        if not wanted:
            return
        reached = {i for part in wanted.values() for i, g in enumerate(part) if g is not None}
        parts: Parts = {
            cause: [
                torch.zeros_like(p) if g is None else g
                for g, p in zip(part, self.start, strict=True)
            ]
            for cause, part in wanted.items()
        }
        total = [sum(of[1:], of[0]) for of in zip(*parts.values(), strict=True)]
        entries = [*total, *(self._others if "critic" in wanted else ())]
        length = float(torch.sqrt(sum((g**2).sum() for g in entries)))
        if isinstance(self.run, ActorCriticRun) and bound and length > bound:
            parts["clipping"] = [(bound / length - 1) * g for g in total]
            total = [bound / length * g for g in total]
        scales, corrections = [], []
        for i, g in enumerate(total):
            if i in reached:
                self.count[i] += 1
                self.square[i] = 0.999 * self.square[i] + 0.001 * g * g
            v_hat = self.square[i] / (1 - 0.999 ** max(self.count[i], 1))
            scales.append(torch.sqrt(v_hat) + 1e-8)
            corrections.append(1 - 0.9 ** self.count[i])
        self.adam.append((parts, scales, corrections))
        self.moved.append(reached)
        self._place(self.after())

    # The policy after the update, without some causes

    def after(self, off: Set[str] = frozenset()) -> list[Tensor]:
        """Return the parameters after all steps so far, without the causes in `off`."""
        theta = [p.clone() for p in self.start]
        m = [torch.zeros_like(p) if "momentum" in off else p.clone() for p in self.mean]
        for (parts, scales, corrections), reached in zip(self.adam, self.moved, strict=True):
            for i in reached:
                g = sum((part[i] for cause, part in parts.items() if cause not in off), 0 * m[i])
                m[i] = 0.9 * m[i] + 0.1 * g
                theta[i] -= self.config.learning_rate * m[i] / corrections[i] / scales[i]
        return theta

    def probabilities(self, theta: list[Tensor]) -> NDArray[np.float64]:
        """Compute π(aₜ|sₜ) of all T steps for these parameters: [T]."""
        self._place(theta)
        with torch.no_grad():
            pi = [self.policy(torch.tensor(step.observation)).exp() for step in self.steps]
        return np.array([float(p[step.action]) for p, step in zip(pi, self.steps, strict=True)])

    def _place(self, theta: list[Tensor]) -> None:
        for parameter, value in zip(self.parameters, theta, strict=True):
            parameter.data = value.clone()

    def effects(self, cause: Cause) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return two changes of π: the part lost without the cause, and with only the cause.

        Both arrays have the shape [T].
        """
        before, full = self.probabilities(self.start), self.probabilities(self.after())
        every = {"momentum"}.union(*(parts for parts, _scales, _corrections in self.adam))
        lost, gained = np.zeros(len(self.steps)), np.zeros(len(self.steps))
        for t in range(len(self.steps)):
            parts = {f"step {k}" for k in range(len(self.steps)) if (k == t) == (cause == "own")}
            of_cause = parts if cause in ("own", "others") else {cause}
            without = self.probabilities(self.after(of_cause))
            alone = self.probabilities(self.after(every - of_cause))
            if cause not in ("own", "others"):  # one computation is enough for all steps
                return full - without, alone - before
            lost[t], gained[t] = (full - without)[t], (alone - before)[t]
        return lost, gained


def reinforce_weights(run: ReinforceRun) -> NDArray[np.float64]:
    """Compute the returns minus the baseline. Normalise them if the settings require this."""
    config = run.config
    rewards, ends = [s.reward for s in run.batch], [s.ended for s in run.batch]
    whole = config.return_form == "whole_episode"
    returns = naive_returns(rewards, ends, config.gamma, whole_episode=whole)
    weights = returns.copy()
    if config.baseline == "mean":
        weights -= sum(returns) / len(returns)
    elif run.value is not None:
        with torch.no_grad():
            weights -= [float(run.value(torch.tensor(s.observation))) for s in run.batch]
    if config.normalize_returns:
        weights = (weights - weights.mean()) / (weights.std() or 1.0)
    return weights


# --- Updates with random settings


def drawn_configs(count: int) -> list[AgentConfig]:
    """Make settings for all kinds of agents, signals and baselines; the others are random."""
    random = np.random.default_rng(13)

    def one_of(*values: Any) -> Any:
        return values[random.integers(len(values))]

    configs: list[AgentConfig] = []
    cells = list(CELLS.values())
    for number in range(count):
        common = {
            "seed": int(random.integers(1000)),
            "entropy_coefficient": one_of(0.0, 0.05),
            "learning_rate": one_of(1e-3, 3e-3),
            "activation": one_of("tanh", "relu"),
            "hidden_sizes": one_of((), (5,), (5,), (6, 5)),
        }
        if number % 5 == 4:
            configs.append(
                short_config(
                    **common,
                    min_batch_steps=8,
                    baseline=BASELINES[number // 5 % 3],
                    normalize_returns=one_of(False, True),
                    return_form=one_of("reward_to_go", "whole_episode"),
                )
            )
            continue
        configs.append(
            short_cell(
                **common,
                **cells[number % 5],
                policy_signal=SIGNALS[number // 5 % 3],
                stop_gradient=one_of("none", "none", "none", "actor", "critic"),
                trained=one_of(*["both"] * 5, "critic_only", "actor_only"),
                symexp_heads=one_of(False, True),
                max_gradient_norm=one_of(0.0, 0.8),
                rollout_steps=one_of(1, 4, 4),
                engine=one_of("fast", "reference"),
            )
        )
    return configs


CONFIGS = drawn_configs(30)


def watched(config: AgentConfig, updates: int) -> WatchedStep:
    """Return the recorded step with update number `updates` of a new run."""
    tape = SlowMotion(TrainingSession(config))
    for _ in range(updates):
        tape.forward_to({"changed"}, 200)
    return tape.steps[-1]


@functools.cache
def drawn(number: int) -> tuple[Explanation, Effects]:
    """Return the explanation of an update, and the effects that `Recomputed` finds for it."""
    step = watched(CONFIGS[number], 1 + number % 4)
    assert step.explanation is not None
    assert step.before_update is not None
    recomputed = Recomputed(step.before_update)
    return step.explanation, {cause: recomputed.effects(cause) for cause in CAUSES}


def error(found: Mapping[Cause, NDArray[np.float64]], expected: Effects, largest: float) -> float:
    """Return the largest error of the effects, divided by the tolerance: at most 1 is right.

    The change of π that is lost without a cause differs from the change with only this cause,
    because π is not a linear function of the parameters. Up to the third order, the effect is the
    mean of these two changes. The tolerance is half of their difference, plus 1 % of the largest
    change.
    """
    worst = [0.0]
    for cause, (lost, gained) in expected.items():
        effect = found.get(cause, np.zeros(len(lost)))
        allowed = np.abs(lost - gained) / 2 + 0.01 * largest + 1e-6
        worst.append(float((np.abs(effect - (lost + gained) / 2) / allowed).max()))
    return float(np.max(worst))


@pytest.mark.parametrize("number", range(len(CONFIGS)))
def test_a_cause_explains_what_switching_it_off_alone_changes(number: int) -> None:
    found, expected = drawn(number)
    largest = float(np.abs(found.change).max())
    assert error(found.effects, expected, largest) <= 1
    assert np.abs(found.remainder).max() <= 1e-3 * largest + 1e-6


@pytest.mark.parametrize("pair", [("momentum", "critic"), ("own", "others")])
def test_exchanged_causes_would_be_noticed(pair: tuple[Cause, Cause]) -> None:
    one, other = pair
    noticed = []
    for number in range(len(CONFIGS)):
        found, expected = drawn(number)
        if one in found.effects and other in found.effects:
            wrong = {**found.effects, one: found.effects[other], other: found.effects[one]}
            noticed.append(error(wrong, expected, float(np.abs(found.change).max())) > 1)
    assert len(noticed) >= 4
    assert all(noticed)


def test_the_drawn_updates_know_every_cause() -> None:
    at_work = [cause for number in range(len(CONFIGS)) for cause in drawn(number)[0].effects]
    assert {cause: at_work.count(cause) >= 3 for cause in CAUSES} == dict.fromkeys(CAUSES, True)


# --- Special cases


def test_the_first_update_of_a_shared_body_is_the_critics() -> None:
    step = watched(ActorCriticConfig.shared_on_policy(seed=0), 1)
    found = step.explanation
    assert found is not None
    assert found.actor_norm == 0.0
    assert set(found.effects) == {"critic"}
    assert found.change[0] != 0
    assert found.shares["critic"] == pytest.approx(1, abs=1e-4)


def test_where_only_the_critic_learns_all_change_is_its() -> None:
    config = short_cell(**CELLS["split replay"], critic_only=True, learning_rate=0.3)
    tape = SlowMotion(TrainingSession(config.changed(critic_learning_rate=0.3)))
    for _ in range(12):
        tape.forward_to({"changed"}, 200)
    found = [step.explanation for step in tape.steps if step.explanation is not None]
    assert all(one.greedy and set(one.effects) == {"critic"} for one in found)
    assert any(one.change.any() for one in found)
    assert not any(one.remainder.any() for one in found)


def test_a_large_batch_is_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = watched(CONFIGS[4], 2).explanation
    monkeypatch.setattr("pglab.looks.attribution.CHUNK", 5)
    in_parts = watched(CONFIGS[4], 2).explanation
    assert whole is not None
    assert in_parts is not None
    for cause, effect in whole.effects.items():
        np.testing.assert_allclose(in_parts.effects[cause], effect, atol=1e-9)
    some = whole.of_steps(slice(2, 5))
    np.testing.assert_array_equal(some.change, whole.change[2:5])
    np.testing.assert_array_equal(some.effects["own"], whole.effects["own"][2:5])
