"""Bundles: ZIP files that take a run along, and from which the run goes on exactly."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig
from pglab.environments import make_environment, sizes
from pglab.language import _
from pglab.library.contents import RunContents
from pglab.library.encoding import decoded, encoded
from pglab.library.state.taking import StateError, require_all_taken, take
from pglab.replay_buffer import ReplayBuffer, Transitions
from pglab.session.rewinding.transition_blocks import Block, blocks_of, fill

RUN = "run.safetensors"
TRANSITIONS = "replay_buffer.safetensors"
MOST_BYTES = 150_000_000  # of an uploaded bundle
MOST_UNPACKED = 60_000_000  # of one file in it; the largest networks need 20 MB
MOST_FILES = 500
_NO_DATE = (1980, 1, 1, 0, 0, 0)  # so that the same run gives the same bytes


def run_files(contents: RunContents) -> dict[str, bytes]:
    """The files from which the run goes on, by name."""
    files = {RUN: encoded(contents)}
    buffer = _empty_buffer(contents.config)
    if buffer is not None:
        added: int = contents.state.facts["transitions"]
        fill(buffer, contents.state.blocks, added)
        rows = buffer.rows(_places(buffer, added))
        files[TRANSITIONS] = safetensors.numpy.save(rows._asdict())
    return files


def packed(files: Mapping[str, bytes]) -> bytes:
    """Make a ZIP file of these files; the same files give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _NO_DATE)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data, compresslevel=6)
    return target.getvalue()


def read_bundle(data: bytes) -> RunContents:
    """Read the run of a bundle. Nothing is written to disk, and all other files are ignored.

    Raises:
        ConfigError: a setting of the run cannot be used.
        StateError: this is no bundle, or something in it is damaged or too large.
    """
    if len(data) > MOST_BYTES:
        raise StateError(
            _("The file is larger than {most} MB.").format(most=MOST_BYTES // 1_000_000)
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > MOST_FILES:
                raise StateError(_("The file contains too many files to be a bundle of this app."))
            contents = decoded(_member(archive, RUN))
            blocks: tuple[Block, ...] = ()
            if isinstance(contents.config, ActorCriticConfig) and TRANSITIONS in archive.namelist():
                blocks = _blocks(contents, _member(archive, TRANSITIONS))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise StateError(
            _("The file is not a bundle of this app, or it is damaged. Export the run again.")
        ) from error
    return replace(contents, state=replace(contents.state, blocks=blocks))


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Unpack one file of the archive, but never more than `MOST_UNPACKED` bytes."""
    try:
        with archive.open(name) as member:
            data = member.read(MOST_UNPACKED + 1)
    except KeyError as error:
        raise StateError(
            _("The file contains no run. Choose a bundle that this app has exported.")
        ) from error
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
    """The places of all transitions in the buffer's arrays, oldest transition first."""
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
