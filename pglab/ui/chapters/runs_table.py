"""The table of all runs of this visit, with their settings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pandas as pd  # type: ignore[import-untyped]
import streamlit as st

from pglab.config import RunConfig, describe_differences
from pglab.language import _
from pglab.library.model_card.words import outcome_name
from pglab.plots.run import change_label
from pglab.session.past_run import PastRun, SeedResult
from pglab.ui.controls.lab import Lab

Row = dict[str, str | int | None]


def runs_table(lab: Lab) -> None:
    """Draw a table of the runs of this visit, newest run first; each seed has its own row."""
    bench, preset = lab.bench, lab.terms.preset
    waiting = bench.seeds_without_results
    lab.awaits_seeds = bool(waiting) and bench.busy
    rows = _rows(bench.summary(), preset, waiting)
    for run in reversed(bench.past):
        # After a reload, a further seed may not have begun before the next run replaced its run.
        begun = tuple(result for result in run.further if result.global_step)
        rows += _rows(replace(run, further=begun), preset)
    numbers = dict.fromkeys([_("environment steps"), _("episodes")], "Int64")  # may be missing
    st.dataframe(pd.DataFrame(rows).astype(numbers), hide_index=True, placeholder="–")
    st.caption(
        _(
            "Each row shows one seed. Seeds that were trained together have the same run number. "
            "Run 1 is the oldest run. The current run is at the top of the table; while it trains, "
            "its numbers here may be out of date. A seed that “catches up” is trained to the step "
            "of its run; its results follow. The results of a few seeds may be due to chance."
        )
    )


def _rows(run: PastRun, preset: RunConfig, waiting: Collection[int] = ()) -> list[Row]:
    """Return one row for each seed of a run. The seeds in `waiting` have no results yet."""
    own = SeedResult(
        run.config.seed,
        run.global_step,
        run.episodes,
        run.mean_return,
        run.outcome,
        run.reading,
    )
    return [_row(run, of_seed, preset, of_seed.seed in waiting) for of_seed in (own, *run.further)]


def _row(run: PastRun, result: SeedResult, preset: RunConfig, waits: bool) -> Row:
    differing = describe_differences(run.config.changed(seed=result.seed), preset)
    changes = [
        _("{what} from step {step:,}").format(
            what=change_label(change, run.config), step=change.global_step
        )
        for change in run.changes
    ]
    return {
        _("run"): run.number,
        _("settings other than the defaults"): ", ".join([differing, *changes]).strip(", ")
        or _("none"),
        _("environment steps"): None if waits else result.global_step,
        _("episodes"): None if waits else result.episodes,
        _("mean of last 100 returns"): "–" if waits else _mean_text(result),
        _("outcome"): _("catches up") if waits else _outcome_text(result),
    }


def _mean_text(result: SeedResult) -> str:
    return "–" if result.mean_return is None else f"{result.mean_return:.1f}".replace("-", "−")


def _outcome_text(result: SeedResult) -> str:
    if result.outcome == "solved":
        return _("solved (progress reading {reading:.0f})").format(reading=result.reading)
    return outcome_name(result.outcome)
