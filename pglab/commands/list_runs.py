"""Lists the runs that “pglab train --keep” and “pglab import” have stored in the library.

    pglab runs --search acrobot --sort return

The list shows only the runs of your command line, not those of your browser.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import get_args

from pglab.commands.answers import DONE, answered, mean_text, parser_of, table
from pglab.commands.own_runs import opened_library, own_key
from pglab.config import ConfigError, describe_differences
from pglab.language import _
from pglab.library.model_card.words import defaults_of, outcome_name
from pglab.library.state.taking import StateError
from pglab.library.store.runs.kept import RunRow, Summary
from pglab.library.store.runs.listing import SortOrder
from pglab.library.store.runs.summary import config_of

MOST_LISTED = 10_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    chosen = parser().parse_args(arguments)
    return answered(lambda: _list(chosen))


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command's arguments."""
    of_command = parser_of("runs", __doc__)
    of_command.add_argument(
        "--search",
        default="",
        metavar="WORDS",
        help="only runs whose name, note, agent, environment or outcome contains all these words",
    )
    of_command.add_argument("--sort", choices=get_args(SortOrder), default="date")
    return of_command


def _list(chosen: argparse.Namespace) -> int:
    found = opened_library().runs_of(
        own_key(), search=chosen.search, order=chosen.sort, limit=MOST_LISTED
    )
    if not found:
        print(_("No runs. “pglab train … --keep” and “pglab import” store runs here."))
        return DONE
    header = [
        _("address"),
        _("saved"),
        _("agent"),
        _("settings other than the defaults"),
        _("steps"),
        _("mean return"),
        _("outcome"),
        _("name"),
    ]
    print(table(header, [_row(run) for run in found], numbers=(4, 5)))
    return DONE


def _row(run: RunRow) -> list[str]:
    summary = run.summary
    return [
        run.address,
        f"{run.saved.astimezone():%Y-%m-%d %H:%M}",
        summary.agent,
        _settings(summary),
        f"{summary.global_step:,}",
        mean_text(summary.mean_return),
        outcome_name(summary.outcome),
        run.name,
    ]


def _settings(summary: Summary) -> str:
    """Describe the settings that are not defaults; if they cannot be read, say why."""
    try:
        config = config_of(summary)
    except (ConfigError, StateError) as error:
        return str(error)
    return describe_differences(config, defaults_of(config)) or _("none")
