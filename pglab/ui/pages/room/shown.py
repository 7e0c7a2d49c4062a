"""Draws the content that the teacher's page and the wall of a room have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from pglab.agent_places import config_at, place_at
from pglab.algorithms.agents import AgentConfig
from pglab.classroom.lesson import ChoiceQuestion, Step
from pglab.classroom.qr import qr_svg
from pglab.classroom.room.codes import shown_code
from pglab.classroom.room.opening import Room, short_code_works
from pglab.classroom.room.own_runs.by_hand import best_returns
from pglab.classroom.room.own_runs.training import (
    MemberRun,
    Training,
    band,
    latest_runs,
    runs_of,
    training_of,
)
from pglab.classroom.room.own_runs.training_plan import TrainingPlan
from pglab.classroom.room.tallies import StepCount, Tally, step_counts, tally
from pglab.classroom.texts.safe_text import plain_line, safe_line, safe_markdown
from pglab.config import settings_of
from pglab.environments import ENVIRONMENTS
from pglab.language import _, ngettext
from pglab.library.model_card.markdown import escaped
from pglab.library.store.library import Library
from pglab.plots.classroom import Try, class_map_figure, class_runs_figure, sketches_figure
from pglab.plots.figures import Figure
from pglab.session.stored.usual_curves import usual_band
from pglab.ui.chapters.chapters import NO_TOOLBAR
from pglab.ui.controls.sharing.link import public_url
from pglab.ui.room.addresses import join_link, join_page

HEIGHT, WALL_HEIGHT = 340, 460  # pixels of a figure
FONT, WALL_FONT = 15, 24  # pixels of the text in a figure
QR_PIXELS = 260
MOST_BY_HAND = 10


# Returns a callback that makes one change of the room: its function, and what it needs.
Change = Callable[..., Callable[[], None]]


@dataclass(frozen=True)
class Shown:
    """A room at one moment. If `whole` is true, the answers to open questions are also shown."""

    library: Library
    room: Room
    counts: tuple[StepCount, ...]
    tally: Tally
    training: Training | None  # what the members train in this step, or have trained
    short_code_works: bool
    whole: bool

    @property
    def step(self) -> Step:
        """The lesson step that the room shows."""
        return self.room.lesson.steps[self.room.state.step - 1]

    @property
    def trains(self) -> bool:
        """Whether the members train in this step now."""
        return self.training is not None and self.training.is_running

    @property
    def members(self) -> int:
        """The number of members who are present."""
        return sum(count.present for count in self.counts)


def shown(library: Library, room: Room, *, whole: bool) -> Shown:
    """Read what a room shows now.

    Raises:
        RoomError: the plan for the members' training cannot be read.
        LibraryUnavailable: the library cannot be used now.
    """
    step = room.state.step
    return Shown(
        library,
        room,
        step_counts(library, room),
        tally(library, room, step),
        training_of(library, room.room, step),
        short_code_works(library, room),
        whole,
    )


def draw_code(now: Shown, width: int | Literal["stretch"] = QR_PIXELS) -> None:
    """Draw the QR code, the address and the code for joining, unless the room has ended."""
    room = now.room
    if room.state.ended:
        return
    url = public_url()
    with st.container(key="room_qr"):  # its picture has no toolbar, which would cover a button
        code = qr_svg(join_link(url, room.full_code))
        st.image(code, width=width, alt=_("QR code of the link"))
    st.caption(_("Scan the code, or open {address} and type:").format(address=join_page(url)))
    whole = shown_code(room.full_code)
    if now.short_code_works:
        st.markdown(f"# {room.code}")
        st.caption(_("If the short code is refused:") + f"  \n{whole}")
    else:
        st.markdown(f"## {whole}")


def draw_counts(now: Shown) -> None:
    """Say how many members are present, how many have answered, and how many are at each step."""
    steps = len(now.room.lesson.steps)
    state = now.room.state
    here = ngettext("{n} person is here", "{n} people are here", now.members).format(n=now.members)
    told = [here, _("step {n} of {all}").format(n=state.step, all=steps)]
    if now.step.question is not None:
        told.append(_("{n} have answered").format(n=now.tally.answered))
    st.markdown(" · ".join(told))
    if state.mode == "free":
        places = [
            _("step {n}: {here}").format(n=count.step, here=count.here)
            for count in now.counts
            if count.here
        ]
        st.caption(" · ".join(places))


def draw_step(now: Shown) -> None:
    """Draw the question and the members' runs. If the members train now, the runs come first."""
    if now.trains:
        draw_runs(now)
        draw_question(now)
    else:
        draw_question(now)
        draw_runs(now)


def draw_question(now: Shown) -> None:
    """Draw the question, and those answers of the class that may be shown now."""
    asked, state = now.step.question, now.room.state.question
    revealed = state == "revealed"
    # The wall needs the room for the answer, or for the runs above the question.
    is_crowded = not now.whole and asked is not None and (revealed or now.trains)
    st.markdown(f"#### {plain_line(now.step.title)}")
    if now.step.task and not is_crowded:
        st.markdown(safe_markdown(now.step.task))
    if asked is None or (state == "waiting" and not now.whole):
        return
    st.markdown(safe_markdown(asked.text))
    if isinstance(asked, ChoiceQuestion):
        _choices(now, asked, revealed=revealed)
    else:
        _sketches(now, revealed=revealed)
    if revealed and now.step.answer and (now.whole or not now.trains):
        st.markdown(safe_markdown(now.step.answer))


def _choices(now: Shown, asked: ChoiceQuestion, *, revealed: bool) -> None:
    if not (revealed or now.whole):
        st.markdown("\n".join(f"- {safe_line(choice)}" for choice in asked.choices))
        return
    all_answers = max(now.tally.answered, 1)
    for number, (choice, count) in enumerate(zip(asked.choices, now.tally.counts, strict=True)):
        is_right = revealed and number in asked.right
        mark = _(" **(right ✓)**") if is_right else ""
        with st.container(key=f"choice_{'right_' if is_right else ''}{number}"):
            st.progress(count / all_answers, text=f"{safe_line(choice)}{mark} · **{count}**")
    if revealed and asked.right:
        right = sum(now.tally.counts[n] for n in asked.right)
        st.markdown(
            _("**{n} of {all}** have chosen a right answer.").format(
                n=right, all=now.tally.answered
            )
        )


def _sketches(now: Shown, *, revealed: bool) -> None:
    if not (revealed or now.whole):
        return
    config, place = config_of(now.step), place_at(now.step.page)
    usual = None
    if revealed and config is not None and place is not None:
        usual = usual_band(place.key, config)
    return_range = ENVIRONMENTS["CartPole-v1" if config is None else config.env_id].return_range
    _figure(
        now,
        sketches_figure(now.tally.band, usual, return_range),
        "room.sketches",
        _("The median and the middle half of the curves that the class has sketched."),
    )


def draw_runs(now: Shown) -> None:
    """Draw the best returns by hand. If the members train in this step, first draw their runs."""
    room, step = now.room, now.room.state.step
    if now.training is not None:
        _draw_training(now, now.training.plan, runs_of(now.library, room.room, step))
    best = best_returns(now.library, room.room, step)[:MOST_BY_HAND]
    if best:
        st.markdown("##### " + _("The best by hand"))
        lines = [
            f"{place}. {plain_line(hand.nickname) or _('somebody')}: **{hand.best:.0f}**"
            for place, hand in enumerate(best, start=1)
        ]
        st.markdown("\n".join(lines))


def _draw_training(now: Shown, plan: TrainingPlan, runs: Sequence[MemberRun]) -> None:
    """Draw the curves of the class. If members choose a value, also draw the values they tried."""
    if plan.setting is None:
        _curves(now, plan, runs)
        return
    # The wall shows both at once; the teacher's window is too narrow.
    parts = [st.container(), st.container()] if now.whole else st.columns(2)
    with parts[0]:
        _curves(now, plan, latest_runs(runs))
    with parts[1]:
        _map(now, plan, plan.setting, runs)


def _curves(now: Shown, plan: TrainingPlan, runs: Sequence[MemberRun]) -> None:
    told = ngettext("{n} run of this class", "{n} runs of this class", len(runs))
    st.markdown(f"##### {told.format(n=len(runs))}")
    _figure(
        now,
        class_runs_figure(
            [member.run.curve for member in runs],
            band(runs, plan),
            plan.steps,
            ENVIRONMENTS[plan.config.env_id].return_range,
        ),
        "room.runs",
        _("The returns of all runs of the class, with their median and their middle half."),
    )


def _map(now: Shown, plan: TrainingPlan, setting: str, runs: Sequence[MemberRun]) -> None:
    """Draw the last return of each run over the value that its member has chosen."""
    tries = [
        Try(run.value, float(run.curve.returns[-1]), run.ended)
        for run in (member.run for member in runs)
        if run.value is not None and len(run.curve.returns)
    ]
    told = ngettext("What the class tried: {n} run", "What the class tried: {n} runs", len(tries))
    st.markdown(f"##### {told.format(n=len(tries))}")
    _figure(
        now,
        class_map_figure(
            tries,
            settings_of(plan.config)[setting],
            (plan.low, plan.high),
            ENVIRONMENTS[plan.config.env_id].return_range,
        ),
        "room.tries",
        _("The last return of each run of the class over the chosen value."),
    )


def config_of(step: Step) -> AgentConfig | None:
    """Return the settings in the link of a step, or None if its page is not an agent's page."""
    return config_at(step.page, dict(step.parameters))


def say(problem: str) -> None:
    """Draw a sentence about the room as plain text, without Markdown."""
    st.warning(escaped(problem))


def _figure(now: Shown, figure: Figure, key: str, alt: str) -> None:
    """Draw a figure; on the wall, it must be readable from the last row."""
    font, height = (FONT, HEIGHT) if now.whole else (WALL_FONT, WALL_HEIGHT)
    size = {"size": font}
    figure["layout"] |= {"font": size, "margin": {"t": 0, "r": font, "b": 0, "l": 0}}
    figure["layout"]["legend"] |= {"font": size}
    for side in ("xaxis", "yaxis"):
        figure["layout"][side] |= {"tickfont": size, "automargin": True}
        figure["layout"][side]["title"] |= {"font": size, "standoff": font}
    st.plotly_chart(figure, key=key, height=height, config=NO_TOOLBAR, alt=alt)
