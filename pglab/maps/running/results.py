"""Keeps the results of runs in the library, so that no run is trained twice on one server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pglab.library.keeping.saver import SharedLibrary, shared_library
from pglab.maps.run_result import ResultDamaged, RunResult, decoded


class Results:
    """The results of all maps of this server, by the keys of their runs.

    If the library cannot be used, nothing is kept, and the maps train every run themselves.
    """

    def __init__(self, shared: SharedLibrary | None = None) -> None:
        """Use the library of this process, if no other one is given."""
        self._shared = shared or shared_library()

    @property
    def problem(self) -> str | None:
        """Why results are not kept at the moment, as a sentence."""
        return self._shared.problem

    def load(self, keys: Iterable[str]) -> dict[str, RunResult]:
        """The results that are stored. A damaged result counts as not stored."""
        stored = self._shared.use(lambda library: library.load_results(keys))
        return dict(_readable(stored or {}))

    def save(self, results: Mapping[str, RunResult]) -> None:
        """Store results; a result that is stored already stays as it is."""
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
