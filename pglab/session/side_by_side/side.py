"""One side of a comparison: an agent, its runs with one or several seeds, and its results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pglab.algorithms.agents import AgentConfig
from pglab.config import SEEDS, ActorCriticConfig
from pglab.curves import SMOOTHING_UPDATES, Curve, UsualBand, kept_by_place, smoothed
from pglab.networks import parameter_count
from pglab.session.pacing import Pacemaker
from pglab.session.seeds.group import SeedGroup
from pglab.session.seeds.statistics import band_of, smoothed_curve, stop_of
from pglab.session.stored.usual_curves import stored_band
from pglab.session.training_session import TrainingSession

MOST_CURVE_POINTS = 200


@dataclass(frozen=True)
class Facts:
    """The results of one agent in a comparison, as numbers for a table."""

    parameters: int
    gradient_steps: int
    milliseconds_per_1000_steps: float | None
    mean_return: tuple[float, float, float] | None  # median, minimum, maximum over seeds
    opposed: float | None  # share of updates in which the gradients on a shared body are opposed


def first_config(config: AgentConfig, first_seed: int) -> AgentConfig:
    """The settings of an agent's run with the first seed; success does not stop this run."""
    return config.changed(seed=first_seed % SEEDS, stop_when_solved=False)


class Side:
    """One agent of a comparison, with one run for each seed. The player shows one of these runs."""

    player_mode: Literal["policy"] = "policy"
    shows_training_steps = False

    def __init__(
        self,
        config: AgentConfig,
        seeds: int,
        pacemaker: Pacemaker,
        first_seed: int = 0,
        session: TrainingSession | None = None,
    ) -> None:
        """Make one new run for each of `seeds` consecutive seeds, beginning with `first_seed`.

        The seed in `config` is ignored. The runs of all other seeds follow the run with
        `first_seed`. If `session` is given, this stored run is continued as the run with
        `first_seed`.

        Raises:
            ConfigError: the environment cannot be used.
        """
        self.config = config
        self.stored = stored_band(config)
        self.pacemaker = pacemaker
        self.running = False
        self.shown_seed = 0  # index of the seed that the player and the heatmap show
        if session is None:
            session = TrainingSession(first_config(config, first_seed), can_rewind=False)
        self.session = session
        self.group = SeedGroup(self.session, seeds - 1) if seeds > 1 else None

    @property
    def sessions(self) -> list[TrainingSession]:
        """The runs of all seeds."""
        return [self.session, *(self.group.members if self.group is not None else ())]

    @property
    def shown_session(self) -> TrainingSession:
        """The run that the player and the heatmap show."""
        return self.sessions[self.shown_seed]

    def curves(self) -> list[Curve]:
        """The smoothed learning curve of each seed."""
        return [smoothed_curve(session) for session in self.sessions]

    def band(self, curves: Sequence[Curve]) -> UsualBand | None:
        """A band with the median and the quartiles of the seeds' curves; None for only one seed.

        The band ends at the step that all unfinished seeds have reached.
        """
        if self.group is None:
            return None
        return band_of(curves, [stop_of(s) for s in self.sessions], self.group.steps)

    @property
    def shares_body(self) -> bool:
        """True if actor and critic share a body."""
        return isinstance(self.config, ActorCriticConfig) and self.config.body == "shared"

    def updates(self, column: str) -> Curve:
        """The smoothed curve of one column in the first seed's table of updates.

        Points with the value NaN are left out.
        """
        updates = self.session.history.updates
        means = smoothed(updates[column], updates.rows_for(SMOOTHING_UPDATES))
        known = ~np.isnan(means)
        return Curve(updates["global_step"][known], means[known])

    def points(self) -> Curve | None:
        """The returns of at most `MOST_CURVE_POINTS` episodes; None if there are several seeds."""
        if self.group is not None:
            return None
        episodes = self.session.history.episodes
        steps, returns = episodes["global_step"], episodes["episode_return"]
        kept = kept_by_place(steps, returns, MOST_CURVE_POINTS)
        return Curve(steps[kept], returns[kept])

    def facts(self) -> Facts:
        """The results of this agent so far, over all seeds."""
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
            mean_return=(float(np.median(known)), min(known), max(known)) if known else None,
            opposed=float((cosines < 0).mean()) if len(cosines) else None,
        )


def middle_of(curves: Sequence[Curve], band: UsualBand | None) -> Curve:
    """The curve that represents an agent: the median of its seeds, or the curve of its only seed.

    The curve is empty if the median of several seeds is not known yet.
    """
    if band is not None:
        return Curve(band.steps, band.median)
    return curves[0] if len(curves) == 1 else Curve(np.empty(0), np.empty(0))
