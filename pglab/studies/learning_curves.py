"""Makes the learning curves of the usual settings, which the pages show behind a run.

This command trains REINFORCE with the seeds 0–19, on all cores:

    python -m pglab.studies.learning_curves reinforce --seeds 20 --steps 200000

Training does not stop when the task is solved. The command prints a table of the returns. With
`--write`, it also writes `pglab/data/learning_curves/<agent>.json`, which the pages read. The
environment variable `PGLAB_DASK` chooses the workers that train.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pglab.algorithms.agents import AgentConfig
from pglab.algorithms.run import TrainingDiverged
from pglab.maps.running.calls import on_workers
from pglab.maps.running.keys import provenance_of
from pglab.networks import use_one_thread
from pglab.session.stored.provenance import KEY, made_by
from pglab.session.stored.usual_curves import (
    AGENTS,
    FOLDER,
    ROWS,
    TABLE_WINDOW,
    WINDOW,
    LearningCurves,
    load,
    stored_provenance,
    table_text,
)
from pglab.session.training_session import TrainingSession
from pglab.studies.arguments import add_write, number_of_seeds, parser_of, steps_of_a_run
from pglab.studies.outcome import Outcome, changed_versions, number_differences
from pglab.studies.workers import workers_of_command

Item = TypeVar("Item")


def windows_of_run(config: AgentConfig) -> NDArray[np.float64]:
    """Train one run, and return sums over windows of `WINDOW` steps: array [4, windows].

    The four rows are the quantities that `ROWS` names.

    Raises:
        TrainingDiverged: a number is no longer finite.
    """
    windows = np.zeros((4, config.total_steps // WINDOW))
    session = TrainingSession(config, can_rewind=False)
    while not session.finished:
        for stretch in session.advance("step", WINDOW):
            episodes, updates = stretch.episodes, stretch.updates
            known = ~np.isnan(updates.cosine)
            _add(windows[0], episodes.global_step, episodes.episode_return)
            _add(windows[1], episodes.global_step, np.ones(len(episodes.episode)))
            _add(windows[2], updates.global_step, known & (updates.cosine < 0))
            _add(windows[3], updates.global_step, known)
    if session.problem is not None:
        raise TrainingDiverged(session.problem)
    return windows


def _add(windows: NDArray[np.float64], steps: NDArray[np.int64], values: NDArray[Any]) -> None:
    """Add each value to the window in which its environment step lies."""
    np.add.at(windows, (steps - 1) // WINDOW, values)


def make(config: AgentConfig, seeds: int, steps: int) -> LearningCurves:
    """Train one run with each seed from 0 to `seeds` − 1, and return the learning curves."""
    rows = np.stack(of_seeds(windows_of_run, config, seeds, steps), axis=1)
    return LearningCurves(**dict(zip(ROWS, rows, strict=True)), engine=config.engine)


def of_seeds(
    measure: Callable[[AgentConfig], Item], config: AgentConfig, seeds: int, steps: int
) -> list[Item]:
    """Call `measure` on workers, once for each of the seeds from 0 to `seeds` − 1.

    The argument of `measure` is `config` with this seed and with `steps` environment steps.
    Training does not stop when the task is solved.
    """
    whole = config.changed(total_steps=steps, stop_when_solved=False)
    return on_workers(measure, [whole.changed(seed=seed) for seed in range(seeds)])


def save(agent: str, curves: LearningCurves) -> Path:
    """Write the curves to the file that the pages read."""
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


def recheck(agent: str) -> Outcome:
    """Train the runs of an agent's stored curves again, and compare the new and stored curves."""
    config, stored = AGENTS[agent], load(agent)
    seeds, windows = stored.sums.shape
    try:
        curves = make(config, seeds, windows * WINDOW)
    except TrainingDiverged as error:
        return Outcome(claims=[f"a seed diverges: {error}"])
    rows = ((name, getattr(curves, name), getattr(stored, name)) for name in ROWS)
    return Outcome(
        numbers=[
            text
            for name, new, known in rows  # rows of zeros are not stored
            for text in number_differences(
                name, new, np.zeros_like(new) if known is None else known
            )
        ],
        versions=changed_versions(stored_provenance(agent), provenance_of(config)),
    )


def parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    of_command = parser_of("pglab.studies.learning_curves", __doc__)
    of_command.add_argument("agent", choices=AGENTS)
    of_command.add_argument("--seeds", type=number_of_seeds(), default=20)
    of_command.add_argument("--steps", type=steps_of_a_run(TABLE_WINDOW), default=200_000)
    add_write(of_command, "the agent's curves")
    return of_command


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    use_one_thread()
    chosen = parser().parse_args(arguments)
    with workers_of_command():
        curves = make(AGENTS[chosen.agent], chosen.seeds, chosen.steps)
    print(table_text(curves, chosen.seeds, chosen.steps))
    if chosen.write:
        print(save(chosen.agent, curves))


if __name__ == "__main__":
    main()
