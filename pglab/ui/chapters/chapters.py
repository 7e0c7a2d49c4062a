"""What stands below the stage: chapters, of which one is in the page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import streamlit as st

from pglab.config import Link
from pglab.language import _
from pglab.ui.controls.choices import settle
from pglab.ui.shell.entry import fragment
from pglab.ui.shell.live_page import CHAPTERS

Chapter = tuple[str, Callable[[], None]]  # name, as links hold it, and what draws it
PARAMETER = "chapter"  # of the address bar

NO_TOOLBAR = {"displayModeBar": False}  # for a chart whose legend it would cover


def titles() -> dict[str, str]:
    """What each chapter is called on the page, by the name that stays in every language."""
    return {
        "idea": _("Idea"),
        "slow_motion": _("Slow motion"),
        "try_this": _("Try this"),
        "code": _("Code"),
        "fresh_episodes": _("Fresh episodes"),
        "rewind": _("Rewind and fork"),
        "runs": _("Runs of this visit"),
    }


def chapters(
    page: str,
    *parts: Chapter,
    on_change: Callable[[], None] = lambda: None,
    behind: Callable[[], None] = lambda: None,
) -> None:
    """A row of titles, and the chapter that is chosen, at first the first one; `page` is a key.

    `on_change` is called when another is chosen; `behind` draws what comes behind the chapter.

    Not Streamlit's tabs: with each redraw of the stage it renders all containers of the page
    anew, and tabs are by far the most expensive of them.
    """
    fragment(_chapters, CHAPTERS)(page, parts, on_change, behind)


def open_at_first(page: str, name: str) -> None:
    """Let a visit to the page begin with this chapter, unless it has begun already."""
    st.session_state.setdefault(_key(page), titles()[name])


def open_chapter(page: str, name: str) -> None:
    """In a callback: let the page show this chapter."""
    st.session_state[_key(page)] = titles()[name]


def read_link(page: str, names: Collection[str], link: Link) -> None:
    """Open the chapter that the link names, which must be one of the page's."""
    name = link.choice(PARAMETER, _("Chapter"), {name: name for name in names}, None)
    if name is not None:
        open_at_first(page, name)


def link_parameters(page: str, usual: str) -> dict[str, str]:
    """The open chapter for the address, unless it is the one that opens as usual."""
    names = {title: name for name, title in titles().items()}
    name = names.get(st.session_state.get(_key(page), ""), usual)
    return {} if name == usual else {PARAMETER: name}


def _key(page: str) -> str:
    """Where the visit's session state has the title of the open chapter of a page."""
    return f"{page}.chapter"


def _chapters(
    page: str, parts: Sequence[Chapter], on_change: Callable[[], None], behind: Callable[[], None]
) -> None:
    drawings = {titles()[name]: draw for name, draw in parts}
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
    )
    with st.container(key="chapter"):
        drawings[chosen]()
    behind()
