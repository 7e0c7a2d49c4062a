"""Defines the runs that the library receives and returns, and their addresses and keys."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pglab.session.rewinding.transition_blocks import Block

_ADDRESS = re.compile(r"[A-Za-z0-9_-]{22,64}")
_BYTES = 18  # of randomness in an address: 144 bits
_KEY = re.compile(r"[A-Za-z0-9_-]{32}")
_BYTES_OF_KEY = 24  # 192 bits


def new_address() -> str:
    """Make the address of a run: a random text that nobody can guess, and that fits into a link.

    No address begins with "-", because a command would read it as an option.
    """
    while (address := secrets.token_urlsafe(_BYTES)).startswith("-"):
        pass
    return address


def is_address(text: str) -> bool:
    """True if the text has the form of an address, even if there is no such run."""
    return _ADDRESS.fullmatch(text) is not None


def new_key() -> str:
    """Make the secret key of an owner, or of a visit that writes runs."""
    return secrets.token_urlsafe(_BYTES_OF_KEY)


def is_key(text: str) -> bool:
    """True if the text has the form of a key."""
    return _KEY.fullmatch(text) is not None


def hash_of(key: str) -> str:
    """Return the SHA-256 of a secret key in hexadecimal digits, to be stored instead of the key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Summary:
    """The facts that the library stores about a run, so that lists can show them."""

    agent: str  # "reinforce", or the body and the critic's data, for example "split_replay"
    environment: str
    settings: str  # all settings at this moment, as JSON
    global_step: int
    episodes: int
    mean_return: float | None  # of the last 100 episodes; None before the first
    outcome: str | None  # None: the run has not ended
    seed: int
    curve: bytes  # see `pglab.library.store.runs.summary.curve_of`
    training_seconds: float  # processor time


@dataclass(frozen=True)
class KeptRun:
    """A run to be saved."""

    address: str
    owner: str  # the random key of a browser
    writer: str  # the random key of the visit that trains the run
    data: bytes  # from `pglab.library.encoding.encoded`
    blocks: Sequence[Block]  # the transitions of the replay buffer
    summary: Summary
    was_stored: bool = False  # whether its address had a run before; if it was deleted, it stays so


@dataclass(frozen=True)
class RunRow:
    """The facts that a list shows about a saved run."""

    address: str
    summary: Summary
    name: str
    note: str
    pinned: bool
    started: datetime  # when the run was saved for the first time
    saved: datetime  # when it was saved last
    size: int  # in bytes


@dataclass(frozen=True)
class Stored(RunRow):
    """A saved run with all data that are needed to continue the run."""

    data: bytes
    blocks: tuple[Block, ...]
    owner_hash: str

    def belongs_to(self, owner: str) -> bool:
        """True if the browser with this key has saved the run."""
        return hmac.compare_digest(self.owner_hash, hash_of(owner))
