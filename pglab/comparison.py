"""Agents side by side: the same seeds, the same number of environment steps, one clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pglab.algorithms.families import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig, format_value, settings_of
from pglab.language import N_, _
from pglab.pacing import Pacemaker
from pglab.plots import Curve, thinned
from pglab.seeds import keep_up
from pglab.sides import Facts, Side, middle_of

POINTS_PER_OVERLAY = 60
MOST_OVERLAYS = 6  # curves; of the last comparison all are shown
# How a comparison goes on is not what is compared.
NOT_COMPARED = ("seed", "stop_when_solved", "total_steps")
LETTERS = "ABCD"  # names of the sides
CELLS = "cells"
FREE = "free"


@dataclass(frozen=True)
class Pair:
    """A ready-made comparison: two agents, or four."""

    title: str
    configs: tuple[AgentConfig, ...]


_SHARED, _SHARED_REPLAY, _SPLIT, _SPLIT_REPLAY = ActorCriticConfig.cells()
# As many critic steps on as many transitions with a buffer as without.
_SAME_WORK = {"critic_updates": 1, "batch_size": 16}

PAIRS = {
    "seminar": Pair(
        N_("The seminar's two agents"),
        (ActorCriticConfig.shared_on_policy(), ActorCriticConfig.split_replay()),
    ),
    "body": Pair(N_("Only the body"), (_SHARED, _SPLIT)),
    "data": Pair(
        N_("Only the data"),
        (_SPLIT.changed(**_SAME_WORK), _SPLIT_REPLAY.changed(**_SAME_WORK)),
    ),
    "frequency": Pair(
        N_("Only the update frequency"),
        (ActorCriticConfig(), ActorCriticConfig(rollout_steps=16)),
    ),
    "gamma": Pair(N_("Only γ"), (ReinforceConfig(), ReinforceConfig(gamma=0.9))),
    "learning_rate": Pair(
        N_("Only the learning rate"), (ReinforceConfig(), ReinforceConfig(learning_rate=1e-2))
    ),
    CELLS: Pair(N_("All four cells"), (_SHARED, _SHARED_REPLAY, _SPLIT, _SPLIT_REPLAY)),
}


def pair_of(configs: Sequence[AgentConfig]) -> str:
    """The ready-made comparison that these configurations are, or `FREE`."""
    for name, pair in PAIRS.items():
        if pair.configs == tuple(configs):
            return name
    return FREE


@dataclass(frozen=True)
class Difference:
    """One thing in which agents differ: its name, and what each of them has."""

    label: str
    values: tuple[str, ...]


def differences_between(configs: Sequence[AgentConfig]) -> list[Difference]:
    """Everything in which the agents differ, the algorithm first.

    What counts is what takes effect: a shared body's critic learns with the one learning rate,
    and without a buffer the critic takes one step on the rollout. A setting without effect on any
    of them is left out, and so is the seed. One that only some algorithms have counts with the
    algorithm.
    """
    found = []
    algorithms = tuple(algorithm_name(config) for config in configs)
    if len(set(algorithms)) > 1:
        found.append(Difference(_("algorithm"), algorithms))
    for name, setting in settings_of(configs[0]).items():
        if name in NOT_COMPARED or not all(name in settings_of(config) for config in configs):
            continue
        if not any(_applies(config, name) for config in configs):
            continue
        values = [_effective(config, name) for config in configs]
        if len({value for value in values if value is not None}) > 1:
            texts = ("–" if value is None else format_value(value) for value in values)
            found.append(Difference(_(setting.label), tuple(texts)))
    return found


def algorithm_name(config: AgentConfig) -> str:
    """Which algorithm a configuration is one of, in words."""
    return "REINFORCE" if isinstance(config, ReinforceConfig) else _("actor-critic")


def _applies(config: AgentConfig, name: str) -> bool:
    condition = settings_of(config)[name].applies_when
    return condition is None or getattr(config, condition[0]) == condition[1]


def _effective(config: AgentConfig, name: str) -> Any:
    """What a setting amounts to beside the others; None where it has no effect."""
    if _applies(config, name):
        return getattr(config, name)
    if isinstance(config, ActorCriticConfig):
        instead = {
            "critic_learning_rate": config.learning_rate,
            "critic_updates": 1,
            "batch_size": config.rollout_steps,
            "match_parameters": False,
            "stop_gradient": "none",
        }
        return instead.get(name)
    return None


def _middle(side: Side) -> Curve:
    curves = side.curves()
    return middle_of(curves, side.band(curves))


def _thinned(curve: Curve) -> Curve:
    kept = thinned(len(curve.steps), POINTS_PER_OVERLAY)
    return Curve(curve.steps[kept], curve.returns[kept])


@dataclass(frozen=True)
class PastComparison:
    """A comparison that was restarted: enough to draw its curves and to fill its row.

    `middles` is the median curve of each side over its seeds, thinned.
    """

    number: int
    configs: tuple[AgentConfig, ...]
    seeds: int
    first_seed: int
    global_step: int
    middles: tuple[Curve, ...]
    facts: tuple[Facts, ...]


def overlays(past: Sequence[PastComparison], configs: Sequence[AgentConfig]) -> list[Curve]:
    """Median curves of the latest comparisons in an environment of these agents, as "1A", "1B".

    As many whole comparisons as `MOST_OVERLAYS` curves allow, the last one in any case.
    """
    environments = {config.env_id for config in configs}
    shown: list[Curve] = []
    for former in reversed(past):
        curves = [
            Curve(curve.steps, curve.returns, f"{former.number}{letter}")
            for letter, config, curve in zip(LETTERS, former.configs, former.middles, strict=False)
            if config.env_id in environments and len(curve.steps)
        ]
        if shown and len(shown) + len(curves) > MOST_OVERLAYS:
            break
        shown = [*curves, *shown]
    return shown


class Comparison:
    """Two or four agents in lock step. It knows nothing of the interface; hold `lock`.

    The first seeds take turns of a single step; further ones are trained to where those stand.
    """

    def __init__(self, configs: Sequence[AgentConfig], seeds: int, first_seed: int = 0) -> None:
        """Fresh runs, the same seeds on every side.

        Raises:
            ConfigError: an environment cannot be used.
        """
        self.lock = threading.RLock()
        self.configs = tuple(configs)
        self.seeds = seeds
        self.first_seed = first_seed
        self.pacemaker = Pacemaker()
        self.sides = [Side(config, seeds, self.pacemaker, first_seed) for config in configs]
        self._groups = [side.group for side in self.sides if side.group is not None]
        self._failure: str | None = None  # a sentence, where further seeds could not be trained

    @property
    def global_step(self) -> int:
        """Environment steps that every agent has taken with the first seed."""
        return min(side.session.global_step for side in self.sides)

    @property
    def steps_of_all(self) -> int:
        """Environment steps that every agent has taken with every seed that has not ended."""
        return min([self.global_step, *(group.steps for group in self._groups)])

    @property
    def total_steps(self) -> int:
        """Where the comparison ends: with the first agent that does."""
        return min(config.total_steps for config in self.configs)

    @property
    def finished(self) -> bool:
        """Whether the first seeds take no further step."""
        return any(side.session.finished for side in self.sides)

    @property
    def problem(self) -> str | None:
        """A sentence, where an agent diverged or a seed could not be trained."""
        if self._failure is not None:
            return self._failure
        for letter, side in zip(LETTERS, self.sides, strict=False):
            for session in side.sessions:
                if session.problem is not None:
                    seed = _(", seed {seed}").format(seed=session.config.seed)
                    return f"{letter}{seed if self.seeds > 1 else ''}: {session.problem}"
        return None

    @property
    def running(self) -> bool:
        """Whether the page's ticks drive it."""
        return self.sides[0].running

    @property
    def busy(self) -> bool:
        """Whether ticks are wanted: it goes on, or further seeds have to catch up."""
        return self.running or any(group.behind for group in self._groups)

    def follow(self, number: int) -> None:
        """Let the players and the heatmaps show this seed, counted from 0."""
        for side in self.sides:
            side.followed = number

    def run(self) -> None:
        """Let the page's ticks drive it."""
        self._failure = None
        self.pacemaker.start()
        self._set_running(not self.finished)

    def pause(self) -> None:
        """Stop at once."""
        self._set_running(False)

    def advance(self, steps: int) -> None:
        """Every agent takes so many environment steps, or fewer when one of them ends.

        They take turns of a single step, and a turn is always completed: so all stand at the step
        at which one ends. Only an agent that cannot even choose its next action leaves those
        whose turn came before it one step ahead.
        """
        for _turn in range(steps):
            if self.finished:
                return
            for side in self.sides:
                side.session.advance()

    def tick(self) -> None:
        """Train for one redraw of the page."""
        self.pacemaker.tick()
        seconds = self.pacemaker.training_seconds
        deadline = time.perf_counter() + seconds
        if self._may_go_on(seconds):
            while time.perf_counter() < deadline and not self.finished:
                self.advance(1)
        self.pacemaker.note_progress(self.global_step)
        if self.finished:
            self.pause()

    def _may_go_on(self, seconds: float) -> bool:
        """Let further seeds be trained; whether the first ones may go on in this tick."""
        try:
            return keep_up(self._groups, seconds, running=self.running)
        except RuntimeError as error:
            self._failure = str(error)
            self.pause()
            return False

    def abandon(self) -> None:
        """Nobody wants it any more: train none of its seeds further."""
        for group in self._groups:
            group.abandon()

    def summary(self, number: int) -> PastComparison:
        """What will be kept of it."""
        return PastComparison(
            number,
            self.configs,
            self.seeds,
            self.first_seed,
            self.global_step,
            tuple(_thinned(_middle(side)) for side in self.sides),
            tuple(side.facts() for side in self.sides),
        )

    def _set_running(self, running: bool) -> None:
        for side in self.sides:
            side.running = running
