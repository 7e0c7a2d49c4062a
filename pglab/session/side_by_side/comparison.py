"""Compares two or four agents that train in lock step with the same seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.curves import Curve, kept_by_place
from pglab.environments import ENVIRONMENTS
from pglab.language import N_, _
from pglab.session.pacing import FIRST_SPEED, TURN, Pacemaker
from pglab.session.seeds.lockstep import SeedFailed, train_together
from pglab.session.sharing.gate import Gate
from pglab.session.side_by_side.contrasts import names_of
from pglab.session.side_by_side.forecast import Forecast
from pglab.session.side_by_side.side import Facts, Side, middle_of
from pglab.session.stored.usual_curves import SAME_WORK
from pglab.session.training_session import TrainingSession

POINTS_PER_OVERLAY = 400  # kept of an earlier curve, because a figure may show only its beginning
LENGTHS = (20_000, 60_000, 200_000)  # environment steps of a comparison
EQUAL = 0.05  # a difference below this share of the range of returns counts as a tie
LONGEST = LENGTHS[-1]
MOST_OVERLAYS = 6  # limit for earlier curves; the last comparison is always shown as a whole
CELLS = "cells"
FREE = "free"


@dataclass(frozen=True)
class Pair:
    """A ready-made comparison of two or four agents."""

    title: str
    configs: tuple[AgentConfig, ...]


_SHARED, _SHARED_REPLAY, _SPLIT, _SPLIT_REPLAY = ActorCriticConfig.cells()

PAIRS = {
    "seminar": Pair(
        N_("The seminar's two agents"),
        (ActorCriticConfig.shared_on_policy(), ActorCriticConfig.split_replay()),
    ),
    "body": Pair(N_("Only the body"), (_SHARED, _SPLIT)),
    "data": Pair(
        N_("Only the data"),
        (_SPLIT.changed(**SAME_WORK), _SPLIT_REPLAY.changed(**SAME_WORK)),
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
    """The key of the comparison in `PAIRS` with exactly these agents; `FREE` if no key fits."""
    for name, pair in PAIRS.items():
        if pair.configs == tuple(configs):
            return name
    return FREE


def leader(facts: Sequence[Facts], configs: Sequence[AgentConfig]) -> int | None:
    """Find the agent whose mean return has the highest median over seeds.

    Returns:
        The index of this agent, or None while an agent has not ended an episode. If the two best
        medians differ by less than the share `EQUAL` of the range of returns, the result is the
        number of agents, which is not a valid index.
    """
    medians = [of.mean_return[0] for of in facts if of.mean_return is not None]
    if len(medians) < len(facts):
        return None
    ranges = [ENVIRONMENTS[config.env_id].return_range for config in configs]
    span = max(high for _low, high in ranges) - min(low for low, _high in ranges)
    *_rest, second, best = sorted(medians)
    return len(facts) if best - second < EQUAL * span else medians.index(best)


def _middle(side: Side) -> Curve:
    curves = side.curves()
    return middle_of(curves, side.band(curves))


def _thinned(curve: Curve) -> Curve:
    kept = kept_by_place(curve.steps, curve.returns, POINTS_PER_OVERLAY)
    return Curve(curve.steps[kept], curve.returns[kept])


@dataclass(frozen=True)
class PastComparison:
    """Stores the curves and the results of an earlier comparison, so that pages can show them.

    `middles` contains the median curve of each agent's seeds. To save memory, not all points of a
    curve are kept.
    """

    number: int
    configs: tuple[AgentConfig, ...]
    seeds: int
    first_seed: int
    global_step: int
    middles: tuple[Curve, ...]
    facts: tuple[Facts, ...]


def overlays(past: Sequence[PastComparison], configs: Sequence[AgentConfig]) -> list[Curve]:
    """Median curves of earlier comparisons, with labels such as "run 1: γ 0.9".

    A curve is shown only if an agent in `configs` uses the curve's environment. The latest
    comparisons are added first. If a comparison would bring the total above `MOST_OVERLAYS` curves,
    this comparison and all earlier comparisons are left out.
    """
    environments = {config.env_id for config in configs}
    shown: list[Curve] = []
    for former in reversed(past):
        curves = [
            Curve(
                curve.steps, curve.returns, _("run {n}: {name}").format(n=former.number, name=name)
            )
            for name, config, curve in zip(
                names_of(former.configs), former.configs, former.middles, strict=True
            )
            if config.env_id in environments and len(curve.steps)
        ]
        if shown and len(shown) + len(curves) > MOST_OVERLAYS:
            break
        shown = [*curves, *shown]
    return shown


class Comparison:
    """Two or four agents that train in lock step.

    Hold `lock` while you use a comparison. Threads train the first seed of every agent in lock
    step. The other seeds of each agent follow, up to the step of the first seed.
    """

    def __init__(
        self,
        configs: Sequence[AgentConfig],
        seeds: int,
        first_seed: int = 0,
        length: int = LONGEST,
        sessions: Sequence[TrainingSession] = (),
    ) -> None:
        """Make new runs of `length` environment steps, with the same seeds for every agent.

        If `sessions` are given, they are the stored runs of the agents with the first seed. These
        runs continue. The runs with the other seeds are trained from step 0 to the same step.

        Raises:
            ConfigError: an environment cannot be used.
        """
        self.lock = Gate()
        self.configs = tuple(configs)
        self.seeds = seeds
        self.first_seed = first_seed
        self.names = names_of(configs)
        self.length = length  # may change during training, because no run depends on the length
        self.speed = FIRST_SPEED  # one of the pacemaker's `SPEEDS`
        self.forecast = Forecast()
        self._forecast_speed = self.speed  # the speed at which `forecast` has measured
        self.pacemaker = Pacemaker()
        self.sides = [
            Side(config, seeds, self.pacemaker, first_seed, session)
            for config, session in zip_longest(configs, sessions)
        ]
        self._runs = [side.session for side in self.sides]
        self._groups = [side.group for side in self.sides if side.group is not None]
        self._failure: str | None = None  # error message if a further seed could not be trained

    @property
    def global_step(self) -> int:
        """The environment step that every agent has reached with the first seed."""
        return min(side.session.global_step for side in self.sides)

    @property
    def steps_of_all(self) -> int:
        """The environment step that every agent has reached with every unfinished seed."""
        return min([self.global_step, *(group.steps for group in self._groups)])

    @property
    def total_steps(self) -> int:
        """The comparison's last step: the smallest of `length` and the agents' `total_steps`."""
        return min([self.length, *(config.total_steps for config in self.configs)])

    @property
    def finished(self) -> bool:
        """True if training with the first seed has ended."""
        ended = any(side.session.finished for side in self.sides)
        return ended or self.global_step >= self.total_steps

    @property
    def problem(self) -> str | None:
        """A sentence that describes a problem; None if there is no problem.

        A problem is an agent that diverged or a seed that could not be trained.
        """
        if self._failure is not None:
            return self._failure
        for name, side in zip(self.names, self.sides, strict=True):
            for session in side.sessions:
                if session.problem is not None:
                    seed = _(", seed {seed}").format(seed=session.config.seed)
                    return f"{name}{seed if self.seeds > 1 else ''}: {session.problem}"
        return None

    @property
    def running(self) -> bool:
        """True while the agents train; False if the comparison is paused."""
        return self.sides[0].running

    @property
    def busy(self) -> bool:
        """True while the first seeds train or the further seeds catch up with the first seeds."""
        # After an error, the seeds wait until the visitor presses Run.
        waits = self._failure is not None
        return self.running or (not waits and any(group.behind for group in self._groups))

    @property
    def next_turn(self) -> float:
        """The time of the next turn, on the clock of the pacemaker; infinity if no turn is due."""
        return self.pacemaker.next_turn(self.speed, running=self.running, busy=self.busy)

    def show_seed(self, index: int) -> None:
        """Choose the seed that all players and heatmaps show; 0 is the first seed."""
        for side in self.sides:
            side.shown_seed = index

    def run(self) -> None:
        """Start or continue training: from now on, each call of `take_turn` trains the agents."""
        self._failure = None
        self.pacemaker.start()
        self.forecast.start()
        self._set_running(not self.finished)

    def pause(self) -> None:
        """Pause the comparison at once."""
        self._set_running(False)

    def advance(self, steps: int) -> None:
        """Train the first seed of every agent for `steps` environment steps.

        If the run of one agent diverges, the other agents stop within 0.02 seconds of training.
        """
        limit = min(self.global_step + steps, self.total_steps)
        train_together(self._runs, (), limit, math.inf)

    def take_turn(self) -> None:
        """Train the agents at the chosen speed for one turn, which lasts at most about `TURN`."""
        self.pacemaker.begin_turn()
        if self.speed != self._forecast_speed:
            self._forecast_speed = self.speed
            self.forecast.start()
        before = limit = self.global_step
        if self.running:
            limit += self.pacemaker.steps_due(self.speed, self.total_steps - before)
        try:
            train_together(self._runs, self._groups, limit, TURN)
        except SeedFailed as error:
            self._failure = str(error)
            self.pause()
        self.pacemaker.note_steps(self.global_step - before)
        self.pacemaker.note_position(self.global_step)
        self.forecast.note(self.steps_of_all)
        if self.finished:
            self.pause()

    @property
    def milliseconds_per_1000_steps(self) -> float | None:
        """Mean processor time of training 1000 steps of the slowest agent's first run."""
        known = (run.milliseconds_per_1000_steps for run in self._runs)
        return max((cost for cost in known if cost is not None), default=None)

    def summary(self, number: int) -> PastComparison:
        """The present state of the comparison; `number` is its number in tables and labels."""
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
