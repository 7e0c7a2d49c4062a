"""The table of all runs of this visit, with their settings."""

from __future__ import annotations

import streamlit as st

from pglab.config import RunConfig, describe_differences
from pglab.language import _
from pglab.library.model_card.words import outcome_name
from pglab.plots.run import change_label
from pglab.session.bench import PastRun, SeedResult
from pglab.ui.controls.lab import Lab


def runs_table(lab: Lab) -> None:
    """Draw a table of the runs of this visit, newest run first; each seed has its own row."""
    runs = reversed([*lab.bench.past, lab.bench.summary()])
    st.dataframe([row for run in runs for row in _rows(run, lab.terms.preset)], hide_index=True)
    st.caption(
        _(
            "Each row shows one seed. Seeds that were trained together have the same run number. "
            "Run 1 is the oldest run. The current run is at the top of the table; while it trains, "
            "its numbers here may be out of date. The results of a few seeds may be due to chance."
        )
    )


def _rows(run: PastRun, preset: RunConfig) -> list[dict[str, str | int]]:
    own = SeedResult(
        run.config.seed,
        run.global_step,
        run.episodes,
        run.mean_return,
        run.outcome,
        run.reading,
    )
    return [_row(run, of_seed, preset) for of_seed in (own, *run.further)]


def _row(run: PastRun, result: SeedResult, preset: RunConfig) -> dict[str, str | int]:
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
        _("environment steps"): result.global_step,
        _("episodes"): result.episodes,
        _("mean of last 100 returns"): (
            "–" if result.mean_return is None else f"{result.mean_return:.1f}".replace("-", "−")
        ),
        _("outcome"): _outcome_text(result),
    }


def _outcome_text(result: SeedResult) -> str:
    if result.outcome == "solved":
        return _("solved (progress reading {reading:.0f})").format(reading=result.reading)
    return outcome_name(result.outcome)
