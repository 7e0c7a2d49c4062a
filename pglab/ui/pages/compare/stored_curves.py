"""The curves of stored runs that *Compare* draws beside its agents.

The visitor chooses these runs on the page *My runs*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from pglab.algorithms.agents import AgentConfig
from pglab.config import quoted
from pglab.curves import Curve
from pglab.language import _
from pglab.ui.shell.problems import literal

_CURVES = "compare.stored_curves"


@dataclass(frozen=True)
class StoredCurve:
    """The smoothed returns of a stored run. The curve's label may be a text that a person wrote."""

    curve: Curve
    env_id: str


def draw_from_now_on(curves: Iterable[StoredCurve]) -> None:
    """Choose the curves that *Compare* draws from now on in this visit."""
    st.session_state[_CURVES] = tuple(curves)


def chosen_curves() -> tuple[StoredCurve, ...]:
    """The curves that *Compare* draws in this visit."""
    curves: tuple[StoredCurve, ...] = st.session_state.get(_CURVES, ())
    return curves


def forget() -> None:
    """Remove all stored curves from *Compare*."""
    st.session_state.pop(_CURVES, None)


def drawn_curves(stored: Sequence[StoredCurve], configs: Sequence[AgentConfig]) -> list[Curve]:
    """Return the stored curves from the agents' environments. The labels of the curves are HTML."""
    return [
        Curve(one.curve.steps, one.curve.returns, escape(one.curve.label, quote=False))
        for one in stored
        if _is_drawn(one, configs)
    ]


def _is_drawn(one: StoredCurve, configs: Sequence[AgentConfig]) -> bool:
    return bool(len(one.curve.steps)) and any(config.env_id == one.env_id for config in configs)


def say_which_are_drawn(
    stored: Sequence[StoredCurve], configs: Sequence[AgentConfig], remove: Callable[[], None]
) -> None:
    """Name the stored runs that the return plot shows or cannot show; offer to remove them."""
    if not stored:
        return
    told: dict[tuple[str, str], list[StoredCurve]] = {}
    for one in stored:
        if _is_drawn(one, configs):
            sentence = _("Dotted lines from My runs: {names}.")
        elif len(one.curve.steps):
            sentence = _("No agent here trains in {environment}, so there is no line for: {names}.")
        else:
            sentence = _(
                "No episode in {environment} has ended yet, so there is no line for: {names}."
            )
        told.setdefault((sentence, one.env_id), []).append(one)
    sentences = (
        sentence.format(environment=env_id, names=_names(runs))
        for (sentence, env_id), runs in told.items()
    )
    with st.container(horizontal=True, vertical_alignment="center", key="stored_curves"):
        st.caption(literal(" ".join(sentences)), width="content")
        st.button(
            _("Remove these lines"), icon=":material/close:", key="forget_stored", on_click=remove
        )


def _names(curves: Iterable[StoredCurve]) -> str:
    return ", ".join(quoted(one.curve.label) for one in curves)
