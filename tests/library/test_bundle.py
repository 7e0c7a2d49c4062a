"""A bundle opens as the same run again; damaged and hostile bundles are refused with a sentence."""

from __future__ import annotations

import io
import resource
import struct
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ConfigError
from pglab.library import bundle
from pglab.library.bundle import RUN, TRANSITIONS, opened_bundle, packed, run_files
from pglab.library.contents import RunContents
from pglab.library.snapshot import contents_of, session_from
from pglab.library.state.taking import StateError
from pglab.session.training_session import TrainingSession
from tests.library.example_runs import run_in
from tests.oracles import short_config
from tests.oracles_actor_critic import short_cell

WRAPPED = short_cell(critic_data="replay", replay_capacity=200, hidden_sizes=(4,))
REFUSED = (StateError, ConfigError)


def contents_at(config: AgentConfig, step: int) -> RunContents:
    session = TrainingSession(config)
    session.advance("step", step)
    return contents_of(session)


def without_time(contents: RunContents) -> RunContents:
    return replace(contents, training_seconds=0.0)


@pytest.mark.parametrize(
    "config", [short_config(baseline="value"), WRAPPED, ActorCriticConfig.split_replay()]
)
def test_a_bundle_goes_on_exactly_and_exports_the_same_bytes(config: AgentConfig) -> None:
    contents = contents_at(config, 555)
    archive = packed(run_files(contents))
    again = session_from(run_in(archive))
    assert packed(run_files(contents_of(again))) == archive
    alone = session_from(contents)
    for session in (again, alone):
        session.advance("step", 400)
    after = (packed(run_files(without_time(contents_of(s)))) for s in (again, alone))
    assert len(set(after)) == 1


def test_other_files_and_their_names_have_no_effect() -> None:
    contents = contents_at(short_config(), 100)
    files = {
        "../../outside.txt": b"x",
        "/etc/passwd": b"x",
        **run_files(contents),
        "train.py": b"import os",
    }
    assert run_in(packed(files)).global_step == 100


def encrypted(archive: bytes) -> bytes:
    """Set the flag "encrypted" of the archive's first file, in both of its heads."""
    marked = bytearray(archive)
    for head, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = marked.index(head) + offset
        flags = struct.unpack_from("<H", marked, place)[0]
        struct.pack_into("<H", marked, place, flags | 1)
    return bytes(marked)


def bomb(name: str) -> bytes:
    """An archive of some kilobytes, whose file has 300 MB."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(bytes(1_000_000))
    return target.getvalue()


def many_entries(count: int, name: bytes) -> bytes:
    """An archive that is nothing but a list of `count` files."""
    sizes = (0, 0, 0, len(name), 0, 0, 0, 0, 0, 0)
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 0, 20, 0, 0, 0, 0, 33, *sizes) + name
    end = (0, 0, count % 2**16, count % 2**16, count * len(entry), 0, 0)
    return entry * count + struct.pack("<4s4H2LH", b"PK\x05\x06", *end)


def hostile() -> dict[str, bytes]:
    good = run_files(contents_at(WRAPPED, 300))
    many = {f"{number}": b"" for number in range(bundle.MOST_FILES + 1)}
    return {
        "empty": b"",
        "no archive": b"PK" + bytes(1_000),
        "no run": packed({"README.md": b"Hello"}),
        "empty run": packed({RUN: b""}),
        "too many files": packed(good | many),
        "password": encrypted(packed(good)),
        "no buffer": packed({RUN: good[RUN]}),
        "empty buffer": packed(good | {TRANSITIONS: b""}),
        "another run's buffer": packed(
            good | {TRANSITIONS: run_files(contents_at(WRAPPED, 150))[TRANSITIONS]}
        ),
        "buffer is a run": packed({RUN: good[RUN], TRANSITIONS: good[RUN]}),
        "head is huge": packed(good | {RUN: b"\xff" * 8 + good[RUN][8:]}),
        "nested": packed({RUN: packed(good)}),
        "bomb": bomb(RUN),
    }


def test_hostile_bundles_are_refused_with_a_sentence_and_little_memory() -> None:
    cases = hostile()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, archive in cases.items():
        with pytest.raises(REFUSED) as refused:
            session_from(run_in(archive))
        assert str(refused.value).endswith("."), name
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes


@pytest.mark.parametrize(("count", "name"), [(200_000, b"x"), (500, b"\xff" * 65_535)])
def test_an_archive_with_a_huge_list_of_files_is_refused_before_the_list_is_read(
    count: int, name: bytes
) -> None:
    assert opened_bundle(many_entries(5, RUN.encode())).folders == [""], "a short list is read"
    archive = many_entries(count, name)
    tracemalloc.start()
    try:
        with pytest.raises(StateError, match="too many files"):
            opened_bundle(archive)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


def test_six_hundred_damaged_bundles_give_no_other_error() -> None:
    archive, random, refused = (
        packed(run_files(contents_at(WRAPPED, 300))),
        np.random.default_rng(0),
        0,
    )
    for _ in range(600):
        damaged = bytearray(archive)
        if random.random() < 0.3:
            damaged = damaged[: random.integers(len(damaged))]
        for place in random.integers(len(damaged) or 1, size=random.integers(1, 6)):
            damaged[place : place + 1] = bytes([random.integers(256)])
        try:
            session_from(run_in(bytes(damaged)))
        except REFUSED:
            refused += 1
    assert refused > 400
