"""Makes the tables of a run, and writes them as CSV and as Parquet.

NaN means "no value": such a cell is empty in CSV, and null in Parquet.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self

import numpy as np
import pyarrow
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from pglab.language import _
from pglab.library.contents import RunContents, Table
from pglab.library.tables.columns import EPISODES, UPDATES, Column

Format = Literal["csv", "parquet"]


def episodes_table(contents: RunContents) -> pyarrow.Table:
    """Make a table with one row for each finished episode; see `EPISODES` for the columns."""
    return _numbered(EPISODES, contents.episodes)


def updates_table(contents: RunContents) -> pyarrow.Table:
    """Make a table with one row for each stored update; see `UPDATES` for the columns.

    In a long run, only one of every `contents.updates.stride` updates is stored.
    """
    return _numbered(UPDATES, contents.updates)


def table_bytes(table: pyarrow.Table, file_format: Format) -> bytes:
    """Return the bytes of a CSV file or a Parquet file with this table."""
    sink = io.BytesIO()
    with TableWriter(sink, file_format, table.schema) as writer:
        writer.write(table)
    return sink.getvalue()


def schema_of(columns: Sequence[Column]) -> pyarrow.Schema:
    """Return the schema of the columns; each field's metadata contain its meaning and unit."""
    return pyarrow.schema(
        [
            pyarrow.field(
                column.name,
                pyarrow.from_numpy_dtype(np.dtype(column.type)),
                metadata={
                    "meaning": _(column.meaning),
                    "unit": _(column.unit) if column.unit else "",
                },
            )
            for column in columns
        ]
    )


def table_of(columns: Sequence[Column], values: Mapping[str, NDArray[Any]]) -> pyarrow.Table:
    """Make a table from the arrays [N] with the names of the columns; NaN becomes null."""
    schema = schema_of(columns)
    arrays = [
        pyarrow.array(values[field.name], from_pandas=True).cast(field.type) for field in schema
    ]
    return pyarrow.Table.from_arrays(arrays, schema=schema)


class TableWriter:
    """Writes a table part by part into an open file, and leaves the file open."""

    def __init__(self, sink: BinaryIO, file_format: Format, schema: pyarrow.Schema) -> None:
        """Write the header of the file."""
        if file_format == "csv":
            options = pyarrow.csv.WriteOptions(quoting_header="none")
            schema = _doubles(schema)
            self._writer: Any = pyarrow.csv.CSVWriter(sink, schema, write_options=options)
        else:
            self._writer = pyarrow.parquet.ParquetWriter(sink, schema)
        self._schema = schema

    def write(self, table: pyarrow.Table) -> None:
        """Write some rows; in a Parquet file, they become one row group."""
        self._writer.write_table(table.cast(self._schema), max(1, len(table)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()


def _doubles(schema: pyarrow.Schema) -> pyarrow.Schema:
    """Change single to double precision, so that a CSV file contains all digits of the numbers."""
    for index, field in enumerate(schema):
        if field.type == pyarrow.float32():
            schema = schema.set(index, field.with_type(pyarrow.float64()))
    return schema


def _numbered(columns: Sequence[Column], table: Table) -> pyarrow.Table:
    """Make a table, and add the column with the number of each stored episode or update."""
    known = set(table.columns)
    (number,) = (column.name for column in columns if column.name not in known)
    return table_of(columns, {**table.columns, number: table.numbers})
