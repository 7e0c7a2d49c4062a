"""Stores the runs of bundles in the library, each at a new address.

    pglab import run.zip

A bundle is a ZIP file that the app or “pglab export” has written. If a run in a bundle is damaged,
no run of this bundle is stored.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from pglab.commands.answers import DONE, FAILED, CommandError, add_quiet, answered, parser_of, say
from pglab.commands.files import bundle_in
from pglab.commands.own_runs import how_to_open, opened_library, own_key
from pglab.commands.progress_bar import part_of, progress_bar
from pglab.config import ConfigError, quoted
from pglab.language import _
from pglab.library.bundle import Bundle
from pglab.library.importing import import_runs
from pglab.library.state.taking import StateError
from pglab.library.store.library import Library
from pglab.library.store.runs.kept import KeptRun
from pglab.networks import use_one_thread


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    chosen = parser().parse_args(arguments)
    use_one_thread()
    return answered(lambda: _import_all(chosen))


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command's arguments."""
    of_command = parser_of("import", __doc__)
    of_command.add_argument("bundles", metavar="BUNDLE", nargs="+", type=Path, help="a ZIP file")
    add_quiet(of_command)
    return of_command


def _import_all(chosen: argparse.Namespace) -> int:
    library, owner, code = opened_library(), own_key(), DONE
    for file in chosen.bundles:
        try:
            with bundle_in(file) as bundle:
                _import(bundle, library, owner, quiet=chosen.quiet)
        except (ConfigError, StateError) as error:
            say(f"{file}: {error}")
            code = FAILED
        except CommandError as error:
            say(error)
            code = FAILED
    return code


def _import(bundle: Bundle, library: Library, owner: str, *, quiet: bool) -> None:
    with progress_bar(_("Importing"), quiet=quiet) as report:
        stored = import_runs(library, bundle, owner, part_of(report, 0, 1))
    for folder, kept in stored.items():
        print(_line(folder, kept))


def _line(folder: str, kept: KeptRun) -> str:
    line = _("{address}  {agent}, seed {seed}, {step:,} steps: {open}").format(
        address=kept.address,
        agent=kept.summary.agent,
        seed=kept.summary.seed,
        step=kept.summary.global_step,
        open=how_to_open(kept),
    )
    return f"{quoted(folder)} {line}" if folder else line
