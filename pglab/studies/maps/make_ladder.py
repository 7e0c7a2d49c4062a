"""Makes the ladder of the seminar's two actor-critics, and prints its findings.

A ladder says which differences between two agents change the return. This command trains each agent
of the ladder with the seeds 0–15:

    python -m pglab.studies.maps.make_ladder --seeds 16 --steps 60000

Runs in the library are not trained again. So if the command was interrupted, you can repeat it.
The environment variable `PGLAB_DASK` says where the runs are trained. With `--write`, the command
also writes `pglab/data/ladders/seminar.json`, which the pages read.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pglab.maps.ladder.effects import Effect
from pglab.maps.ladder.findings import Ladder, effects_alone, find_ladder
from pglab.maps.ladder.plan import LadderPlan
from pglab.maps.ladder.stored import AGENTS, FOLDER, SEMINAR, ladder_from, text_of
from pglab.maps.ladder.values import ResultsOf, values_from
from pglab.maps.ladder.words import change_in_words, findings_in_words
from pglab.maps.plan import FEWEST_SEEDS, MOST_SEEDS
from pglab.maps.running.arms import results_of_runs
from pglab.maps.running.estimate import duration_text, runs_at_once, seconds_of
from pglab.maps.running.keys import provenance_of
from pglab.maps.running.map_run import Snapshot
from pglab.maps.running.results import Results
from pglab.maps.running.workers import shared_workers
from pglab.networks import use_one_thread
from pglab.session.stored.provenance import KEY
from pglab.studies.arguments import add_write, parser_of, steps_of_a_run, whole_number
from pglab.studies.maps.make_maps import empty_library
from pglab.studies.outcome import Outcome, changed_versions, number_differences
from pglab.studies.workers import workers_of_command


def make(plan: LadderPlan, *, with_path: bool) -> Ladder:
    """Train all agents of a ladder, and return its findings. End the program if this fails."""
    with workers_of_command() as workers:
        seconds = seconds_of(plan, runs_at_once(plan, workers), every_cell=True)
        runs = len(plan.cells) * plan.seeds
        path = ", then the path" if with_path else ""
        print(f"{runs:,} runs, about {duration_text(seconds)}{path}", flush=True)
        results = Results()
        return _found(
            plan, lambda runs: results_of_runs(runs, workers, results, report), with_path=with_path
        )


def _found(plan: LadderPlan, results_of: ResultsOf, *, with_path: bool) -> Ladder:
    if with_path:
        return find_ladder(plan, results_of)
    values = values_from(plan, results_of)(plan.arms)
    return effects_alone(plan, dict(zip(plan.arms, values, strict=True)))


def recheck(name: str) -> Outcome:
    """Train a stored ladder again, and compare its values and its findings with the stored ones.

    Raises:
        RunFailed: a run could not be trained, or no worker can be reached; the message says why.
    """
    path = FOLDER / f"{name}.json"
    if not path.exists():
        return Outcome(["no ladder is stored"])
    text = path.read_text(encoding="utf-8")
    stored, content = ladder_from(text), json.loads(text)
    with empty_library() as results:
        ladder = _found(
            stored.plan,
            lambda runs: results_of_runs(runs, shared_workers(), results),
            with_path=stored.path is not None,
        )
    now, before = verdicts(ladder), verdicts(stored)
    return Outcome(
        numbers=_differences(json.loads(text_of(ladder))["arms"], content["arms"]),
        claims=[
            f"{what}: {now.get(what)}; stored: {before.get(what)}"
            for what in {**before, **now}
            if now.get(what) != before.get(what)
        ],
        versions=changed_versions(content[KEY], provenance_of(stored.plan.a)),
    )


def verdicts(ladder: Ladder) -> dict[str, str]:
    """Map names to a ladder's claims: the verdict on each effect, and the settings of the path."""
    found: dict[str, str] = {"everything": ladder.whole.verdict}
    for one in ladder.effects:
        change = change_in_words(ladder.plan, one.rung)
        for agent, effect in (("A", one.in_a), ("B", one.in_b)):
            if isinstance(effect, Effect):
                found[f"{change}, in {agent}"] = effect.verdict
    if ladder.path is None:
        return found
    return {**found, "path": ", ".join(step.rung.names[0] for step in ladder.path)}


def _differences(new: Sequence[dict[str, Any]], stored: Sequence[dict[str, Any]]) -> list[str]:
    """Say how the values of the arms differ from the stored values.

    If both ladders have the same path, their arms are in the same order.
    """
    if [arm["config"] for arm in new] != [arm["config"] for arm in stored]:
        return ["other agents are compared"]
    names = ("late_return", "area", "diverged")
    return [
        text
        for name in names
        for text in number_differences(name, *([arm[name] for arm in of] for of in (new, stored)))
    ]


def report(snapshot: Snapshot) -> None:
    """Print how many runs have been trained."""
    left = "" if snapshot.seconds_left is None else f", {snapshot.seconds_left / 60:.0f} min left"
    print(f"{len(snapshot.results)} of {snapshot.total} runs{left}", flush=True)


def save(name: str, ladder: Ladder) -> Path:
    """Write a ladder to the file that the pages read."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.json"
    path.write_text(text_of(ladder), encoding="utf-8")
    return path


def parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    of_command = parser_of("pglab.studies.maps.make_ladder", __doc__)
    of_command.add_argument("--seeds", type=whole_number(FEWEST_SEEDS, MOST_SEEDS), default=16)
    of_command.add_argument("--steps", type=steps_of_a_run(1_000), default=60_000)
    of_command.add_argument(
        "--no-path",
        action="store_true",
        help="look for no path from A to B, which may take longer than everything else",
    )
    add_write(of_command, "the stored ladder")
    return of_command


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    use_one_thread()
    chosen = parser().parse_args(arguments)
    ladder = make(
        LadderPlan(*AGENTS[SEMINAR], chosen.seeds, chosen.steps), with_path=not chosen.no_path
    )
    print("\n".join(findings_in_words(ladder)))
    if chosen.write:
        print(save(SEMINAR, ladder))


if __name__ == "__main__":
    main()
