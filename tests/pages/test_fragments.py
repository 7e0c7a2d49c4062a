"""Each fragment of a page reruns in its place, and what follows keeps its own place."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from tests.pages.opened import (
    REINFORCE,
    open_page,
    problems,
)


def test_a_click_whose_fragments_are_not_there_draws_the_whole_page() -> None:
    """The fragments may be missing because the visitor leaves the page or clicks again."""

    def page() -> None:
        import streamlit as st

        from pglab.ui.shell.fragments import redraw_fragments

        st.button("Step", on_click=redraw_fragments, args=["live"])

    app = AppTest.from_function(page).run()
    app.button[0].click().run()
    assert not app.exception
    assert app.button[0].label == "Step"


def test_clicks_of_a_page_leave_the_fragments_of_the_page_before_it_alone() -> None:
    """Streamlit keeps the fragments of the former page until the new page is complete."""

    def page() -> None:
        import streamlit as st

        from pglab.ui.shell.fragments import fragment, redraw_fragments
        from pglab.ui.shell.menu import PAGE

        st.session_state.setdefault("drawn", [])
        st.session_state.setdefault("language", "en")

        def draw(page: str) -> None:
            st.session_state.drawn.append(page)

        def other() -> None:
            draw("other")

        for name, function in (("one", draw), ("other", other)):
            st.session_state[PAGE] = name
            fragment(function, "live")(*["one"][: name == "one"])

        st.button("Step", on_click=redraw_fragments, args=["live"])

    app = AppTest.from_function(page).run()
    app.session_state.drawn.clear()
    app.button[0].click().run()
    assert not app.exception
    assert app.session_state.drawn == ["other"]


def test_what_follows_a_fragment_keeps_its_place_without_the_fragment() -> None:
    """Streamlit may send a run of the script without a fragment that reruns at its end."""

    def page() -> None:
        import streamlit as st

        from pglab.ui.shell.fragments import fragment

        st.session_state.setdefault("language", "en")

        def draw() -> None:
            st.text("inside")

        fragment(draw, "live")()
        st.text("after")

    app = AppTest.from_function(page).run()
    around, after = app.main.children[0], app.main.children[1]
    assert isinstance(around, Block)
    of_fragment = around.children[0]  # all that is missing if Streamlit leaves out the fragment
    assert isinstance(of_fragment, Block)
    assert of_fragment.text[0].value == "inside"
    assert after is app.text[1]


def test_a_fragment_of_a_page_that_is_being_left_draws_the_whole_page() -> None:
    """One script run may have to answer requests for fragments of two pages."""

    def page() -> None:
        import streamlit as st

        from pglab.ui.shell.fragments import fragment
        from pglab.ui.shell.menu import PAGE

        st.session_state.setdefault("drawn", [])
        st.session_state.setdefault("language", "en")
        st.session_state.setdefault(PAGE, "one")

        def draw() -> None:
            st.session_state.drawn.append(st.session_state[PAGE])

        def leave() -> None:
            st.session_state[PAGE] = "other"
            st.rerun(["one.live"])

        fragment(draw, "live")()
        st.button("Leave", on_click=leave)
        st.session_state.drawn.append("whole")

    app = AppTest.from_function(page).run()
    app.session_state.drawn.clear()
    app.button[0].click().run()
    assert not app.exception
    assert app.session_state.drawn == ["other", "whole"]


@pytest.mark.parametrize(
    ("page", "button"),
    [(REINFORCE, "run"), ("pages/compare.py", "run"), ("pages/gradient_lab.py", "draw")],
)
def test_what_is_said_above_the_fragments_does_not_move_them(page: str, button: str) -> None:
    """Streamlit identifies a fragment by its place. After a move, it would draw controls twice."""

    def place(app: AppTest) -> int:
        (found,) = (
            number
            for number, block in app.main.children.items()
            if any(getattr(element, "key", None) == button for element in block)
        )
        return found

    warned = open_page(page, seed="none")
    assert problems(warned)
    assert place(warned) == place(open_page(page))
