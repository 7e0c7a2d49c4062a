"""Tells which controls, panels and chapters of a page a link hides or locks.

The code calls `visibility` before it draws a control, panel or chapter that a link may hide. So no
list of all names is needed: the known names are those for which `visibility` has been called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from pglab.config import Link, quoted
from pglab.config.links import MOST_UNKNOWN
from pglab.language import _
from pglab.ui.shell.menu import HIDE, MENU, current_page

LOCK = "lock"  # the address parameter with the names of what nobody can change
MOST_NAMES = 100  # in one parameter

SETTINGS, BUTTONS, PANELS, CHAPTERS = "settings", "buttons", "panels", "chapters"
SEVERAL_SEEDS, NEW_SEED = "seeds", "new_seed"  # controls that the link to a class's run hides


@dataclass(frozen=True)
class Visibility:
    """Whether a part of a page is hidden, and whether it is shown but cannot be changed."""

    hidden: bool
    locked: bool


@dataclass(frozen=True)
class Offer:
    """A part of a page that links may hide: its label, its group, and whether it can be locked."""

    label: str
    group: str
    lockable: bool


@dataclass
class _Restrictions:
    """The names that the link of one page hides and locks, and the parts that the page has."""

    hidden: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()
    offers: dict[str, Offer] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)  # sentences about unknown names


def visibility(name: str, label: str, group: str = "", *, lockable: bool = True) -> Visibility:
    """Return whether the link hides or locks a part of the current page.

    Args:
        name: the name of the part in links.
        label: the name of the part for visitors.
        group: the name that stands for this part and for all others of its kind, such as
            "settings".
        lockable: whether the part has a value that a link can lock.
    """
    restrictions = _of_page(current_page())
    restrictions.offers[name] = Offer(label, group, lockable)
    names = {name, group} - {""}
    return Visibility(bool(names & restrictions.hidden), bool(names & restrictions.locked))


def read_link(link: Link) -> None:
    """Read which names the link of the current page hides and locks."""
    restrictions = _of_page(current_page())
    restrictions.hidden, restrictions.locked = _names(link, HIDE), _names(link, LOCK)
    restrictions.problems.clear()


def link_parameters() -> dict[str, str]:
    """Return the names that the current page hides and locks, as address parameters."""
    restrictions = _of_page(current_page())
    found = {HIDE: restrictions.hidden, LOCK: restrictions.locked}
    return {parameter: ",".join(sorted(names)) for parameter, names in found.items() if names}


def offers() -> Mapping[str, Offer]:
    """Return the parts of the current page that a link may hide, by their names."""
    return dict(_of_page(current_page()).offers)


def kinds() -> dict[str, str]:
    """Return the word for one part of each group, such as "panel"."""
    return {
        SETTINGS: _("setting"),
        BUTTONS: _("button"),
        PANELS: _("panel"),
        CHAPTERS: _("chapter"),
        "": _("control"),
    }


def groups() -> dict[str, str]:
    """Return the label of each group by the group's name."""
    return {
        SETTINGS: _("all settings"),
        BUTTONS: _("all buttons"),
        PANELS: _("all panels"),
        CHAPTERS: _("all chapters"),
    }


def problems() -> list[str]:
    """Return the sentences about names in the link that the current page does not have.

    When the visitor has read the sentences, the caller may empty this list.
    """
    return _of_page(current_page()).problems


def check_names() -> bool:
    """Forget the names in the link that the page does not have; return whether there are any.

    Call this function after the page has been drawn, because then all of its parts are known.
    """
    restrictions = _of_page(current_page())
    known = {*restrictions.offers, *(o.group for o in restrictions.offers.values()), MENU}
    unknown = (restrictions.hidden | restrictions.locked) - known
    restrictions.hidden -= unknown
    restrictions.locked -= unknown
    restrictions.problems += [
        _("This page has no part with the name {name}, so the link cannot hide or lock it.").format(
            name=quoted(name)
        )
        for name in sorted(unknown)[:MOST_UNKNOWN]
    ]
    return bool(unknown)


def hides_everything() -> bool:
    """Return whether all parts of the current page are hidden; call this after drawing the page."""
    restrictions = _of_page(current_page())
    return bool(restrictions.offers) and all(
        {name, offer.group} & restrictions.hidden for name, offer in restrictions.offers.items()
    )


def show_everything() -> None:
    """Show and unlock all parts of the current page."""
    restrictions = _of_page(current_page())
    restrictions.hidden = restrictions.locked = frozenset()


def _names(link: Link, parameter: str) -> frozenset[str]:
    names = [name.strip() for name in (link.text(parameter) or "").split(",", MOST_NAMES)]
    return frozenset(name for name in names[:MOST_NAMES] if name)


def _of_page(page: str) -> _Restrictions:
    restrictions: _Restrictions = st.session_state.setdefault(
        f"{page}.restrictions", _Restrictions()
    )
    return restrictions
