"""Describes a comparison: settings that differ, equal settings, and stored results."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pglab.algorithms.agents import AgentConfig
from pglab.config.choice_names import choice_name
from pglab.experiments.evidence import verdict
from pglab.language import _
from pglab.session.side_by_side.comparison import CELLS, Comparison, pair_of
from pglab.session.side_by_side.contrasts import (
    LETTERS,
    Difference,
    differences_between,
    held_fixed,
    names_of,
)
from pglab.session.stored.usual_curves import stored_agent
from pglab.ui.pages.sharing_evidence import sharing_evidence


def words(comparison: Comparison, *, evidence: bool) -> None:
    """Draw the title, the settings that differ, the equal settings, and the stored results.

    If `evidence` is false, the page hides stored results and asks the visitor to guess first.
    """
    configs = comparison.configs
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="words"):
        st.markdown("#### " + _("Compare"), width="content")
        lines = (f":small[{sentence}]" for sentence in _sentences(configs, evidence))
        st.markdown("  \n".join(lines), width="stretch")
        if _is_about_the_cells(configs):
            with st.popover(_("Does sharing help?"), width="content"):
                sharing_evidence()
                for page, title in (
                    ("pages/shared_body.py", _("Shared body")),
                    ("pages/split_bodies.py", _("Split bodies")),
                ):
                    label = _("Read more: {title}, chapter Idea").format(title=title)
                    st.page_link(page, label=label)


def difference_text(difference: Difference) -> str:
    """Return a difference and each agent's value as text, such as "**Body**: shared | split"."""
    values = (choice_name(value) for value in difference.values)
    return f"**{difference.label}**: {_(' | ').join(values)}"


def _sentences(configs: Sequence[AgentConfig], evidence: bool) -> list[str]:
    found = differences_between(configs)
    text = " · ".join(difference_text(difference) for difference in found)
    held = _("Equal settings: {settings}.").format(settings=held_fixed(configs))
    if not found:
        same = _("{letters} have equal settings: results differ only by chance.")
        return [same.format(letters=_(" and ").join(LETTERS[: len(configs)])), held]
    if len(found) == 1 or pair_of(configs) == CELLS:
        return [text, held, *_over_seeds(configs, evidence)]
    return [
        _(
            ":orange[:material/warning: {n} things differ at once], so you cannot tell which "
            "difference causes a result: {text}"
        ).format(n=len(found), text=text),
        *_over_seeds(configs, evidence),
    ]


def _over_seeds(configs: Sequence[AgentConfig], evidence: bool) -> list[str]:
    """Return a list with one sentence about the agents' stored results.

    If `evidence` is false, the sentence asks the visitor to guess first. The list is empty if no
    results are stored.
    """
    text = verdict(configs, names_of(configs))
    if text and not evidence:
        return [_("Make a guess, or press Run, to see stored results over many seeds.")]
    return [text] if text else []


def _is_about_the_cells(configs: Sequence[AgentConfig]) -> bool:
    names = [stored_agent(config) or "" for config in configs]
    return any(name.startswith("equal_") for name in names) or pair_of(configs) == "seminar"
