"""Lets a visitor download runs as a bundle or as single files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from urllib.parse import urlencode, urljoin

import streamlit as st

from pglab.language import _, ngettext
from pglab.library.contents import RunContents
from pglab.library.take_away import PARTS, Files, Order
from pglab.ui.controls.sharing.preparing import Preparation, zipped
from pglab.ui.shell.fragments import fragment
from pglab.ui.shell.problems import literal
from pglab.ui.shell.theme import page_theme

EVERY = 0.5  # seconds between two looks at work in progress
Orders = Callable[[], Mapping[str, Order]]


def take_along(key: str, orders: Orders) -> None:
    """Draw the choice of files, the progress, and the downloads.

    Args:
        key: the beginning of the controls' keys.
        orders: a function that copies the runs when the visitor asks for the files; see
            `Preparation`.
    """
    chosen = _choice(key)
    job: Preparation | None = st.session_state.get(_job(key))
    running = job is not None and not job.done

    def begin() -> None:
        st.session_state[_job(key)] = Preparation(
            orders(), {name: PARTS[name] for name in PARTS if name in chosen}
        )

    st.button(
        _("Prepare the files"),
        icon=":material/deployed_code:",
        key=f"{key}.prepare",
        type="primary",
        disabled=running or not chosen,
        on_click=begin,
    )
    if job is None:
        return
    if running:
        fragment(_progress, f"{key}.progress", run_every=EVERY)(key, job)
        return
    made = job.result()
    if made is None:
        st.caption(_("Cancelled. Nothing was prepared."))
        return
    for problem in made.problems:
        st.warning(literal(problem))
    _downloads(key, made.files)


def _choice(key: str) -> list[str]:
    """Draw a checkbox for each part, and return the names of the chosen parts."""
    chosen = []
    columns = st.columns(2)
    for number, (name, part) in enumerate(PARTS.items()):
        with columns[number * 2 // len(PARTS)]:
            if st.checkbox(
                _(part.label),
                not part.asked_for,
                key=f"{key}.part.{name}",
                persist_state="session",
            ):
                chosen.append(name)
    return chosen


def _progress(key: str, job: Preparation) -> None:
    """Draw a progress bar and a button that cancels the work. At the end, redraw the page."""
    if job.done:
        st.rerun()
    text = _("Waiting for other visitors' files …") if job.waits else _("Preparing the files …")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(job.share, 1.0), text)
        st.button(_("Cancel"), key=f"{key}.cancel", on_click=job.cancel)


def _downloads(key: str, files: Files) -> None:
    """Draw a button for the bundle, and one for each file."""
    if not files:
        return
    size = sum(map(len, files.values())) / 1e6
    st.download_button(
        _("Download the bundle (ZIP, {size:.1f} MB before compression)").format(size=size),
        zipped(files),
        "policy-gradient-run.zip",
        "application/zip",
        key=f"{key}.zip",
        icon=":material/folder_zip:",
        on_click="ignore",
    )
    told = ngettext("Or {n} single file", "Or {n} single files", len(files)).format(n=len(files))
    with st.expander(told), st.container(horizontal=True):
        for name, data in files.items():
            st.download_button(
                name,
                data,
                PurePosixPath(name).name,
                key=f"{key}.file.{name}",
                on_click="ignore",
            )


def order_of(contents: RunContents, link: str | None, *, name: str = "", note: str = "") -> Order:
    """Return the order for the files of a run. The clip has the theme of the page.

    `link` opens the app with the settings of the run.
    """
    return Order(contents, link=link, name=name, note=note, theme=page_theme())


def link_to(page: str, settings: Mapping[str, str]) -> str | None:
    """Return the address of a page with these parameters, or None if the app has no address."""
    address = st.context.url
    return urljoin(address, f"{page}?{urlencode(settings)}") if address else None


def _job(key: str) -> str:
    return f"{key}.preparation"
