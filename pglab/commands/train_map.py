"""Trains an agent over the values of one or two settings and many seeds, and writes a map.

    pglab map reinforce --vary learning_rate --vary gamma=0.9,0.99 --out map.parquet

The file has one row for each run. The library keeps all results, so no run is trained twice. Ctrl+C
ends the training early. Then the command still prints and writes the finished runs. If you start
the same command again later, it trains the missing runs.
"""

from __future__ import annotations

import argparse
import logging
import math
from collections.abc import Iterator, Mapping, Sequence

from pglab.commands.answers import (
    DONE,
    FAILED,
    INTERRUPTED,
    REFUSED,
    CommandError,
    add_quiet,
    answered,
    mean_text,
    parser_of,
    say,
    table,
)
from pglab.commands.files import add_out, new_file, require_writable
from pglab.commands.options.agent_options import PRESETS, add_agent, setting_texts
from pglab.commands.options.vary import add_vary, axes_of
from pglab.commands.progress_bar import progress_bar
from pglab.config import ConfigError, format_value, require_config
from pglab.engine.engine import LOADING
from pglab.language import _
from pglab.maps.measures import measures
from pglab.maps.plan import FEWEST_SEEDS, MOST_SEEDS, MapPlan, plan_from_texts
from pglab.maps.ready.table import write_map
from pglab.maps.run_result import RunResult
from pglab.maps.running.estimate import LONGEST, duration_text, runs_at_once, seconds_of
from pglab.maps.running.map_run import MapRun, Run, Snapshot
from pglab.maps.running.results import Results
from pglab.maps.running.workers import VARIABLE, Workers, WorkersUnavailable, shared_workers
from pglab.maps.summary import CellSummary, by_cell, summarised
from pglab.networks import use_one_thread
from pglab.studies.arguments import whole_number

USUAL_STEPS = 20_000
OWN = ("seed", "stop_when_solved")  # settings that a map chooses itself
INTERVAL = 0.25  # seconds between two reports


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    chosen = parser().parse_args(arguments)
    try:
        plan = _plan(chosen)
    except ConfigError as error:
        say(error)
        return REFUSED
    use_one_thread()
    return answered(lambda: _make(plan, chosen))


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command's arguments."""
    of_command = parser_of("map", __doc__)
    add_agent(of_command)
    add_vary(of_command)
    of_command.add_argument(
        "--steps",
        help=f"environment steps of each run (the setting total_steps); usually {USUAL_STEPS:,}",
    )
    of_command.add_argument(
        "--seeds",
        type=whole_number(FEWEST_SEEDS, MOST_SEEDS),
        default=10,
        help="the number of seeds of each cell; they count from 0",
    )
    of_command.add_argument(
        "--long",
        action="store_true",
        help=f"also train a map that takes more than {duration_text(LONGEST)}",
    )
    add_out(of_command, required=False, what="write the map (Parquet file)")
    add_quiet(of_command)
    return of_command


def _plan(chosen: argparse.Namespace) -> MapPlan:
    texts = {"total_steps": str(USUAL_STEPS)} | setting_texts(chosen)
    for name in OWN:
        if name in texts:
            raise ConfigError(_("A map chooses “{name}” itself. Leave it out.").format(name=name))
    config = require_config(PRESETS[chosen.agent], texts)
    return plan_from_texts(config, axes_of(config, chosen.vary), chosen.seeds, config.total_steps)


def _make(plan: MapPlan, chosen: argparse.Namespace) -> int:
    """Train the missing runs, then print and write the map; return the exit code."""
    if chosen.out is not None:  # what could not be written in the end is refused now
        require_writable(chosen.out, overwrite=chosen.force)
    if plan.config.engine == "fast" and not chosen.quiet:
        say(_(LOADING))
    workers, results = shared_workers(), Results()
    map_run = MapRun(plan, workers, results)
    if results.problem is not None:
        say(results.problem)
    try:
        if not _may_start(map_run, workers, chosen):
            return REFUSED
        ended = _train(map_run, chosen)
    except WorkersUnavailable as error:
        raise CommandError(str(error)) from error
    finally:
        snapshot = map_run.snapshot()
        workers.close()
    if snapshot.results:
        print("\n".join(_cells(plan, snapshot)))
        if chosen.out is not None:
            _write(plan, snapshot.results, chosen)
    return _code(snapshot, ended=ended)


def _may_start(map_run: MapRun, workers: Workers, chosen: argparse.Namespace) -> bool:
    """Say how long the map will take; return False if this is too long."""
    plan, snapshot = map_run.plan, map_run.snapshot()
    missing = snapshot.total - len(snapshot.results)
    if not missing:
        return True
    threads = runs_at_once(plan, workers)
    seconds = seconds_of(plan, threads) * missing / snapshot.total
    say(
        _("{cells:,} cells, {runs:,} runs; {missing:,} are to be trained, in about {time}.").format(
            cells=len(plan.cells),
            runs=snapshot.total,
            missing=missing,
            time=duration_text(seconds),
        )
    )
    if seconds <= LONGEST or chosen.long:
        return True
    say(
        _(
            "That is long. Choose fewer values, seeds or steps, let a Dask cluster train (the "
            "environment variable {variable} has its address), or add --long."
        ).format(variable=VARIABLE)
    )
    return False


def _train(map_run: MapRun, chosen: argparse.Namespace) -> bool:
    """Train the missing runs; return False if Ctrl+C has ended the training."""
    with progress_bar(_("Training"), unit=_(" runs"), quiet=chosen.quiet) as report:
        try:
            map_run.start()
            while True:
                map_run.wait(INTERVAL)
                snapshot = map_run.snapshot()
                report(len(snapshot.results), snapshot.total)
                if not snapshot.running:
                    return True
        except KeyboardInterrupt:
            map_run.pause()
            # Dask would warn of the runs that it has to break off now.
            logging.getLogger("distributed").setLevel(logging.ERROR)
            return False


def _cells(plan: MapPlan, snapshot: Snapshot) -> Iterator[str]:
    """Yield a table with a row for each cell that has results, and a sentence about the table."""
    names = [axis.setting for axis in plan.axes]
    header = [*names, _("seeds"), _("diverged"), _("return of the last tenth"), _("interval")]
    measure = measures(plan.config)["late_return"]
    of_cells = by_cell(plan, snapshot.results)
    found = {cell: summarised(of_cell, measure) for cell, of_cell in of_cells.items()}
    rows = [
        [*map(format_value, plan.settings_of_cell(cell).values()), *_texts(summary)]
        for cell, summary in found.items()
        if summary.seeds
    ]
    yield table(header, rows, numbers=range(len(names), len(header) - 1))
    yield _("The return is the interquartile mean over the seeds that have not diverged.")


def _texts(summary: CellSummary) -> list[str]:
    """Write the table's columns that describe the results of a cell."""
    estimate, low, high = (
        mean_text(None if math.isnan(number) else number)
        for number in (summary.estimate, summary.low, summary.high)
    )
    interval = _("{low} to {high} ({name})").format(low=low, high=high, name=summary.interval_name)
    return [
        str(summary.seeds),
        str(summary.diverged),
        estimate,
        "–" if math.isnan(summary.low) else interval,
    ]


def _write(plan: MapPlan, results: Mapping[Run, RunResult], chosen: argparse.Namespace) -> None:
    with new_file(chosen.out, overwrite=chosen.force) as unfinished:
        write_map(unfinished, plan, results)
    print(_("wrote {file}").format(file=chosen.out))


def _code(snapshot: Snapshot, *, ended: bool) -> int:
    """Return the exit code; if the map is not complete, say why."""
    if snapshot.problem is not None:
        say(snapshot.problem)
        return FAILED
    if ended:
        return DONE
    say(
        _("Stopped after {n:,} of {total:,} runs. The same command trains the rest.").format(
            n=len(snapshot.results), total=snapshot.total
        )
    )
    return INTERRUPTED
