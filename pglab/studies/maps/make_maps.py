"""Makes the maps that come with the repository, or checks them.

This command trains all runs of two maps:

    python -m pglab.studies.maps.make_maps reinforce_gamma split_replay_critic

For each map, the command first prints an estimate of the duration. After the training, it prints
how many runs differ from the stored map. Without names, it makes all maps. With `--write`, it also
writes each map to `pglab/data/maps/<name>.parquet` as soon as the map is trained. The command
trains all runs, even if the user's library already contains their results. The environment variable
`PGLAB_DASK` chooses the workers.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pglab.library.keeping.saver import SharedLibrary
from pglab.library.store.opening import open_library
from pglab.maps.plan import MapPlan
from pglab.maps.ready import shipped
from pglab.maps.ready.claims import broken_claims
from pglab.maps.ready.table import read_map, stored_provenance, write_map
from pglab.maps.run_result import RunResult
from pglab.maps.running.estimate import duration_text, runs_at_once, seconds_of
from pglab.maps.running.keys import provenance_of
from pglab.maps.running.map_run import MapRun, Run, RunFailed
from pglab.maps.running.results import Results
from pglab.maps.running.workers import Workers, shared_workers
from pglab.networks import use_one_thread
from pglab.studies.arguments import add_write, parser_of
from pglab.studies.outcome import Outcome, changed_versions, number_differences
from pglab.studies.workers import workers_of_command


def trained(plan: MapPlan, workers: Workers, results: Results) -> Mapping[Run, RunResult]:
    """Train the runs of a plan that are missing in `results`, and return all results of the plan.

    Raises:
        RunFailed: a run could not be trained, or no worker can be reached; the message says why.
    """
    map_run = MapRun(plan, workers, results)
    map_run.start()
    map_run.wait()
    snapshot = map_run.snapshot()
    if snapshot.problem is not None:
        raise RunFailed(snapshot.problem)
    return snapshot.results


def differences(path: Path, plan: MapPlan, results: Mapping[Run, RunResult]) -> list[str]:
    """Say how the stored map differs from these results of `plan`."""
    if not path.exists():
        return ["no map is stored"]
    stored_plan, stored = read_map(path)
    if stored_plan != plan:
        return ["the stored map has another plan"]
    different = [run for run, result in results.items() if stored.get(run) != result]
    if not different:
        return []
    known = [run for run in different if run in stored]
    sums = [[of[run].sums for run in known] for of in (results, stored)]
    return [
        f"{len(different):,} of {len(results):,} runs differ from the stored map",
        *number_differences("sums of returns in these runs", *sums),
    ]


def recheck(name: str) -> Outcome:
    """Train a map again, and compare it with the stored map.

    Raises:
        RunFailed: a run could not be trained, or no worker can be reached; the message says why.
    """
    plan, path = shipped.PLANS[name], shipped.FOLDER / f"{name}.parquet"
    if not path.exists():
        return Outcome(differences(path, plan, {}))
    with empty_library() as results:
        found = trained(plan, shared_workers(), results)
    return Outcome(
        differences(path, plan, found),
        claims=broken_claims(name, plan, found),
        versions=changed_versions(stored_provenance(path), provenance_of(plan.config)),
    )


@contextmanager
def empty_library() -> Iterator[Results]:
    """Yield the results of an empty library. The end of the `with` block deletes the library."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Results(SharedLibrary(lambda: open_library(f"sqlite:///{folder}/results.sqlite3")))


def make(name: str, workers: Workers, *, write: bool) -> None:
    """Train a map, compare it with the stored map, and write it if `write` is true."""
    plan = shipped.PLANS[name]
    path = shipped.FOLDER / f"{name}.parquet"
    seconds = seconds_of(plan, runs_at_once(plan, workers))
    runs = len(list(plan.runs()))
    print(f"{name}: {runs:,} runs, about {duration_text(seconds)}", flush=True)
    with empty_library() as results:
        found = trained(plan, workers, results)
    found_text = "; ".join(differences(path, plan, found)) or "all runs equal the stored ones"
    print(f"{name}: {found_text}", flush=True)
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_map(path, plan, found)
        print(path, flush=True)


def parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    of_command = parser_of("pglab.studies.maps.make_maps", __doc__)
    of_command.add_argument(
        "names", nargs="*", type=_name, metavar="name", help=f"one of {', '.join(shipped.PLANS)}"
    )
    add_write(of_command, "the stored maps")
    return of_command


def _name(text: str) -> str:
    if text not in shipped.PLANS:
        raise argparse.ArgumentTypeError(f"“{text}” is not one of {', '.join(shipped.PLANS)}")
    return text


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    use_one_thread()
    chosen = parser().parse_args(arguments)
    with workers_of_command() as workers:
        for name in chosen.names or shipped.PLANS:
            make(name, workers, write=chosen.write)


if __name__ == "__main__":
    main()
