"""Results of trained runs: what is stored once is found again, and never changes."""

from __future__ import annotations

import pytest

from pglab.library.store.library import Library
from pglab.library.store.results import MOST_BYTES
from tests.library.store.samples import result_key

A, B, C = map(result_key, (10, 11, 12))


def test_results_come_back_byte_for_byte(library: Library) -> None:
    saved = {A: b"", B: bytes(range(256)), C: bytes(MOST_BYTES)}
    library.save_results(saved)
    assert library.load_results([A, B, C]) == saved
    assert library.load_results(key for key in (B, B)) == {B: saved[B]}


def test_the_first_result_stays(library: Library) -> None:
    library.save_results({B: b"first"})
    library.save_results({A: b"new", B: b"second", C: b"new"})
    assert library.load_results([A, B, C]) == {A: b"new", B: b"first", C: b"new"}


def test_nothing_is_saved_and_nothing_is_loaded(library: Library) -> None:
    library.save_results({})
    assert library.load_results([]) == {}


NO_KEYS = ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n", "\0" * 64, "\u0663" * 64]


@pytest.mark.parametrize("key", NO_KEYS)
def test_a_malformed_key_is_refused(library: Library, key: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        library.save_results({A: b"data", key: b"data"})
    assert library.load_results([A]) == {}


def test_a_result_that_is_too_long_is_refused(library: Library) -> None:
    with pytest.raises(ValueError, match="more than 20000 bytes"):
        library.save_results({A: b"data", B: bytes(MOST_BYTES + 1)})
    assert library.load_results([A, B]) == {}


def test_keys_that_are_not_stored_are_ignored(library: Library) -> None:
    library.save_results({A: b"data"})
    assert library.load_results([*NO_KEYS, B, A]) == {A: b"data"}


def test_ten_thousand_results_at_once(library: Library) -> None:
    saved = {result_key(number): f"{number}".encode() for number in range(10_000)}
    library.save_results(saved)
    assert library.load_results(map(result_key, range(-1, 10_001))) == saved
