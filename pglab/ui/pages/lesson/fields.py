"""The fields with which a visitor makes a lesson step, and the step that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pglab.classroom.lesson import (
    MOST_IN_TEXT,
    MOST_MINUTES,
    ChoiceQuestion,
    Question,
    SketchQuestion,
    Step,
)
from pglab.language import _
from pglab.ui.controls.lab import START, Lab
from pglab.ui.controls.sharing.kept_run import PARAMETER as RUN
from pglab.ui.room.sketch_axes import MOST_STEPS
from pglab.ui.shell.menu import HIDE, MENU
from pglab.ui.shell.visibility import LOCK, Offer, groups, kinds

AREA_PIXELS = 100  # height of a field with several lines
RIGHT = "*"  # marks a right choice


@dataclass(frozen=True)
class Page:
    """The page from which a step is made: name, link parameters, and parts that can be hidden."""

    name: str
    parameters: Mapping[str, str]
    offers: Mapping[str, Offer]
    lab: Lab | None


@dataclass(frozen=True)
class Fields:
    """The fields of the dialog.

    The button *Save* reads the fields from the session state, because one request of the browser
    may contain both the press of the button and the last text.
    """

    prefix: str

    def key(self, name: str) -> str:
        """The key of a field."""
        return f"{self.prefix}.{name}"

    def of(self, name: str) -> dict[str, Any]:
        """Return the arguments of a field's control.

        With these arguments, the control keeps its value when the dialog closes.
        """
        return {"key": self.key(name), "persist_state": "session"}

    def text(self, name: str) -> str:
        """Return the text of a field, or "" if the dialog does not show the field."""
        return str(st.session_state.get(self.key(name)) or "")

    def forget(self) -> None:
        """Empty all fields, so that the next step begins with an empty form."""
        for key in [k for k in st.session_state if str(k).startswith(self.key(""))]:
            del st.session_state[key]

    def names(self, name: str) -> list[str]:
        """Return the names that are chosen in a list field."""
        return list(st.session_state.get(self.key(name)) or [])


def draw_fields(page: Page, fields: Fields) -> None:
    """Draw all fields of a step, except the titles and the task."""
    _question(page, fields)
    _restrictions(page.offers, fields)
    _start(page, fields)
    _for_lecturer(fields)


def made_step(page: Page, fields: Fields) -> Step:
    """Make a step from the fields that the visitor has filled in.

    Raises:
        LessonError: a field cannot be used.
    """
    return Step(
        fields.text("title"),
        page.name,
        tuple(_parameters(page, fields).items()),
        st.session_state.get(fields.key("minutes")),
        fields.text("task"),
        _made_question(fields),
        fields.text("answer"),
        fields.text("notes"),
    )


def _restrictions(parts: Mapping[str, Offer], fields: Fields) -> None:
    """Draw two lists in which the visitor chooses the parts that the step hides and locks."""
    hideable = _labels(parts)
    to_hide, to_lock = st.columns(2)
    hidden = to_hide.multiselect(
        _("Hide"),
        list(hideable),
        format_func=lambda name: hideable[name],
        placeholder=_("Nothing is hidden; type a name"),
        **fields.of(HIDE),
    )
    lockable = _labels({name: o for name, o in parts.items() if o.lockable and name not in hidden})
    to_lock.multiselect(
        _("Show, but lock"),
        [name for name in lockable if name != MENU],
        format_func=lambda name: lockable[name],
        placeholder=_("Nothing is locked; type a name"),
        **fields.of(LOCK),
    )


def _labels(parts: Mapping[str, Offer]) -> dict[str, str]:
    """Return the labels for a list of parts and groups. The keys are the names in links."""
    present = [offer.group for offer in parts.values()]
    labels = {name: label for name, label in groups().items() if present.count(name) > 1}
    labels[MENU] = _("menu of pages")
    of_kind = kinds()
    order = list(of_kind)
    for name, offer in sorted(parts.items(), key=lambda part: order.index(part[1].group)):
        labels.setdefault(name, f"{of_kind[offer.group]}: {offer.label}")
    return labels


def _start(page: Page, fields: Fields) -> None:
    """Let the visitor choose where the students' runs start."""
    if page.lab is None or not page.lab.bench.session.global_step:
        return
    ways = {
        "": _("untrained"),
        START: _("trained to step {n:,}").format(n=page.lab.bench.session.global_step),
    }
    if RUN in page.parameters:
        ways[RUN] = _("with a copy of this run, at its last saved step")
    st.radio(
        _("The students' run starts"),
        list(ways),
        format_func=lambda way: ways[way],
        **fields.of(START),
    )


def _question(page: Page, fields: Fields) -> None:
    """Draw the fields of the question and of its answer."""
    kinds = {"none": _("No question"), "choices": _("Choices")}
    if page.lab is not None:  # the page has a return plot, which shows the sketch
        kinds["sketch"] = _("Sketch of the return curve")
    if fields.text("kind") not in kinds:  # chosen on a page with a return plot
        st.session_state[fields.key("kind")] = "none"
    kind = st.segmented_control(
        _("Question"),
        list(kinds),
        format_func=lambda name: kinds[name],
        **fields.of("kind"),
        required=True,
    )
    if kind == "none":
        return
    st.text_input(
        _("Text of the question (Markdown)"),
        **fields.of("question"),
        max_chars=MOST_IN_TEXT,
        placeholder=_sketch_text() if kind == "sketch" else None,
    )
    if kind == "sketch":
        st.caption(
            _(
                "Students draw the return over the first {n:,} environment steps, or over the "
                "whole run if it is shorter. The grey band of the usual runs may give the answer "
                "away: you can hide it."
            ).format(n=MOST_STEPS)
        )
    with st.container(horizontal=True):
        if kind == "choices":
            st.text_area(
                _("Choices: one in each line, with * before each right one"),
                **fields.of("choices"),
                placeholder=_("* the right choice\na wrong choice"),
                height=AREA_PIXELS,
            )
        st.text_area(
            _("Answer (Markdown), shown after the student's answer"),
            **fields.of("answer"),
            max_chars=MOST_IN_TEXT,
            height=AREA_PIXELS,
        )


def _sketch_text() -> str:
    """Return the text of a sketch question for which the visitor has written no text."""
    return _("Draw the return that you expect.")


def _for_lecturer(fields: Fields) -> None:
    with st.expander(_("Time and notes")):
        st.number_input(
            _("Minutes"),
            1,
            MOST_MINUTES,
            value=None,
            **fields.of("minutes"),
            width=150,
        )
        st.text_area(
            _("Notes (Markdown); students do not see them"),
            **fields.of("notes"),
            max_chars=MOST_IN_TEXT,
        )


def _parameters(page: Page, fields: Fields) -> dict[str, str]:
    """Return the parameters of the link with which students open the page."""
    parameters = dict(page.parameters)
    run, way = parameters.pop(RUN, ""), fields.text(START)
    if way == RUN:
        parameters[RUN] = run
    elif way == START and page.lab is not None:
        parameters[START] = str(page.lab.bench.session.global_step)
    for name in (HIDE, LOCK):
        if fields.names(name):
            parameters[name] = ",".join(fields.names(name))
    return parameters


def _made_question(fields: Fields) -> Question | None:
    kind, text = fields.text("kind"), fields.text("question")
    if kind == "sketch":
        return SketchQuestion(text.strip() or _sketch_text())
    if kind != "choices":
        return None
    lines = [line.strip() for line in fields.text("choices").splitlines() if line.strip()]
    right = tuple(n for n, line in enumerate(lines) if line.startswith(RIGHT))
    return ChoiceQuestion(text, tuple(line.removeprefix(RIGHT).strip() for line in lines), right)
