"""Reads bundles, and writes files. An existing file is replaced only if the user asks for it."""

from __future__ import annotations

import argparse
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pglab.commands.answers import CommandError
from pglab.language import _
from pglab.library.bundle import Bundle


def add_out(
    parser: argparse.ArgumentParser, *, required: bool, what: str = "write a bundle (ZIP file)"
) -> None:
    """Add the options `--out` and `--force`; `what` is the help text of `--out`."""
    parser.add_argument("--out", type=Path, metavar="FILE", required=required, help=what)
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")


def require_writable(path: Path, *, overwrite: bool) -> None:
    """Check that a file can be written here later.

    Raises:
        CommandError: the file exists, or its folder is missing or not writable.
    """
    _require_free(path, overwrite)
    unfinished = _unfinished(path)
    try:
        unfinished.touch(exist_ok=False)
        unfinished.unlink()
    except OSError as error:
        raise _not_written(path, error) from error


@contextmanager
def new_bundle(path: Path, *, overwrite: bool) -> Iterator[zipfile.ZipFile]:
    """Open a new ZIP file for writing; see `new_file`.

    Raises:
        CommandError: the file exists, or it cannot be written.
    """
    with (
        new_file(path, overwrite=overwrite) as unfinished,
        zipfile.ZipFile(unfinished, "x") as archive,
    ):
        yield archive


@contextmanager
def new_file(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Yield a temporary path for a new file. The complete file is then renamed to `path`.

    If the work ends with an error, no new file is left, and an existing file does not change.

    Raises:
        CommandError: the file exists, or it cannot be written.
    """
    _require_free(path, overwrite)
    unfinished = _unfinished(path)
    try:
        yield unfinished
        _require_free(path, overwrite)  # somebody may have made it meanwhile
        unfinished.replace(path)
    except OSError as error:
        raise _not_written(path, error) from error
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def bundle_in(path: Path) -> Iterator[Bundle]:
    """Open a bundle for reading.

    Raises:
        CommandError: the file cannot be read.
        StateError: the file is not a bundle.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise CommandError(
            _("{file} cannot be read: {reason}.").format(file=path, reason=_reason(error))
        ) from error
    with file:
        yield Bundle(file)


def _unfinished(path: Path) -> Path:
    """Return a temporary name, in the same folder, for a file that is not complete yet."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def _not_written(path: Path, error: OSError) -> CommandError:
    return CommandError(
        _("{file} cannot be written: {reason}.").format(file=path, reason=_reason(error))
    )


def _require_free(path: Path, overwrite: bool) -> None:
    if path.is_dir():
        raise CommandError(_("{file} is a folder. Name a file.").format(file=path))
    if path.exists() and not overwrite:
        raise CommandError(
            _("{file} exists. Choose another name, or replace it with --force.").format(file=path)
        )


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
