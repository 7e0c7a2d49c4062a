"""Agents side by side: the same seeds, the same number of environment steps, one clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pglab.algorithms.families import AgentConfig
from pglab.config import SEEDS, ActorCriticConfig, ReinforceConfig, format_value, settings_of
from pglab.language import N_, _
from pglab.networks import parameter_count
from pglab.pacing import Pacemaker
from pglab.plots import SMOOTHING_UPDATES, Curve, smoothed, thinned
from pglab.session import TrainingSession

MOST_SEEDS = 5
MOST_CURVE_POINTS = 200
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


@dataclass(frozen=True)
class Facts:
    """What one side has come to; ranges are over its seeds."""

    parameters: int
    gradient_steps: int
    milliseconds_per_1000_steps: float | None
    mean_return: tuple[float, float, float] | None  # mean, least, greatest over seeds
    opposed: float | None  # share of updates with opposed gradients on a shared body


class Side:
    """One agent of a comparison with its seeds; the player watches the first."""

    view: Literal["policy"] = "policy"
    shows_training_steps = False
    fresh_steps = 0

    def __init__(
        self, config: AgentConfig, seeds: int, pacemaker: Pacemaker, first_seed: int = 0
    ) -> None:
        """Runs that have not taken a step, with consecutive seeds in place of the config's.

        Raises:
            ConfigError: the environment cannot be used.
        """
        self.config = config
        self.pacemaker = pacemaker
        self.running = False
        self.sessions = [
            TrainingSession(
                config.changed(seed=(first_seed + n) % SEEDS, stop_when_solved=False),
                can_rewind=False,
            )
            for n in range(seeds)
        ]

    @property
    def session(self) -> TrainingSession:
        """The run of the first seed."""
        return self.sessions[0]

    watched = session

    def curves(self) -> list[Curve]:
        """Smoothed returns of every seed, thinned."""
        curves = []
        for session in self.sessions:
            episodes = session.history.episodes
            kept = thinned(len(episodes), MOST_CURVE_POINTS)
            returns = smoothed(episodes["episode_return"])[kept]
            curves.append(Curve(episodes["global_step"][kept], returns))
        return curves

    @property
    def shares_body(self) -> bool:
        """Whether actor and critic use the same layers."""
        return isinstance(self.config, ActorCriticConfig) and self.config.body == "shared"

    def updates(self, column: str) -> Curve:
        """One column of what is known of the first seed's updates, smoothed."""
        updates = self.session.history.updates
        means = smoothed(updates[column], updates.rows_for(SMOOTHING_UPDATES))
        known = ~np.isnan(means)
        return Curve(updates["global_step"][known], means[known])

    def points(self) -> Curve | None:
        """The return of every episode, thinned, where there is only one seed."""
        if len(self.sessions) > 1:
            return None
        episodes = self.session.history.episodes
        kept = thinned(len(episodes), MOST_CURVE_POINTS)
        return Curve(episodes["global_step"][kept], episodes["episode_return"][kept])

    def facts(self) -> Facts:
        """What this side has come to."""
        means = [session.history.mean_return() for session in self.sessions]
        known = [mean for mean in means if mean is not None]
        times = [session.milliseconds_per_1000_steps for session in self.sessions]
        cosines = np.concatenate([s.history.updates["cosine"] for s in self.sessions])
        cosines = cosines[~np.isnan(cosines)]
        return Facts(
            parameters=parameter_count(*self.session.networks.values()),
            gradient_steps=sum(session.gradient_steps for session in self.sessions),
            milliseconds_per_1000_steps=(
                float(np.mean([t for t in times if t is not None])) if any(times) else None
            ),
            mean_return=(float(np.mean(known)), min(known), max(known)) if known else None,
            opposed=float((cosines < 0).mean()) if len(cosines) else None,
        )


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """Mean of several curves, between the steps where all have begun and none has ended."""
    nothing = Curve(np.empty(0), np.empty(0))
    if any(len(curve.steps) == 0 for curve in curves):
        return nothing
    first = max(float(curve.steps[0]) for curve in curves)
    last = min(float(curve.steps[-1]) for curve in curves)
    if last < first:
        return nothing
    steps = np.linspace(first, last, MOST_CURVE_POINTS)
    return Curve(steps, np.mean([np.interp(steps, c.steps, c.returns) for c in curves], axis=0))


def _thinned(curve: Curve) -> Curve:
    kept = thinned(len(curve.steps), POINTS_PER_OVERLAY)
    return Curve(curve.steps[kept], curve.returns[kept])


@dataclass(frozen=True)
class PastComparison:
    """A comparison that was restarted: enough to draw its curves and to fill its row.

    `means` is the mean curve of each side over its seeds, thinned.
    """

    number: int
    configs: tuple[AgentConfig, ...]
    seeds: int
    first_seed: int
    global_step: int
    means: tuple[Curve, ...]
    facts: tuple[Facts, ...]


def overlays(past: Sequence[PastComparison], configs: Sequence[AgentConfig]) -> list[Curve]:
    """Mean curves of the latest comparisons in an environment of these agents, as "1A", "1B".

    As many whole comparisons as `MOST_OVERLAYS` curves allow, the last one in any case.
    """
    environments = {config.env_id for config in configs}
    shown: list[Curve] = []
    for former in reversed(past):
        curves = [
            Curve(curve.steps, curve.returns, f"{former.number}{letter}")
            for letter, config, curve in zip(LETTERS, former.configs, former.means, strict=False)
            if config.env_id in environments and len(curve.steps)
        ]
        if shown and len(shown) + len(curves) > MOST_OVERLAYS:
            break
        shown = [*curves, *shown]
    return shown


class Comparison:
    """Two or four agents in lock step. It knows nothing of the interface; hold `lock`."""

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

    @property
    def sessions(self) -> list[TrainingSession]:
        """The runs of all sides."""
        return [session for side in self.sides for session in side.sessions]

    @property
    def global_step(self) -> int:
        """Environment steps that every agent has taken."""
        return min(session.global_step for session in self.sessions)

    @property
    def total_steps(self) -> int:
        """Where the comparison ends: with the first agent that does."""
        return min(config.total_steps for config in self.configs)

    @property
    def finished(self) -> bool:
        """Whether no further step will be taken."""
        return any(session.finished for session in self.sessions)

    @property
    def problem(self) -> str | None:
        """A sentence, where an agent diverged."""
        for letter, side in zip(LETTERS, self.sides, strict=False):
            for session in side.sessions:
                if session.problem is not None:
                    return f"{letter}: {session.problem}"
        return None

    @property
    def running(self) -> bool:
        """Whether the page's ticks drive it."""
        return self.sides[0].running

    busy = running  # nothing has to catch up: all sides go in step

    def run(self) -> None:
        """Let the page's ticks drive it."""
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
        sessions = self.sessions
        for _turn in range(steps):
            if self.finished:
                return
            for session in sessions:
                session.advance()

    def tick(self) -> None:
        """Train for one redraw of the page."""
        self.pacemaker.tick()
        deadline = time.perf_counter() + self.pacemaker.training_seconds
        while time.perf_counter() < deadline and not self.finished:
            self.advance(1)
        self.pacemaker.note_progress(self.global_step)
        if self.finished:
            self.pause()

    def summary(self, number: int) -> PastComparison:
        """What will be kept of it."""
        return PastComparison(
            number,
            self.configs,
            self.seeds,
            self.first_seed,
            self.global_step,
            tuple(_thinned(mean_curve(side.curves())) for side in self.sides),
            tuple(side.facts() for side in self.sides),
        )

    def _set_running(self, running: bool) -> None:
        for side in self.sides:
            side.running = running
