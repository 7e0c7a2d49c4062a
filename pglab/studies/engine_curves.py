"""Compares the learning curves of the fast engine and of the PyTorch reference.

This command trains the same ten seeds with each engine, and does not stop when a task is solved:

    python -m pglab.studies.engine_curves split_replay --seeds 10 --steps 60000

The command takes long, because the runs of the PyTorch reference take turns on one core.

Because of rounding, the two runs of one seed may take different actions at some step. The command
prints for how many seeds this happens, and the range and the median of the first such steps. It
also prints a table with the median return over the seeds of each engine, for every 10,000 steps.

In each row of the table, a sign-flip test (Fisher 1935, section 21) compares the returns of the two
engines. The column p contains the p-value of this test. The null hypothesis says that the engines
do not differ. For each seed, the test takes the difference between the returns of the two runs. It
then flips the signs of these differences.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from pglab.algorithms.agents import AgentConfig
from pglab.networks import use_one_thread
from pglab.records import Record, StepRecord
from pglab.session.seeds.statistics import sign_flip_p
from pglab.session.stored.usual_curves import AGENTS, TABLE_WINDOW, WINDOW, LearningCurves
from pglab.session.train import train
from pglab.studies.arguments import number_of_seeds, parser_of, steps_of_a_run
from pglab.studies.learning_curves import make, of_seeds

ENGINES = ("fast", "reference")


def first_difference(some: Iterable[Record], others: Iterable[Record]) -> int | None:
    """The first step at which two runs take different actions, or None if no action differs."""
    for one, other in zip(_steps(some), _steps(others), strict=False):
        if one.action != other.action:
            return one.global_step
    return None


def _steps(records: Iterable[Record]) -> Iterator[StepRecord]:
    return (record for record in records if isinstance(record, StepRecord))


def parting(config: AgentConfig) -> int | None:
    """Train with both engines. Return the first step with different actions, or None."""
    fast, reference = (train(config.changed(engine=engine)) for engine in ENGINES)
    return first_difference(fast, reference)


def parting_text(steps: Sequence[int | None]) -> str:
    """Say at which steps the two engines first take different actions.

    `steps` contains the result of `parting` for each seed.
    """
    parted = sorted(step for step in steps if step is not None)
    text = f"{len(parted)} of {len(steps)} seeds: different actions"
    if not parted:
        return text
    return f"{text}, first at step {parted[0]:,} to {parted[-1]:,}, median {np.median(parted):,.0f}"


def comparison(fast: LearningCurves, reference: LearningCurves) -> list[str]:
    """A Markdown table of the engines' median returns, with one row for each 10,000 steps.

    The column p contains the p-value of the sign-flip test that compares the engines.
    """
    pairs = [c.mean_returns(TABLE_WINDOW // WINDOW) for c in (fast, reference)]
    lines = [
        "| up to step | fast engine: median | reference: median | p |",
        "|---:|---:|---:|---:|",
    ]
    for window, (quick, slow) in enumerate(zip(pairs[0].T, pairs[1].T, strict=True)):
        lines.append(
            f"| {(window + 1) * TABLE_WINDOW:,} | {np.median(quick):.0f} | {np.median(slow):.0f} "
            f"| {sign_flip_p(quick - slow):.2f} |"
        )
    return lines


def parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    of_command = parser_of("pglab.studies.engine_curves", __doc__)
    of_command.add_argument("agent", choices=AGENTS)
    of_command.add_argument("--seeds", type=number_of_seeds(), default=10)
    of_command.add_argument("--steps", type=steps_of_a_run(TABLE_WINDOW), default=60_000)
    return of_command


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    use_one_thread()
    chosen = parser().parse_args(arguments)
    config = AGENTS[chosen.agent]
    partings = of_seeds(parting, config, chosen.seeds, chosen.steps)
    print(parting_text(partings), flush=True)
    fast, reference = (
        make(config.changed(engine=engine), chosen.seeds, chosen.steps) for engine in ENGINES
    )
    print("\n".join(comparison(fast, reference)))


if __name__ == "__main__":
    main()
