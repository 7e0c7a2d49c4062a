"""Some random walks through the app, and that a walk finds what it is sent for."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.browser.harness import running_app
from tests.walks import Walk, errors_in, walk

# What stood in the chapters once: the browser builds the row anew, which then names no chapter.
WITHOUT_CHOICE = """
import streamlit as st
st.session_state.setdefault("chapter", "Idea")
st.segmented_control("Chapter", ["Idea", "Code"], required=True, key="chapter")
{"Idea": st.text, "Code": st.code}[st.session_state.chapter]("")
"""
SAID_IN_THE_LOG_ONLY = """
from threading import Thread
import streamlit as st
st.toggle("Train", on_change=lambda: Thread(target=divmod, args=(1, 0)).start())
"""


def walked(url: str, seed: int, actions: int, **where: tuple[str, ...]) -> Walk:
    """A walk in a thread of its own: Playwright has an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(walk(url, seed, actions, **where))).result()


def test_a_walk_finds_an_exception_on_the_page(tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text(WITHOUT_CHOICE, encoding="utf-8")
    with running_app(tmp_path / "log", str(script)) as server:
        taken = walked(server.url, seed=1, actions=40, pages=("",), links=("",))
        assert any("KeyError" in problem for problem in taken.visitor.problems), taken.done
        assert "KeyError" in errors_in(server.log)


def test_a_walk_finds_an_error_in_the_log(tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text(SAID_IN_THE_LOG_ONLY, encoding="utf-8")
    with running_app(tmp_path / "log", str(script)) as server:
        assert not errors_in(server.log)
        taken = walked(server.url, seed=1, actions=20, pages=("",), links=("",))
        assert not taken.visitor.problems
        assert "ZeroDivisionError" in errors_in(server.log)
