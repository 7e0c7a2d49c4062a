"""Sends the run of an agent's page to the room of a class, if the page's address names a room."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from html import escape

import streamlit as st

from pglab.classroom.lesson import MOST_STEPS
from pglab.classroom.place import step_number
from pglab.classroom.room.codes import read_code
from pglab.classroom.room.membership import Member, note_present
from pglab.classroom.room.opening import state_now
from pglab.classroom.room.own_runs.by_hand import note_return
from pglab.classroom.room.own_runs.training import is_run_of, plan_of, save_run, student_run
from pglab.classroom.room.own_runs.training_plan import TrainingPlan
from pglab.classroom.room.state import RoomError
from pglab.language import _, current_language
from pglab.library.model_card.markdown import escaped
from pglab.library.store.problems import LibraryUnavailable
from pglab.ui.controls.for_class.class_choice import choose_for_class
from pglab.ui.controls.lab import Lab
from pglab.ui.room.addresses import room_address
from pglab.ui.room.connections.phones import PRESENCE_SECONDS
from pglab.ui.room.sharing import shared_rooms
from pglab.ui.shell.address_bar import ROOM, ROOM_STEP
from pglab.ui.shell.fragments import fragment

SECONDS = 8.0  # between two looks at the run; a class of thirty makes four looks a second


@dataclass
class ClassRun:
    """The member whose run this page trains, and how many steps of the run are stored."""

    member: Member
    step: int
    plan: TrainingPlan
    sent: dict[float | None, int] = field(default_factory=dict)  # stored steps of each value
    noted: float = -math.inf  # when the room was told that the member is present


def class_run(lab: Lab) -> None:
    """If the page trains for a class, draw the class's controls, and store the run regularly."""
    with st.container(key="class_run"):  # in its place even if it is empty
        if ROOM in st.query_params:
            fragment(_class_run, "class_run", run_every=SECONDS)(lab)


def _class_run(lab: Lab) -> None:
    lab.redraw_stale_page()
    try:
        mine = _found(lab)
        if mine is None:
            return
        _note_presence(mine)
        if mine.plan.setting is not None:
            choose_for_class(lab, mine.member.number, mine.plan)
        with st.container(horizontal=True, vertical_alignment="center", key="class_place"):
            _way_back()
            _say_where_class_is(mine)
            _send(lab, mine)
    except (RoomError, LibraryUnavailable) as error:
        st.warning(escaped(str(error)))


def _way_back() -> None:
    """Draw the link to the room. Unlike a link in Markdown, it opens in the same tab."""
    room = room_address(read_code(st.query_params[ROOM]) or "", current_language())
    text = escape(_("Back to the room"))
    st.html(f'<a href="{escape(room)}">← {text}</a>', width="content")


def _say_where_class_is(mine: ClassRun) -> None:
    """If the teacher has moved the class to another step, say so. See `state_now` for errors."""
    now = state_now(shared_rooms().library(), mine.member.room)
    if now.mode == "paced" and not now.ended and now.step != mine.step:
        told = _("Your class is at step {n} now.").format(n=now.step)
        st.markdown(f"**{told}**", width="content")


def _send(lab: Lab, mine: ClassRun) -> None:
    """Store the run for the class, and say how many of its steps have arrived.

    Raises:
        RoomError: the class does not accept this run.
        LibraryUnavailable: the library cannot be used now.
    """
    value = _value(lab, mine)
    sent = mine.sent.get(value, 0)
    with lab.bench.lock:
        session = lab.bench.session
        fits = is_run_of(session, mine.plan.config_of(mine.member.number, value))
        run = student_run(session, mine.plan) if session.global_step > sent else None
    if not fits:
        st.caption(
            _(
                "Your class trains other settings, so this run does not count for your class. Go "
                "back to the room, and open your run again."
            ),
            width="content",
        )
        return
    if run is not None:
        save_run(shared_rooms().library(), mine.member, mine.step, mine.plan, run)
        sent = mine.sent[value] = run.global_step
        shared_rooms().poke()
    seed = lab.bench.session.config.seed
    if not sent:
        told = _("You train seed {seed} for your class. Press Run.")
        st.caption(told.format(seed=seed), width="content")
        return
    told = _("You train seed {seed} for your class: {n:,} of {all:,} steps have arrived.")
    st.caption(told.format(seed=seed, n=sent, all=mine.plan.steps), width="content")


def _note_presence(mine: ClassRun) -> None:
    """Tell the room that the member is present, because the room's own page may be closed."""
    now = time.monotonic()
    if now - mine.noted >= PRESENCE_SECONDS:
        mine.noted = now
        note_present(shared_rooms().library(), [mine.member])


def note_by_hand(value: float) -> None:
    """If the address names a class, tell the class the return of an episode played by hand."""
    place = _place()
    if place is None:
        return
    try:
        note_return(shared_rooms().library(), *place, value)
        shared_rooms().poke()
    except (RoomError, LibraryUnavailable) as error:
        st.warning(escaped(str(error)))


def _found(lab: Lab) -> ClassRun | None:
    """Return what the visitor trains for the class in the address, or None if nothing.

    The teacher may begin the training after the visitor has opened the page.
    """
    key = f"{lab.key}.class_run.{st.query_params.get(ROOM)}.{st.query_params.get(ROOM_STEP)}"
    found: ClassRun | None = st.session_state.get(key)
    if found is None and (found := _look_up()) is not None:
        st.session_state[key] = found
    return found


def _look_up() -> ClassRun | None:
    place = _place()
    if place is None:
        return None
    member, step = place
    plan = plan_of(shared_rooms().library(), member.room, step)
    return None if plan is None else ClassRun(member, step, plan)


def _place() -> tuple[Member, int] | None:
    """Return the member and the lesson step in the address, or None if there is no member."""
    step = step_number(st.query_params.get(ROOM_STEP, ""), MOST_STEPS)
    if step is None or ROOM not in st.query_params:
        return None
    member = shared_rooms().member(st.query_params[ROOM], st.context.cookies)
    return None if member is None else (member, step)


def _value(lab: Lab, mine: ClassRun) -> float | None:
    """Return the run's value of the setting that members choose, or None if they choose none."""
    if mine.plan.setting is None:
        return None
    return float(getattr(lab.bench.session.config, mine.plan.setting))
