"""Stores runs, for example those of a bundle, as new runs in the library."""

from __future__ import annotations

from pglab.library.bundle import Bundle, opened_bundle
from pglab.library.contents import RunContents
from pglab.library.progress import Progress, unreported
from pglab.library.store.library import Library
from pglab.library.store.runs.kept import KeptRun, new_address, new_key
from pglab.library.store.runs.summary import kept_of


def import_bundle(
    library: Library, data: bytes, owner: str, progress: Progress = unreported
) -> list[KeptRun]:
    """Store the runs of an uploaded bundle as new runs of this owner; return the stored runs.

    Raises:
        ConfigError: a setting of a run cannot be used.
        LibraryUnavailable: the runs cannot be stored now.
        StateError: the bundle cannot be used; the message is a sentence for the visitor.
    """
    return list(import_runs(library, opened_bundle(data), owner, progress).values())


def import_runs(
    library: Library, bundle: Bundle, owner: str, progress: Progress
) -> dict[str, KeptRun]:
    """Store each run of a bundle at a new address; return the stored runs by their folders.

    If an error occurs, the runs that this call has already stored are deleted.

    Raises:
        ConfigError: a setting of a run cannot be used.
        LibraryUnavailable: the runs cannot be stored now.
        StateError: a run is damaged or too large.
    """
    work = 2 * len(bundle.folders)
    # Each run is read twice, so that the memory never holds more than one.
    for done, folder in enumerate(bundle.folders, start=1):
        bundle.run(folder)
        progress(done / work)
    stored: dict[str, KeptRun] = {}
    try:
        for done, folder in enumerate(bundle.folders, start=1 + len(bundle.folders)):
            stored[folder] = store(library, bundle.run(folder), owner)
            progress(done / work)
    except BaseException:  # `progress` may also end the work
        library.delete(owner, [kept.address for kept in stored.values()])
        raise
    return stored


def store(library: Library, contents: RunContents, owner: str) -> KeptRun:
    """Store a run at a new address.

    Raises:
        LibraryUnavailable: the run cannot be stored now.
    """
    kept = kept_of(contents, address=new_address(), owner=owner, writer=new_key())
    library.save(kept)
    return kept
