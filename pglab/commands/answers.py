"""Makes the answers of commands: sentences about errors, exit codes, and tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from pglab.config import ConfigError
from pglab.language import _
from pglab.library.state.taking import StateError
from pglab.library.store.problems import LibraryUnavailable

DONE, FAILED, REFUSED = 0, 1, 2  # exit codes
_LONGEST = 1_000  # characters of a sentence
INTERRUPTED = 130  # what shells expect after Ctrl+C: 128, plus the number of the signal


class CommandError(Exception):
    """A command cannot do what it should; the message is a sentence that says what to change."""


def parser_of(command: str, documentation: str | None) -> argparse.ArgumentParser:
    """Make an argument parser for `pglab <command>`; its help text is `documentation`."""
    return argparse.ArgumentParser(
        prog=f"pglab {command}",
        description=documentation,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Add the option `--quiet`."""
    parser.add_argument("--quiet", action="store_true", help="show no progress bar")


def say(sentence: object) -> None:
    """Print a sentence to stderr, because it is not the result of the command.

    The sentence may quote a file of somebody else, so characters that could control the terminal
    are replaced.
    """
    text = str(sentence)[:_LONGEST]
    print("".join(c if c.isprintable() else "�" for c in text), file=sys.stderr)


def answered(work: Callable[[], int]) -> int:
    """Do the work of a command. Print a sentence about each error that a user can cause.

    Returns:
        The exit code of the command.
    """
    try:
        return work()
    except (CommandError, ConfigError, StateError, LibraryUnavailable) as error:
        say(error)
        return FAILED
    except KeyboardInterrupt:
        say(_("Stopped. No file was written."))
        return INTERRUPTED


def table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> str:
    """Write a table as plain text, with two spaces between columns.

    Args:
        header: the names of the columns.
        rows: the texts of the cells.
        numbers: the indices of the columns with numbers, which are aligned on the right.
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = []
    for row in (header, *rows):
        cells = (
            text.rjust(width) if column in numbers else text.ljust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def mean_text(mean: float | None) -> str:
    """Write a mean return as text; the text is "–" if no episode has ended yet."""
    return "–" if mean is None else f"{mean:.1f}"
