"""The chapters below the stage: a row of titles, and the chapter that is open."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import streamlit as st

from pglab.config import Link
from pglab.language import _
from pglab.ui.controls.choices import settle
from pglab.ui.shell.fragments import fragment
from pglab.ui.shell.page_state import CHAPTERS
from pglab.ui.shell.visibility import CHAPTERS as ALL_CHAPTERS
from pglab.ui.shell.visibility import visibility

# The name of a chapter in links, and the function that draws the chapter.
Chapter = tuple[str, Callable[[], None]]
PARAMETER = "chapter"  # the address parameter that names the open chapter

# For some charts: otherwise, the toolbar would cover the legend.
NO_TOOLBAR = {"displayModeBar": False}


def titles() -> dict[str, str]:
    """Return the titles of the chapters. The keys are the chapters' names in links."""
    return {
        "idea": _("Idea"),
        "slow_motion": _("Slow motion"),
        "why": _("Why this action?"),
        "try_this": _("Try this"),
        "play": _("Play it yourself"),
        "code": _("Code"),
        "fresh_episodes": _("Fresh episodes"),
        "rewind": _("Rewind and fork"),
        "runs": _("Runs of this visit"),
        "take_along": _("Take along"),
    }


def chapters(
    page: str,
    *parts: Chapter,
    on_change: Callable[[], None] = lambda: None,
    behind: Callable[[], None] = lambda: None,
) -> None:
    """Draw a row of titles and the chosen chapter. If none is chosen, draw the first chapter.

    Args:
        page: key of the page.
        parts: the chapters in the order of their titles.
        on_change: called when another chapter is chosen.
        behind: draws the elements below the chapter.

    The titles are not Streamlit's tabs, because tabs are too slow. Each redraw of the stage renders
    all containers of the page again, and tabs take far more time than other containers.
    """
    fragment(_chapters, CHAPTERS)(page, parts, on_change, behind)


def open_at_first(page: str, name: str) -> None:
    """Open this chapter, unless a chapter of the page is already chosen."""
    st.session_state.setdefault(_key(page), titles()[name])


def open_chapter(page: str, name: str) -> None:
    """Open a chapter of the page. Call this function only in a callback."""
    st.session_state[_key(page)] = titles()[name]


def is_open(page: str, name: str) -> bool:
    """Whether a chapter of the page is open."""
    return bool(st.session_state.get(_key(page)) == titles()[name])


def read_link(page: str, names: Collection[str], link: Link) -> None:
    """Open the chapter that the link names. Report a name that is not in `names` as a problem."""
    name = link.choice(PARAMETER, _("Chapter"), {name: name for name in names}, None)
    if name is not None:
        open_at_first(page, name)


def link_parameters(page: str, usual: str) -> dict[str, str]:
    """Return the parameter that names the open chapter, or {} for the chapter `usual`."""
    names = {title: name for name, title in titles().items()}
    name = names.get(st.session_state.get(_key(page), ""), usual)
    return {} if name == usual else {PARAMETER: name}


def _key(page: str) -> str:
    """Return the key under which the session state keeps the title of a page's open chapter."""
    return f"{page}.chapter"


def _chapters(
    page: str, parts: Sequence[Chapter], on_change: Callable[[], None], behind: Callable[[], None]
) -> None:
    names = titles()
    drawings = {
        names[name]: draw
        for name, draw in parts
        if not visibility(name, names[name], ALL_CHAPTERS, lockable=False).hidden
    }
    if not drawings:
        behind()
        return
    key = _key(page)
    chosen = settle(key, drawings, next(iter(drawings)))
    st.segmented_control(
        _("Chapter"),
        list(drawings),
        default=chosen,
        required=True,
        key=key,
        label_visibility="collapsed",
        persist_state="session",
        on_change=on_change,
        disabled=visibility(ALL_CHAPTERS, _("choice of the chapter")).locked,
    )
    with st.container(key="chapter"):
        drawings[chosen]()
    behind()
