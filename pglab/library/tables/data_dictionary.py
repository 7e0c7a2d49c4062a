"""Writes the data dictionary, which explains each column of each file."""

from __future__ import annotations

from collections.abc import Sequence

from pglab.language import _, ngettext
from pglab.library.contents import RunContents
from pglab.library.model_card.markdown import table
from pglab.library.tables.columns import EPISODES, UPDATES, Column, step_columns
from pglab.library.tables.tensorboard_events import TAGS


def data_dictionary(contents: RunContents, *, with_steps: bool) -> str:
    """Explain the tables and the TensorBoard events of a run, in Markdown.

    Args:
        contents: the run.
        with_steps: whether the files include the table of steps.
    """
    sections = [
        "# " + _("Data dictionary"),
        _(
            "Each table exists as CSV and as Parquet. A cell without a value is empty in CSV, and "
            "null in Parquet. The numbers have all their digits: a program that reads them gets "
            "exactly the numbers of the run."
        ),
        *_section("episodes", _("One row for each finished episode."), EPISODES),
        *_section("updates", _rows_of_updates(contents), UPDATES),
    ]
    if with_steps:
        rows = _(
            "One row for each environment step. CSV shows the type float32 with the digits of "
            "float64."
        )
        sections += _section("steps", rows, step_columns(contents.initial_config))
    sections += [
        "## " + _("TensorBoard events"),
        _(
            "The groups `rollout` and `train` have the names of Stable-Baselines3. The horizontal "
            "axis shows environment steps. All events have the time of the export."
        ),
        table((_("tag"), _("meaning")), ((f"`{tag.name}`", _(tag.meaning)) for tag in TAGS)),
    ]
    return "\n\n".join(sections) + "\n"


def _section(name: str, rows: str, columns: Sequence[Column]) -> list[str]:
    heads = _("column"), _("meaning"), _("unit"), _("type")
    lines = ((f"`{c.name}`", _(c.meaning), _(c.unit) if c.unit else "", c.type) for c in columns)
    return [f"## `{name}`", rows, table(heads, lines)]


def _rows_of_updates(contents: RunContents) -> str:
    stride = contents.updates.stride
    return ngettext(
        "One row for each update.",
        "One row for one of {n} updates, because the run had too many updates to store them all.",
        stride,
    ).format(n=stride)
