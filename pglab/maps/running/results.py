"""Stores the results of runs in the library, so that no run is trained twice on one server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pglab.library.keeping.saver import SharedLibrary, shared_library
from pglab.maps.run_result import ResultDamaged, RunResult, decoded


class Results:
    """The results of all maps of this server, by the keys of their runs.

    If the library cannot be used, no result is stored, and each map trains all its runs.
    """

    def __init__(self, shared: SharedLibrary | None = None) -> None:
        """Use the library `shared`; None stands for the library of this process."""
        self._shared = shared or shared_library()

    @property
    def problem(self) -> str | None:
        """A sentence that says why no results are stored at present; None without a problem."""
        return self._shared.problem

    def load(self, keys: Iterable[str]) -> dict[str, RunResult]:
        """Load the stored results of these keys. A damaged result counts as not stored."""
        stored = self._shared.use(lambda library: library.load_results(keys))
        return dict(_readable(stored or {}))

    def save(self, results: Mapping[str, RunResult]) -> None:
        """Store new results; results that are stored already do not change."""
        if results:
            self._shared.use(
                lambda library: library.save_results(
                    {key: result.encoded() for key, result in results.items()}
                )
            )


def _readable(stored: Mapping[str, bytes]) -> Iterable[tuple[str, RunResult]]:
    for key, data in stored.items():
        try:
            yield key, decoded(data)
        except ResultDamaged:
            continue  # the run is trained again
