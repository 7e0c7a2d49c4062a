"""Uses the library for the page *My runs*, and stores messages for the visitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from pglab.library.keeping.saver import shared_library
from pglab.library.model_card.markdown import escaped
from pglab.library.store.library import Library
from pglab.library.store.problems import TooManyPinned

Result = TypeVar("Result")

_SAID = "my_runs.said"


def with_library(work: Callable[[Library], Result]) -> Result | None:
    """Call `work` with the library and return the result; return None on failure.

    If the library cannot be used, `problem` returns the reason. If the library refuses the work,
    the page shows the reason.
    """
    try:
        return shared_library().use(work)
    except TooManyPinned as error:
        say(str(error))
        return None


def problem() -> str | None:
    """Return a sentence that says why the library cannot be used, or None if it can be used."""
    return shared_library().problem


def say(sentence: str) -> None:
    """Let the page show a sentence once, as plain text."""
    st.session_state[_SAID] = sentence


def show_what_was_said() -> None:
    """Show the sentence of the last press, in a container that always has the same place."""
    with st.container():
        sentence = st.session_state.pop(_SAID, None)
        if sentence is not None:
            st.warning(escaped(sentence))
