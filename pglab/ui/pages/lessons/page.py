"""The page *Lessons*: the lessons that come with the app, and those that the visitor made."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import Lesson
from pglab.classroom.lesson_file import MOST_BYTES, read_lesson, written_lesson
from pglab.classroom.ready import ready_lessons
from pglab.classroom.room.live import steered_rooms
from pglab.classroom.room.opening import open_room
from pglab.classroom.room.state import RoomError
from pglab.classroom.texts.safe_text import plain_line, safe_line, safe_markdown
from pglab.language import _, ngettext
from pglab.library.keeping.saver import shared_library
from pglab.library.model_card.markdown import escaped
from pglab.library.store.problems import LibraryUnavailable
from pglab.ui.pages.lesson import keeping
from pglab.ui.pages.lesson.bar import open_first
from pglab.ui.pages.lesson.making import how_to_extend, how_to_make
from pglab.ui.pages.lesson.reopening import script_of
from pglab.ui.pages.lesson.sharing import FINISHED, share
from pglab.ui.pages.lesson.visit import LessonVisit, progress_in
from pglab.ui.pages.room.teacher import PAGE as ROOM_PAGE
from pglab.ui.pages.room.teacher import ROOM_KEY
from pglab.ui.room.sharing import shared_rooms
from pglab.ui.shell.address_bar import read_once, write
from pglab.ui.shell.entry import require_entry
from pglab.ui.shell.owner import owner
from pglab.ui.shell.problems import show_problems
from pglab.ui.stage.components.recovery import offer_recovery

KEY = "lessons"
_READ = "lessons.read"  # the last file that was read: each script run sees the file again
_SAID = "lessons.said"  # a sentence about the last file or the last edit


def lessons_page() -> None:
    """Draw the page *Lessons*."""
    require_entry()
    show_problems(read_once(KEY, lambda link: None), [])
    write({})
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("#### " + _("Lessons"), width="content")
        st.caption(
            _(
                "A lesson leads through the app step by step: each step opens a page, gives a task "
                "and asks a question before you see the answer. You can make lessons, too."
            )
            + " "
            + how_to_make()
        )
    _open_rooms()
    _say_finished()
    for name, lesson in ready_lessons().items():
        _card(name, lesson)
    _own()
    _upload()
    offer_recovery(KEY)


def _open_rooms() -> None:
    """Draw a link to the teacher's page of each open room that this browser has opened.

    The link contains the room's key. Apart from this link, only the teacher's page has the key.
    """
    with st.container(key="open_rooms"):
        try:
            if not shared_rooms().owners.has_room(owner()):
                return
            rooms = steered_rooms(shared_rooms().library(), owner())
        except (RoomError, LibraryUnavailable) as error:
            st.warning(escaped(str(error)))
            return
        for key, room in rooms.items():
            told = _("Your open room {code}: {title}")
            st.page_link(
                script_of(ROOM_PAGE),
                label=told.format(code=room.code, title=safe_line(room.title)),
                icon=":material/groups:",
                query_params={ROOM_KEY: key},
            )


def _say_finished() -> None:
    """Draw the visitor's results in the lesson that the visitor has just finished."""
    finished: LessonVisit | None = st.session_state.get(FINISHED)
    with st.container():
        if finished is None:
            return
        questions, answered, right, graded = finished.right_answers
        told = _(
            "You have finished “{title}”: {answered} of {questions} questions answered, and "
            "{right} of {graded} choices right. Your answers and runs are kept."
        )
        st.success(
            told.format(
                title=plain_line(finished.lesson.title),
                answered=answered,
                questions=questions,
                right=right,
                graded=graded,
            )
        )
        if st.button(_("Begin this lesson again"), icon=":material/replay:", key="lesson.again"):
            try:
                open_first(finished.named)
            except (LessonError, LibraryUnavailable) as error:
                st.warning(escaped(str(error)))


def _card(named: str, lesson: Lesson) -> None:
    """Draw a lesson with its buttons, its downloads, and its plan for the lecturer."""
    with st.container(border=True, key=f"lesson_card_{named[:40]}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain_line(lesson.title)}**", width="stretch")
            st.caption(_extent(lesson), width="content")
            if st.button(
                _("Open a room"),
                icon=":material/groups:",
                key=f"room.{named}",
                help=_("Your class joins by phone, without accounts, and answers together."),
            ):
                _open_room(lesson)
            step = progress_in(named, lesson).step
            if st.button(
                _("Begin") if step == 1 else _("Continue at step {n}").format(n=step),
                icon=":material/play_arrow:",
                key=f"begin.{named}",
                type="primary",
            ):
                open_first(named)
        sharing = st.expander(
            _("Link, file and worksheets"), key=f"share.{named}", on_change="rerun"
        )
        if sharing.open:
            with sharing:
                share(named, lesson, f"shared.{named}")
        plan = st.expander(_("For the lecturer"), key=f"plan.{named}", on_change="rerun")
        if plan.open:
            with plan:
                _plan(lesson)


def _open_room(lesson: Lesson) -> None:
    """Open a room with a lesson, and go to the teacher's page."""
    library = shared_library().get()
    if library is None:
        st.session_state[_SAID] = shared_library().problem
        return
    try:
        room = open_room(library, owner(), lesson)
    except (RoomError, LibraryUnavailable) as error:
        st.session_state[_SAID] = str(error)
        return
    shared_rooms().owners.note(owner())
    st.switch_page(script_of(ROOM_PAGE), query_params={ROOM_KEY: room.key})


def _extent(lesson: Lesson) -> str:
    steps = len(lesson.steps)
    words = ngettext("{n} step", "{n} steps", steps).format(n=steps)
    return words + (_(" · {n} minutes").format(n=lesson.minutes) if lesson.minutes else "")


def _plan(lesson: Lesson) -> None:
    """Draw the introduction, and each step with its minutes and notes."""
    if lesson.introduction:
        st.markdown(safe_markdown(lesson.introduction))
    for number, step in enumerate(lesson.steps, start=1):
        minutes = _(" ({n} min)").format(n=step.minutes) if step.minutes else ""
        st.markdown(f"**{number}. {plain_line(step.title)}**{minutes}")
        if step.notes:
            st.markdown(safe_markdown(step.notes))


def _own() -> None:
    """Draw the visitor's own lessons, with buttons to edit and delete them."""
    st.markdown("##### " + _("Your lessons"))
    rows = keeping.own_lessons()
    if not rows:
        st.info(_("You have made no lessons yet."))
    for row in rows:
        try:
            lesson = keeping.opened(row.address)
        except (LessonError, LibraryUnavailable) as error:
            st.warning(escaped(f"{row.title}: {error}"))
            continue
        _card(row.address, lesson)
        _change(row.address, lesson)


def _change(named: str, lesson: Lesson) -> None:
    """Draw the field that edits the visitor's own lesson, and the button that deletes it."""
    changing = st.expander(_("Edit, add steps or delete"), key=f"change.{named}", on_change="rerun")
    if not changing.open:
        return
    with changing:
        text = st.text_area(
            _("The lesson as Markdown"), written_lesson(lesson), key=f"text.{named}", height=400
        )
        with st.container(horizontal=True):
            st.button(
                _("Save the changes"),
                icon=":material/save:",
                key=f"save.{named}",
                type="primary",
                on_click=partial(_take, text, named),
            )
            st.button(
                _("Add steps to this lesson"),
                icon=":material/add:",
                key=f"extend.{named}",
                on_click=partial(keeping.set_draft, named),
            )
            with st.popover(_("Delete"), icon=":material/delete:"):
                st.button(
                    _("Delete this lesson; its link stops working"),
                    key=f"delete.{named}",
                    on_click=partial(keeping.delete, named),
                )
        if keeping.draft() == named:
            st.info(how_to_extend())


def _upload() -> None:
    """Draw the field that uploads a lesson's file."""
    file = st.file_uploader(
        _("Open a lesson from its file (.md)"),
        type="md",
        key="lessons.file",
        max_upload_size=1 + MOST_BYTES // 1_000_000,
    )
    if file is not None and file.file_id != st.session_state.get(_READ):
        st.session_state[_READ] = file.file_id
        _take(file.getvalue(), None)
        st.rerun()
    said: str | None = st.session_state.get(_SAID)
    if said is not None:
        st.warning(escaped(said))


def _take(text: bytes | str, named: str | None) -> None:
    """Read a lesson and store it. If `named` is given, the lesson with this name is replaced."""
    st.session_state[_SAID] = None
    try:
        keeping.keep(read_lesson(text), named)
    except LessonError as error:
        st.session_state[_SAID] = str(error)
