"""Writes and reads bundles: ZIP files with runs that can be continued exactly.

A bundle of one run has the files of this run at the top level. A bundle of several runs has a
folder for each run.
"""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ConfigError
from pglab.environments import make_environment, sizes
from pglab.language import N_, _
from pglab.library.contents import RunContents
from pglab.library.encoding import decoded, encoded
from pglab.library.snapshot import session_from
from pglab.library.state.taking import StateError, require_all_taken, take
from pglab.replay_buffer import ReplayBuffer, Transitions
from pglab.session.rewinding.transition_blocks import Block, blocks_of, fill

RUN = "run.safetensors"
TRANSITIONS = "replay_buffer.safetensors"
MOST_BYTES = 150_000_000  # of an uploaded bundle
MOST_UNPACKED = 60_000_000  # of one file in it; the largest networks need 20 MB
MOST_RUNS = 100  # in one bundle
MOST_FILES = 10_000
_LONGEST_LIST = 200 * MOST_FILES  # bytes of the list of all files in an archive
_TOO_MANY = N_("The file contains too many files to be a bundle of this app.")
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,  # for example a name that is not UTF-8
    NotImplementedError,  # an unknown compression
)
# The folder of a run is no path that leaves the folder to which somebody unpacks the bundle.
_OF_RUN = re.compile(rf"(|[^./\\:\x00-\x1f][^/\\:\x00-\x1f]{{0,99}}/){re.escape(RUN)}")
_NO_DATE = (1980, 1, 1, 0, 0, 0)  # so that the same run gives the same bytes


def run_files(contents: RunContents) -> dict[str, bytes]:
    """Return the files that are needed to continue the run, by name."""
    files = {RUN: encoded(contents)}
    buffer = _empty_buffer(contents.config)
    if buffer is not None:
        added: int = contents.state.facts["transitions"]
        fill(buffer, contents.state.blocks, added)
        rows = buffer.rows(_places(buffer, added))
        files[TRANSITIONS] = safetensors.numpy.save(rows._asdict())
    return files


def packed(files: Mapping[str, bytes]) -> bytes:
    """Make a ZIP file of these files; the same files always give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        add_files(archive, files)
    return target.getvalue()


def add_files(archive: zipfile.ZipFile, files: Mapping[str, bytes]) -> None:
    """Add these files to a ZIP file that is open for writing."""
    for name, data in files.items():
        entry = zipfile.ZipInfo(name, _NO_DATE)
        entry.external_attr = 0o644 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, data, compresslevel=6)


def folder_of(seed: int) -> str:
    """The folder of one seed in a bundle of several seeds."""
    return f"seed-{seed}/"


def opened_bundle(data: bytes) -> Bundle:
    """Open an uploaded bundle. Nothing is written to disk.

    Raises:
        StateError: the file is too large, or it is not a bundle; see `Bundle`.
    """
    if len(data) > MOST_BYTES:
        raise StateError(
            _("The file is larger than {most} MB.").format(most=MOST_BYTES // 1_000_000)
        )
    return Bundle(io.BytesIO(data))


class Bundle:
    """The runs in a bundle. Only one run at a time is read into memory."""

    def __init__(self, file: BinaryIO) -> None:
        """Read which runs the bundle contains.

        Raises:
            StateError: the file is not a bundle, or it contains no run, or too many runs.
        """
        opening = _OpeningFile(file)
        with _sentences():
            self._archive = zipfile.ZipFile(opening)
        opening.most = None
        names = self._archive.namelist()
        if len(names) > MOST_FILES:
            raise StateError(_(_TOO_MANY))
        found = (_OF_RUN.fullmatch(name) for name in dict.fromkeys(names))
        self.folders = [match[1] for match in found if match is not None]
        """The folder of each run, such as "seed-3/"; a run at the top level has the folder ""."""
        if not self.folders:
            raise StateError(
                _("The file contains no run. Choose a bundle that this app has exported.")
            )
        if len(self.folders) > MOST_RUNS:
            raise StateError(_("The bundle contains more than {n} runs.").format(n=MOST_RUNS))

    def run(self, folder: str) -> RunContents:
        """Read and check one run. Files that are not needed to continue the run are ignored.

        Raises:
            ConfigError: a setting of the run cannot be used.
            StateError: something in the bundle is damaged or too large.
        """
        with _sentences():
            contents = decoded(_member(self._archive, folder + RUN))
            blocks: tuple[Block, ...] = ()
            transitions = folder + TRANSITIONS
            is_stored = transitions in self._archive.namelist()
            if isinstance(contents.config, ActorCriticConfig) and is_stored:
                blocks = _blocks(contents, _member(self._archive, transitions))
        contents = replace(contents, state=replace(contents.state, blocks=blocks))
        session_from(contents)  # a run that could not continue is refused here
        return contents


class _OpeningFile:
    """Reads a ZIP file, and refuses to open an archive whose list of files is too long.

    `zipfile` reads the whole list at once and makes an object for each file, even if the list is
    very long. Everything else that `zipfile` reads when it opens an archive is short.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self.most: int | None = _LONGEST_LIST  # bytes in one piece; None: the archive is open

    def read(self, size: int = -1) -> bytes:
        """Read a piece of the file. Until the archive is open, refuse pieces that are too long."""
        if self.most is None:
            return self._file.read(size)
        data = self._file.read(self.most + 1 if size < 0 else min(size, self.most + 1))
        if len(data) > self.most:
            raise StateError(_(_TOO_MANY))
        return data


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn each error that a damaged ZIP file causes into a `StateError`."""
    try:
        yield
    except (ConfigError, StateError):  # these are ValueErrors, too
        raise
    except _DAMAGE as error:
        raise StateError(
            _("The file is not a bundle of this app, or it is damaged. Export the run again.")
        ) from error


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Unpack one file of the archive; refuse a file of more than `MOST_UNPACKED` bytes."""
    try:
        with archive.open(name) as member:
            data = member.read(MOST_UNPACKED + 1)
    except NotImplementedError:
        raise
    except RuntimeError as error:  # the archive is encrypted
        raise StateError(_("The bundle has a password. Remove the password.")) from error
    if len(data) > MOST_UNPACKED:
        raise StateError(_("The run in the bundle is too large."))
    return data


def _empty_buffer(config: AgentConfig) -> ReplayBuffer | None:
    if not isinstance(config, ActorCriticConfig) or config.critic_data != "replay":
        return None
    environment = make_environment(config.env_id)
    width, _actions = sizes(environment)
    environment.close()
    return ReplayBuffer(config.replay_capacity, width)


def _places(buffer: ReplayBuffer, added: int) -> Any:
    """Return the transitions' indices in the buffer's arrays, from the oldest to the newest."""
    return np.arange(max(0, added - buffer.capacity), added) % buffer.capacity


def _blocks(contents: RunContents, data: bytes) -> tuple[Block, ...]:
    """Read the transitions of the replay buffer."""
    buffer, added = _empty_buffer(contents.config), contents.state.facts.get("transitions")
    if buffer is None or type(added) is not int or not 0 <= added <= contents.global_step:
        raise StateError(_("The replay buffer in the file is damaged."))
    try:
        arrays = safetensors.numpy.load(data)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise StateError(_("The replay buffer in the file is damaged.")) from error
    places = _places(buffer, added)
    for name, column in zip(Transitions._fields, buffer.columns, strict=True):
        column[places] = take(arrays, name, (len(places), *column.shape[1:]), column.dtype)
    require_all_taken(arrays)
    buffer.added = added
    return blocks_of(buffer, ())
