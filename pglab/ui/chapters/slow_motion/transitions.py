"""A table of the stored steps, and the update's effect on the step that the visitor chose."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pglab.language import _
from pglab.looks.attribution import Explanation
from pglab.looks.render import shared_renderer
from pglab.slow_motion.words import rows_of
from pglab.ui.chapters.slow_motion.causes import causes_table
from pglab.ui.chapters.slow_motion.panels import SlowScene
from pglab.ui.controls.lab import Lab

TABLE_HEIGHT, ROW_HEIGHT = 260, 36  # pixels
_PI_BEFORE, _PI_AFTER, _DELTA_PI = "π before", "π after", "Δπ"  # column keys


def transitions(lab: Lab, scene: SlowScene) -> None:
    """Draw a table of the batch. Beside the table, draw the transition that the visitor chose."""
    batch, tape = scene.batch, lab.slow_motion
    if not len(batch.actions):
        return
    names = [_(name) for name in scene.info.actions]
    columns: dict[str, Any] = {
        "t": batch.offset + np.arange(len(batch.actions)),
        _("action"): [names[action] for action in batch.actions],
        _("reward"): batch.rewards,
        "log π": batch.log_probs.round(4),
    }
    if batch.returns is not None:
        columns["G"] = batch.returns.round(4)
    if batch.weights is not None:
        columns["w"] = batch.weights.round(4)
    if batch.explanation is not None:
        columns[_PI_BEFORE] = 100 * batch.explanation.before
        columns[_PI_AFTER] = 100 * batch.explanation.after
        columns[_DELTA_PI] = 100 * batch.explanation.change
    key = f"{lab.key}.slow.table.{batch.first_step}"

    def trace() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        tape.traced = batch.first_step + rows[0] if rows else None

    table, traced = st.columns([7, 3])
    with table:
        st.caption(
            _("The stored steps. Choose a step for details (keyboard: ↓, then Shift + Space).")
        )
        st.dataframe(
            columns,
            hide_index=True,
            height=min(TABLE_HEIGHT, ROW_HEIGHT * (len(batch.actions) + 1)),
            on_select=trace,
            selection_mode="single-row",
            key=key,
            column_config=_columns_explained(),
        )
    with traced:
        if scene.chosen is not None:
            _traced(scene, scene.chosen)
        elif tape.traced is not None:
            st.caption(_gone(tape.traced, batch.first_step))
        elif batch.whole is not None and len(batch.actions) == 1:
            _traced(scene, 0)
        elif batch.whole is not None:
            _whole(batch.whole)


def _columns_explained() -> dict[str, Any]:
    """Return the format and the help text of each column."""
    number = st.column_config.NumberColumn
    return {
        "t": number(help=_("Number of the step in the batch, counted from 0.")),
        "log π": number(help=_("Logarithm of the action's probability at this step.")),
        "G": number(help=_("Return: the sum of the rewards from this step on, discounted by γ.")),
        "w": number(help=_("Weight of the step in the actor's loss.")),
        _PI_BEFORE: number(
            _("π before, %"),
            format="%.2f",
            help=_("Probability of the step's action before the update."),
        ),
        _PI_AFTER: number(
            _("π after, %"),
            format="%.2f",
            help=_("Probability of the step's action after the update."),
        ),
        _DELTA_PI: number(
            _("Δπ, points"),
            format="%+.3f",
            help=_("π after minus π before, in percentage points."),
        ),
    }


def _gone(step: int, first: int) -> str:
    """Say why the transition that the visitor chose is not shown."""
    text = (
        _("Step {n:,}, which you chose, is no longer stored. Choose another one.")
        if step < first
        else _("Step {n:,}, which you chose, is not stored yet.")
    )
    return text.format(n=step)


def _traced(scene: SlowScene, row: int) -> None:
    """Draw one transition: its frame, its numbers, and what changed its action's probability."""
    batch = scene.batch
    action = _(scene.info.actions[batch.actions[row]])
    st.image(shared_renderer(scene.env_id).jpeg(batch.observations[row]), width=260)
    lines = [
        _("At t = {t} of the batch, the agent chose **{action}**: log π = {log:.4f}.").format(
            t=batch.offset + row, action=action, log=batch.log_probs[row]
        )
    ]
    if batch.returns is not None:
        lines.append(_("The return of this step is G = {g:.4f}.").format(g=batch.returns[row]))
    if batch.weights is not None:
        lines.append(_("The weight of this step is w = {w:.4f}.").format(w=batch.weights[row]))
    if batch.explanation is not None:
        lines.append(
            _("The update changed π of this action from {before:.2%} to {after:.2%}.").format(
                before=batch.explanation.before[row], after=batch.explanation.after[row]
            )
        )
    st.markdown(" ".join(lines))
    found = batch.explanation
    if found is not None:
        effects = {cause: 100 * float(effect[row]) for cause, effect in found.effects.items()}
        causes_table(
            _("What changed π of the action (percentage points)"),
            *rows_of(effects, 100 * float(found.remainder[row])),
        )


def _whole(found: Explanation) -> None:
    """Draw how much each cause contributed to the change of π over the whole batch."""
    shares = {cause: 100 * share for cause, share in found.shares.items()}
    if shares:
        causes_table(
            _("Share of each cause in Δπ over all steps, in %"),
            *rows_of(shares, 100 - sum(shares.values())),
        )
        st.caption(
            _(
                "The shares add up to 100 %. A cause with a negative share worked against the "
                "change of π. At each step, let e be the part of Δπ that the cause made. The share "
                "of the cause is Σ e·Δπ / Σ Δπ², with sums over all steps."
            )
        )
