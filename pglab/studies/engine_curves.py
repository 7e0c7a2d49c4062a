"""Compares the learning curves of the fast engine and of the PyTorch reference.

This command trains the same ten seeds with each engine, and does not stop when a task is solved:

    python -m pglab.studies.engine_curves split_replay --seeds 10 --steps 60000

The command takes long, because in one process the runs of the PyTorch reference take turns. With
the environment variable `PGLAB_DASK=auto`, each core has a process of its own.

The engines round differently, so the two runs of one seed may take different actions at some step.
The command counts the seeds for which the actions differ. For these seeds, it prints the range and
the median of the first step with different actions. The command also prints a table, with one row
for every 10,000 steps. A row contains the median return over the seeds for each engine.

In each row of the table, a sign-flip test (Fisher 1935, section 21) compares the returns of the two
engines. The column p contains the p-value of this test. The null hypothesis says that the engines
do not differ. For each seed, the test takes the difference between the returns of the two runs. It
then flips the signs of these differences.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from pglab.algorithms.agents import AgentConfig
from pglab.networks import use_one_thread
from pglab.records import Record, StepRecord
from pglab.session.seeds.statistics import sign_flip_p
from pglab.session.stored.usual_curves import AGENTS, TABLE_WINDOW, WINDOW, LearningCurves
from pglab.session.train import train
from pglab.studies.arguments import number_of_seeds, parser_of, steps_of_a_run
from pglab.studies.learning_curves import make, of_seeds
from pglab.studies.outcome import Outcome, not_in
from pglab.studies.workers import workers_of_command

ENGINES = ("fast", "reference")
# What the README compares: the agents, by their names in its table.
README = Path(__file__).parents[2] / "README.md"
NAMES = {
    "reinforce": "REINFORCE",
    "shared_on_policy": "shared body",
    "split_replay": "split bodies",
}
SEEDS, STEPS = 10, 60_000


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
    """Describe, over all seeds, the first step with different actions.

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


def recheck() -> Outcome:
    """Compare the engines again, and check that the README contains the results.

    Raises:
        OSError: there is no README, because this is not a clone of the repository.
    """
    sentences, smallest_p = [], 1.0
    for agent, name in NAMES.items():
        config = AGENTS[agent]
        sentences.append(parting_sentence(of_seeds(parting, config, SEEDS, STEPS)))
        fast, reference = (
            make(config.changed(engine=engine), SEEDS, STEPS).mean_returns(TABLE_WINDOW // WINDOW)
            for engine in ENGINES
        )
        last = (np.median(means[:, -1]) for means in (reference, fast))
        sentences.append(f"| {name} | {' | '.join(f'{median:.0f}' for median in last)} |")
        smallest_p = min(smallest_p, *map(sign_flip_p, (fast - reference).T))
    sentences.append(f"The smallest p-value of these 18 tests is {smallest_p:.2f}.")
    missing = not_in(README.read_text(encoding="utf-8"), sentences)
    return Outcome(claims=[f"not in the README: {text}" for text in missing])


def parting_sentence(steps: Sequence[int | None]) -> str:
    """The README's phrase: in which steps, over all seeds, the engines first act differently."""
    parted = sorted(step for step in steps if step is not None)
    if len(parted) == 1:
        return f"for only one of ten seeds, at step {parted[0]:,}."
    if len(parted) < len(steps):
        return parting_text(steps)
    return (
        f"between step {parted[0]:,} and step {parted[-1]:,} (ten seeds, median "
        f"{np.median(parted):,.0f})"
    )


def parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    of_command = parser_of("pglab.studies.engine_curves", __doc__)
    of_command.add_argument("agent", choices=AGENTS)
    of_command.add_argument("--seeds", type=number_of_seeds(), default=SEEDS)
    of_command.add_argument("--steps", type=steps_of_a_run(TABLE_WINDOW), default=STEPS)
    return of_command


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    use_one_thread()
    chosen = parser().parse_args(arguments)
    config = AGENTS[chosen.agent]
    with workers_of_command():
        partings = of_seeds(parting, config, chosen.seeds, chosen.steps)
        print(parting_text(partings), flush=True)
        fast, reference = (
            make(config.changed(engine=engine), chosen.seeds, chosen.steps) for engine in ENGINES
        )
    print("\n".join(comparison(fast, reference)))


if __name__ == "__main__":
    main()
