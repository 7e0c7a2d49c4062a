"""Lets the user choose the parts of a bundle, and writes these parts."""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import replace

from pglab.commands.answers import CommandError, say
from pglab.config import quoted
from pglab.figures_of_run import drawn_figures
from pglab.language import _
from pglab.library.bundle import add_files
from pglab.library.progress import Progress
from pglab.library.take_away import PARTS, Order, Part, made_files

USUAL = [name for name, part in PARTS.items() if not part.asked_for]


def add_parts(parser: argparse.ArgumentParser, usual: Collection[str]) -> None:
    """Add the option `--parts`; `usual` is its default value."""
    parser.add_argument(
        "--parts",
        type=_parts,
        metavar="NAME,NAME,…",
        default=usual,
        help=f"the parts of the bundle: {', '.join(PARTS)}; the default is {', '.join(usual)}",
    )


def in_order(names: Collection[str]) -> Mapping[str, Part]:
    """Return the parts with these names, in the order in which a bundle contains them."""
    return {name: part for name, part in PARTS.items() if name in names}


def write_run(
    archive: zipfile.ZipFile,
    folder: str,
    order: Order,
    parts: Mapping[str, Part],
    progress: Progress,
) -> None:
    """Add the files of a run to a bundle, and say which parts cannot be made.

    Args:
        archive: a ZIP file that is open for writing.
        folder: the folder of the run in the bundle, such as "seed-3/"; "" for the top level.
        order: the run, and everything else that the files need.
        parts: the parts to write.
        progress: receives the share of the run's files that are made.

    Raises:
        CommandError: none of the parts can be made.
    """
    made = made_files(replace(order, figures=drawn_figures, progress=progress), parts)
    if not made.files:
        raise CommandError(" ".join(made.problems))
    add_files(archive, {folder + name: data for name, data in made.files.items()})
    for problem in made.problems:
        sentence = _("A part is left out: {problem}").format(problem=problem)
        say(f"{quoted(folder)} {sentence}" if folder else sentence)


def _parts(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in PARTS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(
            f"“{text}” are not parts of a bundle; the parts are {', '.join(PARTS)}"
        )
    return names
