"""The table of the settings tried in this visit."""

from __future__ import annotations

import streamlit as st

from pglab.bench import PastRun
from pglab.config import RunConfig, describe_differences
from pglab.language import _
from pglab.ui.lab import Lab
from pglab.ui.panels import change_label


def runs_table(lab: Lab) -> None:
    """One row per run of this visit, the newest first."""
    st.dataframe(
        [_row(run, lab.terms.preset) for run in reversed([*lab.bench.past, lab.bench.summary()])],
        hide_index=True,
    )
    st.caption(
        _(
            "Each row is one run with one seed. The first is the present one, as it stood when it "
            "was last paused, stepped or changed. They show what happened, not what is usual."
        )
    )


def _row(run: PastRun, preset: RunConfig) -> dict[str, str | int]:
    differing = describe_differences(run.config, preset)
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
        _("environment steps"): run.global_step,
        _("episodes"): run.episodes,
        _("mean of last 100 returns"): "–" if run.mean_return is None else f"{run.mean_return:.1f}",
        _("outcome"): _outcome_text(run),
    }


def _outcome_text(run: PastRun) -> str:
    match run.outcome:
        case "solved":
            return _("solved: seminar's reading {reading:.0f}").format(reading=run.reading)
        case "total_steps":
            return _("all steps used")
        case "diverged":
            return _("diverged")
        case None:
            return _("not ended")
