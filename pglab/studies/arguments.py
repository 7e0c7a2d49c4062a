"""Makes the argument parsers of the commands in this folder, and checks their arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from pglab.config import RunConfig, settings_of


def parser_of(module: str, documentation: str | None) -> argparse.ArgumentParser:
    """An argument parser for `python -m <module>`. Its help text is `documentation`."""
    return argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=documentation,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_write(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option `--write`. Without this option, a command does not change stored files."""
    parser.add_argument("--write", action="store_true", help=f"overwrite {what}")


def whole_number(least: int, most: int | None = None, multiple_of: int = 1) -> Callable[[str], int]:
    """Return a function that converts a text to a whole number and checks the number's limits.

    Pass the returned function as `type` to `add_argument` of `argparse`.

    Raises:
        argparse.ArgumentTypeError: the returned function raises this error if the text is not a
            possible number. The error message says which numbers are possible.
    """
    limits = f"at least {least:,}" if most is None else f"from {least:,} to {most:,}"
    kind = "a whole number" if multiple_of == 1 else f"a multiple of {multiple_of:,}"

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most) or number % multiple_of:
            raise argparse.ArgumentTypeError(f"“{text}” is not {kind} {limits}")
        return number

    return read


def steps_of_a_run(multiple_of: int) -> Callable[[str], int]:
    """Return a function that converts a text to the number of steps of a run.

    The number must lie within the limits of the setting `total_steps`. It must also be a multiple
    of `multiple_of`.
    """
    setting = settings_of(RunConfig)["total_steps"]
    assert setting.minimum is not None
    assert setting.maximum is not None
    least = -(-int(setting.minimum) // multiple_of) * multiple_of
    return whole_number(least, int(setting.maximum), multiple_of)


def number_of_seeds() -> Callable[[str], int]:
    """Return a function that converts a text to a number of seeds.

    A command that trains n seeds uses the seeds from 0 to n − 1.
    """
    return whole_number(1, 1_000)


def number_above_zero(most: float) -> Callable[[str], float]:
    """Return a function that converts a text to a positive number, with the upper limit `most`.

    Raises:
        argparse.ArgumentTypeError: the returned function raises this error if the text is not a
            possible number. The error message says which numbers are possible.
    """

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = 0.0
        if not 0 < number <= most:
            raise argparse.ArgumentTypeError(f"“{text}” is not a number above 0, up to {most:g}")
        return number

    return read
