"""Redraws and training take turns; the run of these tests ends on command."""

from __future__ import annotations

import threading

import pytest
import streamlit as st

from pglab.session.pacing import Pacemaker
from pglab.ui.shell.page_state import LivePage
from pglab.ui.stage.ticks import turn


class ShortRun:
    """A trainer that ends after the given number of ticks."""

    def __init__(self, ticks: int) -> None:
        self.lock = threading.RLock()
        self.pacemaker = Pacemaker()
        self.left = ticks

    @property
    def running(self) -> bool:
        return self.left > 0

    busy = running

    def tick(self) -> None:
        self.pacemaker.tick()
        self.left -= 1


@pytest.fixture
def reruns(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows with every requested rerun of the whole script."""
    asked: list[int] = []
    monkeypatch.setattr(st, "rerun", lambda: asked.append(len(asked)))
    return asked


def test_the_first_tick_is_before_the_first_picture_and_the_others_after(reruns: list[int]) -> None:
    run, page = ShortRun(5), LivePage(key="page")
    left = []
    for _ in range(3):
        with turn(page, run):
            left.append(run.left)
    assert left == [4, 4, 3]
    assert not page.page_is_stale
    assert not reruns


def test_a_run_that_ends_after_a_picture_leaves_the_page_to_the_next_tick(
    reruns: list[int],
) -> None:
    run, page = ShortRun(2), LivePage(key="page")
    for _ in range(2):
        with turn(page, run):
            pass
    assert page.page_is_stale
    assert not reruns, "a tick that is on its way would meet the run of the whole script"


def test_a_run_that_ends_before_its_first_picture_draws_the_page_at_once(
    reruns: list[int],
) -> None:
    page = LivePage(key="page")
    with turn(page, ShortRun(1)):
        pass
    assert page.page_is_stale
    assert reruns, "no tick will come"


def test_a_run_that_ends_amid_a_tick_draws_the_page_at_once(reruns: list[int]) -> None:
    run, page = ShortRun(2), LivePage(key="page")
    for more in (False, True):
        with turn(page, run, more=more):
            pass
    assert page.page_is_stale
    assert reruns, "the browser does not ask after a picture that another follows"


def test_a_tick_is_taken_once() -> None:
    page = LivePage(key="page")
    assert not page.take_tick()
    page.note_tick()
    assert page.take_tick()
    assert not page.take_tick()
