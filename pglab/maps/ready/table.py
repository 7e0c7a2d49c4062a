"""Writes a map as a Parquet file with one row for each run, and reads such files.

Each varied setting has two columns: its value as a text, and the index of this value on its axis.
The other columns are the seed and the numbers of the `RunResult`. The file's metadata contains the
plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow
import pyarrow.parquet

from pglab.config import ConfigError, format_value, require_config
from pglab.language import _
from pglab.library.encoding import config_facts, config_from
from pglab.library.state.taking import StateError
from pglab.maps.plan import MOST_SEEDS, MOST_VALUES, Axis, MapPlan
from pglab.maps.run_result import WINDOWS, RunResult, decoded
from pglab.maps.running.keys import provenance_of
from pglab.session.stored.provenance import KEY

if TYPE_CHECKING:  # a page that shows a stored map need not load Dask
    from pglab.maps.running.map_run import Run

FORMAT = 1  # of the file
MOST_BYTES = 40_000_000  # of a file, and of its columns when they are unpacked
MOST_AXES = 2
MOST_ROWS = MOST_VALUES**MOST_AXES * MOST_SEEDS
_PLACE = "{}_place"
_METADATA = b"pglab"
_DAMAGE = (
    pyarrow.ArrowException,
    OSError,  # for example a column that ends too early
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
)

Facts = dict[str, Any]


class MapFileError(ValueError):
    """Raised if a file cannot be read as a map. The message is a sentence that says why."""


def write_map(path: Path, plan: MapPlan, results: Mapping[Run, RunResult]) -> None:
    """Write all runs of `plan` that have a result. The same results always give the same bytes.

    Raises:
        OSError: the file cannot be written.
    """
    schema = _schema(plan)
    rows = [_row(plan, run, results[run]) for run in plan.runs() if run in results]
    table = pyarrow.Table.from_pylist(rows, schema.with_metadata({_METADATA: _metadata(plan)}))
    with path.open("wb") as sink:
        pyarrow.parquet.write_table(
            table,
            sink,
            compression="zstd",
            compression_level=19,
            write_page_checksum=True,
        )


def read_map(path: Path) -> tuple[MapPlan, dict[Run, RunResult]]:
    """Read a file that `write_map` has written; all numbers are the same, bit for bit.

    Raises:
        MapFileError: the file cannot be read, is too large, or is not a map.
    """
    try:
        with path.open("rb") as source:
            data = source.read(MOST_BYTES + 1)
    except OSError as error:
        raise MapFileError(
            _("{file} cannot be read: {reason}.").format(
                file=path, reason=error.strerror or type(error).__name__
            )
        ) from error
    if len(data) > MOST_BYTES:
        raise _too_large()
    try:
        return _read(data)
    except MapFileError:
        raise
    except (ConfigError, StateError) as error:
        raise MapFileError(str(error)) from error
    except _DAMAGE as error:
        raise MapFileError(_("The file contains no map, or it is damaged.")) from error


def stored_provenance(path: Path) -> dict[str, str]:
    """The provenance of a map that `read_map` can read."""
    metadata = pyarrow.parquet.read_schema(path).metadata
    provenance: dict[str, str] = json.loads(metadata[_METADATA])[KEY]
    return provenance


def _too_large() -> MapFileError:
    return MapFileError(_("The file is too large for a map."))


def _metadata(plan: MapPlan) -> bytes:
    facts: Facts = {
        "format": FORMAT,
        **config_facts(plan.config),
        "axes": [{"setting": axis.setting, "values": _texts(axis)} for axis in plan.axes],
        "seeds": plan.seeds,
        "total_steps": plan.total_steps,
        KEY: provenance_of(plan.config),
    }
    return json.dumps(facts, allow_nan=False).encode()


def _texts(axis: Axis) -> list[str]:
    return [format_value(value) for value in axis.values]


def _schema(plan: MapPlan) -> pyarrow.Schema:
    """The names and types of the columns."""
    columns = [
        *((axis.setting, pyarrow.string()) for axis in plan.axes),
        *((_PLACE.format(axis.setting), pyarrow.int8()) for axis in plan.axes),
        ("seed", pyarrow.int8()),
        ("sums", pyarrow.list_(pyarrow.float64())),
        ("counts", pyarrow.list_(pyarrow.int32())),
        ("solved_at", pyarrow.int32()),
        ("diverged_at", pyarrow.int32()),
    ]
    ends = ("solved_at", "diverged_at")  # null if this has not happened
    return pyarrow.schema([pyarrow.field(n, t, nullable=n in ends) for n, t in columns])


def _row(plan: MapPlan, run: Run, result: RunResult) -> Facts:
    return _names_of(plan, run) | {
        "sums": result.sums,
        "counts": result.counts,
        "solved_at": result.solved_at,
        "diverged_at": result.diverged_at,
    }


def _names_of(plan: MapPlan, run: Run) -> Facts:
    """The columns of a row that identify its run, with their values."""
    cell, seed = run
    facts: Facts = {"seed": seed}
    for axis, place in zip(plan.axes, cell, strict=True):
        facts[axis.setting] = format_value(axis.values[place])
        facts[_PLACE.format(axis.setting)] = place
    return facts


def _read(data: bytes) -> tuple[MapPlan, dict[Run, RunResult]]:
    source = pyarrow.BufferReader(data)
    with pyarrow.parquet.ParquetFile(source, page_checksum_verification=True) as file:
        _require_small(file.metadata)
        plan = _plan(json.loads(file.schema_arrow.metadata[_METADATA]))
        if not file.schema_arrow.equals(_schema(plan)):
            raise ValueError("the columns are not those of a map")
        rows = file.read().to_pylist()
    results = dict(_results(plan, rows))
    if len(results) != len(rows):
        raise ValueError("two rows have the same run")
    return plan, results


def _require_small(metadata: Any) -> None:
    """Raise an error if the metadata of a file says that its unpacked columns are too large."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    columns = [group.column(number) for group in groups for number in range(group.num_columns)]
    if (
        metadata.num_rows > MOST_ROWS
        or sum(column.total_uncompressed_size for column in columns) > MOST_BYTES
        or any(column.num_values > MOST_ROWS * WINDOWS for column in columns)
    ):
        raise _too_large()


def _plan(facts: Any) -> MapPlan:
    """Read the plan from the metadata of a file.

    Raises:
        ConfigError: the plan or a setting cannot be used.
        ValueError: a part of the plan has the wrong type, or there are too many axes or values.
    """
    if facts["format"] != FORMAT:
        raise MapFileError(_("Another version of the app has made this map. Update the app."))
    seeds, total_steps, axes = facts["seeds"], facts["total_steps"], facts["axes"]
    if type(seeds) is not int or type(total_steps) is not int or len(axes) > MOST_AXES:
        raise ValueError("the plan is damaged")
    config = config_from(facts)
    return MapPlan(config, tuple(_axis(type(config)(), axis) for axis in axes), seeds, total_steps)


def _axis(usual: Any, facts: Any) -> Axis:
    """Read an axis. Each value is checked together with the default settings `usual`."""
    name, texts = facts["setting"], facts["values"]
    if len(texts) > MOST_VALUES or not all(isinstance(text, str) for text in (name, *texts)):
        raise ValueError("the values of a setting are damaged")
    return Axis(name, tuple(getattr(require_config(usual, {name: text}), name) for text in texts))


def _results(plan: MapPlan, rows: list[Facts]) -> Iterator[tuple[Run, RunResult]]:
    runs = set(plan.runs())
    numbers = ("sums", "counts", "solved_at", "diverged_at")
    for row in rows:
        run = tuple(row[_PLACE.format(axis.setting)] for axis in plan.axes), row["seed"]
        if run not in runs or not _names_of(plan, run).items() <= row.items():
            raise ValueError("a row names no run of the plan")
        sums, counts, solved_at, diverged_at = (row[name] for name in numbers)
        result = RunResult(plan.total_steps, tuple(sums), tuple(counts), solved_at, diverged_at)
        yield run, decoded(result.encoded())  # checked like the results of the library
