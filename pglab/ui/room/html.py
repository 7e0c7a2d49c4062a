"""Writes the phones' pages as HTML; their templates escape every text."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jinja2 import Environment

from pglab.classroom.room.codes import FULL, SHORT
from pglab.classroom.room.membership import MOST_IN_NICKNAME
from pglab.config.links import LANGUAGE
from pglab.language import DEFAULT_LANGUAGE, _, current_language
from pglab.library.templates import templates_of
from pglab.ui.room.addresses import JOIN, LIVE, TRAIN, room_address
from pglab.ui.room.files import SCRIPT, SKETCH_STYLE, STYLE, file_address
from pglab.ui.room.words import words_of_script
from pglab.ui.shell.assets import PROJECTOR_STYLE, below
from pglab.ui.stage.message import unchanging_head


def join_html(
    base_path: str, code: str, nickname: str = "", refusal: str = "", *, is_known: bool
) -> str:
    """Return the page with the form that visitors use to join a room.

    Args:
        base_path: the path of the app.
        code: the text in the field for the code.
        nickname: the text in the field for the nickname.
        refusal: a sentence that says why the visitor could not join; "" if there is none.
        is_known: whether `code` has the form of a code. If so, the visitor need not type a code.
    """
    return _written(
        "join.jinja",
        base_path,
        code=code,
        nickname=nickname,
        refusal=refusal,
        is_known=is_known and not refusal,
        most_in_code=2 * FULL,
        most_in_nickname=MOST_IN_NICKNAME,
    )


def room_html(base_path: str, code: str) -> str:
    """Return the page that shows a room to a member. The page's script loads the rest."""
    language = current_language()
    setup = {
        "code": code[:SHORT],
        "live": below(base_path, room_address(code, language, LIVE)),
        "train": below(base_path, room_address(code, language, f"{TRAIN}/STEP")),
        "sketchStyle": file_address(base_path, SKETCH_STYLE.name),
        "run": _of_shown_run(base_path),
        "words": words_of_script(),
    }
    script = file_address(base_path, SCRIPT)
    return _written("room.jinja", base_path, setup=json.dumps(setup), script=script)


def _of_shown_run(base_path: str) -> dict[str, Any]:
    """Return the data that the script needs to show the teacher's run on a stage."""
    head = unchanging_head()
    return {
        "base": below(base_path, ""),
        "style": below(base_path, PROJECTOR_STYLE),
        "head": {**head, "plotly": below(base_path, head["plotly"])},
    }


def problem_html(base_path: str, sentence: str, back: str) -> str:
    """Return a page with a sentence about a problem, and a link to the room's address `back`."""
    return _written("problem.jinja", base_path, sentence=sentence, back=back)


def _written(template: str, base_path: str, **context: object) -> str:
    context |= {
        "language": current_language(),
        "is_translated": current_language() != DEFAULT_LANGUAGE,
        "language_parameter": LANGUAGE,
        "style": file_address(base_path, STYLE),
        "join": below(base_path, JOIN),
    }
    return _templates().get_template(template).render(context)


@cache
def _templates() -> Environment:
    environment = templates_of("pglab.ui.room", html=True)
    environment.globals["_"] = _
    return environment
