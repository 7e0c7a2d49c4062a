"""Random walks through the app find no errors. Walks through two faulty apps find the errors."""

import asyncio
from pathlib import Path

from tests.browser.harness import running_app
from tests.walks.walk import LINKS, PAGES, Walk, errors_in, walk

SEEDS = {"": 2, "reinforce": 6, "shared_body": 1, "split_bodies": 3, "compare": 5}
SEEDS |= {"maps": 7, "gradient_lab": 0, "my_runs": 9}  # the keys are the first pages
ACTIONS = 14

# This app has a fault: if the browser rebuilds the row of chapters, the row has no value.
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


def walked(
    url: str,
    *seeds: int,
    actions: int,
    pages: tuple[str, ...] = PAGES,
    links: tuple[str, ...] = LINKS,
) -> list[Walk]:
    """Make one walk for each seed, all at the same time."""

    async def at_once() -> list[Walk]:
        return await asyncio.gather(*(walk(url, seed, actions, pages, links) for seed in seeds))

    return asyncio.run(at_once())


def test_walks_from_every_page_meet_no_exception(tmp_path: Path) -> None:
    """The walks are the first visits to this server, and begin while Python loads the app."""
    log = tmp_path / "log"
    with running_app(log) as server:
        walks = walked(server.url, *SEEDS.values(), actions=ACTIONS)
    assert [taken.done[0].split("?")[0] for taken in walks] == [f"open /{page}" for page in SEEDS]
    for taken in walks:
        assert not taken.visitor.problems, "\n".join(taken.done)
    assert not errors_in(log)
    assert sum(taken.visitor.steps for taken in walks) > 0


def test_a_walk_finds_an_exception_on_the_page(tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text(WITHOUT_CHOICE, encoding="utf-8")
    with running_app(tmp_path / "log", str(script)) as server:
        (taken,) = walked(server.url, 1, actions=40, pages=("",), links=("",))
        assert any("KeyError" in problem for problem in taken.visitor.problems), taken.done
        assert "KeyError" in errors_in(server.log)


def test_a_walk_finds_an_error_in_the_log(tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text(SAID_IN_THE_LOG_ONLY, encoding="utf-8")
    with running_app(tmp_path / "log", str(script)) as server:
        assert not errors_in(server.log)
        (taken,) = walked(server.url, 1, actions=20, pages=("",), links=("",))
        assert not taken.visitor.problems
        assert "ZeroDivisionError" in errors_in(server.log)
