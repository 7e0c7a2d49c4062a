"""Stores a run as a new one: a run of a bundle, for example."""

from __future__ import annotations

import secrets

from pglab.library.bundle import read_bundle
from pglab.library.contents import RunContents
from pglab.library.encoding import encoded
from pglab.library.snapshot import session_from
from pglab.library.store.kept import KeptRun, new_address
from pglab.library.store.library import Library
from pglab.library.store.summary import summary_of


def import_bundle(library: Library, data: bytes, owner: str) -> KeptRun:
    """Store the run of a bundle as a new run of this owner; return what was stored.

    Nothing is stored unless the run can continue.

    Raises:
        ConfigError: a setting of the run cannot be used.
        LibraryUnavailable: the run cannot be stored now.
        StateError: the bundle cannot be used; the message is a sentence for the visitor.
    """
    contents = read_bundle(data)
    session_from(contents)  # checks everything that `read_bundle` leaves unchecked
    return store(library, contents, owner)


def store(library: Library, contents: RunContents, owner: str) -> KeptRun:
    """Store a run at a new address.

    Raises:
        LibraryUnavailable: the run cannot be stored now.
    """
    kept = KeptRun(
        address=new_address(),
        owner=owner,
        writer=secrets.token_urlsafe(16),
        data=encoded(contents),
        blocks=contents.state.blocks,
        summary=summary_of(contents),
    )
    library.save(kept)
    return kept
