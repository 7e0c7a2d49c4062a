"""What settings usually give: learning curves over many seeds, made once and shown as a band.

    python -m pglab.learning_curves reinforce --seeds 20 --steps 200000

trains the seeds 0, 1, … with the agent's settings on all cores, without stopping when solved,
prints a table and writes `pglab/data/learning_curves/<agent>.json`. Besides the seminar's three
agents there are the four cells of body and critic data with everything else equal, `equal_…`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pglab.algorithms.families import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig, RunConfig
from pglab.language import _
from pglab.plots import UsualBand
from pglab.provenance import KEY, engine_name, engine_of, made_by
from pglab.records import EpisodeRecord, UpdateRecord
from pglab.training import train

Item = TypeVar("Item")

FOLDER = Path(__file__).parent / "data" / "learning_curves"
CELLS = {f"equal_{c.body}_{c.critic_data}": c for c in ActorCriticConfig.cells()}
# As many critic steps on as many transitions with a buffer as without.
SAME_WORK = {"critic_updates": 1, "batch_size": 16}
# Other rates of the on-policy cells, another signal, less work for the critic.
VARIATIONS = {
    f"{name}_{body}_on_policy": CELLS[f"equal_{body}_on_policy"].changed(
        learning_rate=rate, critic_learning_rate=rate
    )
    for name, rate in (("half_rate", 2.5e-4), ("double_rate", 1e-3))
    for body in ("shared", "split")
} | {
    "advantage_split_on_policy": CELLS["equal_split_on_policy"].changed(
        policy_signal="advantage_mean"
    ),
    "same_work_split_replay": CELLS["equal_split_replay"].changed(**SAME_WORK),
    "one_critic_step": ActorCriticConfig.split_replay(critic_updates=1),
}
AGENTS: dict[str, AgentConfig] = {
    "reinforce": ReinforceConfig(),
    "shared_on_policy": ActorCriticConfig.shared_on_policy(),
    "split_replay": ActorCriticConfig.split_replay(),
    **CELLS,
    **VARIATIONS,
}
WINDOW = 2_000  # environment steps over which returns are averaged
TABLE_WINDOW = 10_000
ROWS = ("sums", "counts", "conflicts", "updates")  # of a stored file, each [seeds, windows]


@dataclass(frozen=True)
class LearningCurves:
    """What happened in each window of `WINDOW` steps, for the seeds from 0 on: [seeds, windows].

    `sums` of the returns of the episodes that ended in it, and their `counts`; number of `updates`
    whose gradients on a shared body have a cosine, and of those with a negative cosine,
    `conflicts`; None for an agent without a shared body. `engine` is what trained them.
    """

    sums: NDArray[np.float64]
    counts: NDArray[np.float64]
    conflicts: NDArray[np.float64] | None = None
    updates: NDArray[np.float64] | None = None
    engine: str = RunConfig.engine

    @property
    def steps(self) -> NDArray[np.float64]:
        """The middle of every window, in environment steps: [windows]."""
        return WINDOW * np.arange(0.5, self.sums.shape[1])

    def mean_returns(self, windows: int = 1) -> NDArray[np.float64]:
        """Mean return over every `windows` windows together: [seeds, total / windows].

        NaN where no episode ended.
        """
        shape = (len(self.sums), -1, windows)
        sums = self.sums.reshape(shape).sum(axis=2)
        counts = self.counts.reshape(shape).sum(axis=2)
        means: NDArray[np.float64] = np.full_like(sums, np.nan)
        np.divide(sums, counts, out=means, where=counts > 0)
        return means

    def table(self, seeds: int, steps: int) -> list[tuple[int, float, float, float]]:
        """Last step, median, minimum and maximum over seeds of every 10 000 steps."""
        means = self.mean_returns(TABLE_WINDOW // WINDOW)[:seeds, : steps // TABLE_WINDOW]
        return [
            ((n + 1) * TABLE_WINDOW, float(np.median(m)), float(m.min()), float(m.max()))
            for n, m in enumerate(means.T)
        ]

    def last_row(self, steps: int) -> tuple[int, float, float, float]:
        """The table's last row, over all seeds."""
        return self.table(len(self.sums), steps)[-1]


def windows_of_run(config: AgentConfig) -> NDArray[np.float64]:
    """The four rows of `LearningCurves` for one seed: [4, windows]."""
    windows = np.zeros((4, config.total_steps // WINDOW))
    for record in train(config):
        window = (record.global_step - 1) // WINDOW
        if isinstance(record, EpisodeRecord):
            windows[:2, window] += record.episode_return, 1
        elif isinstance(record, UpdateRecord) and record.conflict is not None:
            cosine = record.conflict.cosine
            windows[2:, window] += cosine < 0, not math.isnan(cosine)
    return windows


def make(config: AgentConfig, seeds: int, steps: int) -> LearningCurves:
    """Train the seeds from 0 on, on all cores."""
    rows = np.stack(of_seeds(windows_of_run, config, seeds, steps), axis=1)
    return LearningCurves(**dict(zip(ROWS, rows, strict=True)), engine=config.engine)


def of_seeds(
    measure: Callable[[AgentConfig], Item], config: AgentConfig, seeds: int, steps: int
) -> list[Item]:
    """What is measured of the seeds from 0 on, each run that many steps long, on all cores."""
    whole = config.changed(total_steps=steps, stop_when_solved=False)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(measure, [whole.changed(seed=seed) for seed in range(seeds)]))


def save(agent: str, curves: LearningCurves) -> Path:
    """Write the curves to where the pages look for them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{agent}.json"
    rows = {name: getattr(curves, name) for name in ROWS}
    content = {KEY: made_by(curves.engine)} | {
        name: numbers.tolist()
        for name, numbers in rows.items()
        if numbers is not None and numbers.any()
    }
    path.write_text(json.dumps(content) + "\n", encoding="utf-8")
    return path


@cache
def load(agent: str) -> LearningCurves:
    """The curves that are part of the repository."""
    content = json.loads((FOLDER / f"{agent}.json").read_text(encoding="utf-8"))
    rows = {name: np.array(content[name]) for name in ROWS if name in content}
    return LearningCurves(**rows, engine=engine_of(content))


@cache
def _quantiles(agent: str) -> NDArray[np.float64]:
    """What bounds the middle 80 % of the seeds, and their median: [3, windows]."""
    quantiles: NDArray[np.float64] = np.nanquantile(
        load(agent).mean_returns(), [0.1, 0.5, 0.9], axis=0
    )
    return quantiles


def usual_band(agent: str, config: RunConfig) -> UsualBand | None:
    """What the defaults usually give, for the environment that they are meant for."""
    if config.env_id != type(config)().env_id:
        return None
    curves = load(agent)
    low, median, high = _quantiles(agent)
    label = _("grey: middle 80 % of {n} usual seeds").format(n=len(curves.sums))
    return UsualBand(curves.steps, low, median, high, label)


def table_text(curves: LearningCurves, seeds: int, steps: int) -> str:
    """The table as Markdown."""
    lines = [
        _("| up to step | median | minimum | maximum |"),
        "|---:|---:|---:|---:|",
        *(
            f"| {last:,} | {median:.0f} | {least:.0f} | {most:.0f} |"
            for last, median, least, most in curves.table(seeds, steps)
        ),
        "",
        _("Trained by the {engine}.").format(engine=engine_name(curves.engine)),
    ]
    return "\n".join(lines)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("agent", choices=AGENTS)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--dry-run", action="store_true", help="print the table, write nothing")
    arguments = parser.parse_args()
    curves = make(AGENTS[arguments.agent], arguments.seeds, arguments.steps)
    print(table_text(curves, arguments.seeds, arguments.steps))
    if not arguments.dry_run:
        print(save(arguments.agent, curves))


if __name__ == "__main__":
    main()
