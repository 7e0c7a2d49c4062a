"""Makes the repository's curves, tables, maps and checks again, and says what no longer holds.

    pglab check curves/reinforce experiments

A name stands for one thing, or for a group: `curves` stands for all learning curves. Without names,
the command makes everything again. The command writes no file. For each thing, it says whether the
new numbers equal the stored numbers bit for bit, and which claims of the pages no longer hold. The
environment variable `PGLAB_DASK` chooses the workers that train.

The exit code is 0 if everything holds, 1 if something does not hold, and 2 if a name is wrong.
Other versions of the packages may round numbers differently. In this case, the command says so,
and only the claims must still hold.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence

from pglab.commands.answers import DONE, FAILED, CommandError, answered, parser_of, say, table
from pglab.language import _, ngettext
from pglab.maps.ready.table import MapFileError
from pglab.maps.running.estimate import duration_text
from pglab.maps.running.map_run import RunFailed
from pglab.maps.running.workers import WorkersUnavailable, shared_workers
from pglab.networks import use_one_thread
from pglab.studies.outcome import Outcome
from pglab.studies.register import Check, all_checks, chosen_checks

# What a stored file that is missing or damaged raises.
UNREADABLE = (OSError, KeyError, json.JSONDecodeError, MapFileError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    checks = all_checks()
    of_command = parser()
    given = of_command.parse_args(arguments)
    try:
        chosen = chosen_checks(given.names, checks)
    except KeyError as error:
        of_command.error(
            _("“{name}” is not one of {names}").format(name=error.args[0], names=", ".join(checks))
        )
    if given.list:
        print(_listed(chosen))
        return DONE
    use_one_thread()
    return answered(lambda: _check(chosen))


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command's arguments."""
    of_command = parser_of("check", __doc__)
    of_command.add_argument("names", nargs="*", metavar="name")
    of_command.add_argument(
        "--list", action="store_true", help="only list the names, and how long each takes"
    )
    return of_command


def _listed(checks: Sequence[Check]) -> str:
    rows = [[check.name, duration_text(check.seconds), check.what] for check in checks]
    return table([_("name"), _("on two cores"), _("what is made again")], rows, numbers=[1])


def _check(checks: Sequence[Check]) -> int:
    """Run all checks, one after another; return the exit code."""
    seconds = sum(check.seconds for check in checks)
    say(
        ngettext(
            "{n} check, about {time} on two cores",
            "{n} checks, about {time} on two cores",
            len(checks),
        ).format(n=len(checks), time=duration_text(seconds))
    )
    try:
        holding = [_holds(check) for check in checks]
    except (RunFailed, WorkersUnavailable) as error:
        raise CommandError(str(error)) from error
    finally:
        shared_workers().close()
    if all(holding):
        return DONE
    print(
        _("{n} of {total} do not hold. Another processor also rounds numbers differently.").format(
            n=holding.count(False), total=len(holding)
        )
    )
    return FAILED


def _holds(check: Check) -> bool:
    """Run one check, and print its result; return True if everything still holds."""
    begun = time.monotonic()
    try:
        outcome = check.again()
    except UNREADABLE as error:
        outcome = Outcome([_("the stored results cannot be read: {error}").format(error=error)])
    seconds = duration_text(time.monotonic() - begun)
    print("\n".join(_lines(check.name, outcome, seconds)), flush=True)
    return outcome.holds


def _lines(name: str, outcome: Outcome, seconds: str) -> Iterator[str]:
    """Write the result of a check: one line, and a further line for each difference."""
    if outcome.numbers and outcome.holds:
        verdict = _("{versions}: numbers may differ").format(versions=outcome.versions)
    elif outcome.holds:
        verdict = _("holds")
    else:
        verdict = _("DOES NOT HOLD")
        if outcome.versions:
            verdict += f" ({outcome.versions})"
    yield f"{name}: {verdict} ({seconds})"
    for text in outcome.numbers:
        yield f"    {text}"
    for text in outcome.claims:
        yield "    " + _("no longer true: {claim}").format(claim=text)
