"""Writes a bundle with a run from the library, or with the runs from another bundle.

    pglab export ADDRESS --out run.zip

The address of a run is the text after “run=” in the address of its page.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pglab.commands.answers import DONE, CommandError, add_quiet, answered, parser_of
from pglab.commands.files import add_out, bundle_in, new_bundle
from pglab.commands.options.parts import USUAL, add_parts, in_order, write_run
from pglab.commands.own_runs import opened_library, own_key
from pglab.commands.progress_bar import part_of, progress_bar
from pglab.config import quoted
from pglab.language import _
from pglab.library.encoding import decoded
from pglab.library.snapshot import session_from
from pglab.library.take_away import Order
from pglab.networks import use_one_thread

Orders = Mapping[str, Callable[[], Order]]  # by the folder of each run in the bundle


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    chosen = parser().parse_args(arguments)
    use_one_thread()
    return answered(lambda: _export(chosen))


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command's arguments."""
    of_command = parser_of("export", __doc__)
    of_command.add_argument("run", metavar="ADDRESS|BUNDLE", help="a run, or a bundle (ZIP file)")
    add_out(of_command, required=True)
    add_parts(of_command, USUAL)
    of_command.add_argument(
        "--steps", action="store_true", help="add every environment step (the run is trained again)"
    )
    add_quiet(of_command)
    return of_command


def _export(chosen: argparse.Namespace) -> int:
    parts = in_order([*chosen.parts, *(["steps"] if chosen.steps else [])])
    with (
        _orders(chosen.run) as orders,
        new_bundle(chosen.out, overwrite=chosen.force) as archive,
        progress_bar(_("Exporting"), quiet=chosen.quiet) as report,
    ):
        for number, (folder, order) in enumerate(orders.items()):
            write_run(archive, folder, order(), parts, part_of(report, number, len(orders)))
    print(_("wrote {file}").format(file=chosen.out))
    return DONE


@contextmanager
def _orders(run: str) -> Iterator[Orders]:
    """Yield the runs that this address or file names; each run is read when it is needed."""
    if not Path(run).exists():
        yield {"": lambda: _stored(run)}
        return
    with bundle_in(Path(run)) as bundle:

        def order_of(folder: str) -> Order:
            return Order(bundle.run(folder))

        yield {folder: partial(order_of, folder) for folder in bundle.folders}


def _stored(address: str) -> Order:
    """Load a run from the library, with its name and note if the run belongs to this user.

    Raises:
        CommandError: there is no such run.
    """
    stored = opened_library().load(address)
    if stored is None:
        raise CommandError(
            _("{run} is neither a file nor the address of a run in the library.").format(
                run=quoted(address)
            )
        )
    contents = decoded(stored.data, stored.blocks)
    session_from(contents)
    if not stored.belongs_to(own_key()):
        return Order(contents)
    return Order(contents, name=stored.name, note=stored.note)
