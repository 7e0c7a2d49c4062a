"""Opens the library for commands, and reads the key that owns the runs of the command line."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
from filelock import FileLock

from pglab.agent_places import agent_place
from pglab.commands.answers import CommandError, say
from pglab.language import _
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.runs.kept import KeptRun, is_key, new_key


def opened_library() -> Library:
    """Open the library, and print the library's notice if there is one.

    Raises:
        LibraryUnavailable: the database cannot be used.
    """
    library = open_library()
    if library.notice is not None:
        say(library.notice)
    return library


def own_key() -> str:
    """Read the key of this user's command line from a private file; make it if there is none.

    Raises:
        CommandError: the file with the key cannot be read or written.
    """
    file = platformdirs.user_data_path("pglab") / "command_line_key"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock"):  # two commands that start at once get the same key
            if not file.exists():
                _write_key(file)
        key = file.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CommandError(
            _("The key of the command line ({file}) cannot be used: {reason}.").format(
                file=file, reason=reason
            )
        ) from error
    if not is_key(key):
        raise CommandError(
            _(
                "The key of the command line ({file}) is damaged. Restore the file, or delete it; "
                "then a new key is made, which does not list the earlier runs."
            ).format(file=file)
        )
    return key


def _write_key(file: Path) -> None:
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as target:
        target.write(new_key())
    unfinished.replace(file)


def how_to_open(kept: KeptRun) -> str:
    """Say at which address the app shows a run."""
    return _("open it in the app: http://localhost:8501/{page}?run={address}").format(
        page=agent_place(kept.summary.agent).path, address=kept.address
    )
