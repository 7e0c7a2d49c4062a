"""Connects the run, the link and the controls of one algorithm's page for one visitor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

import streamlit as st

from pglab.algorithms.agents import AgentConfig
from pglab.config import ConfigError, Link, RunConfig
from pglab.environments import ENVIRONMENTS, EnvironmentInfo
from pglab.language import _
from pglab.library.contents import Facts
from pglab.library.keeping.reopening import Reopened
from pglab.library.keeping.run_keeper import RunKeeper
from pglab.library.store.library import Library
from pglab.session.bench import Bench
from pglab.slow_motion.tape import SlowMotion
from pglab.ui.controls.settings import (
    Terms,
    controls,
    read_settings,
    say_if_not_compiled,
    set_controls,
)
from pglab.ui.controls.sharing import kept_run
from pglab.ui.controls.sharing.kept_run import Kept, say_what_is_kept
from pglab.ui.shell.address_bar import read_once
from pglab.ui.shell.menu import page_changed
from pglab.ui.shell.owner import owner
from pglab.ui.shell.page_state import SKETCH, LivePage
from pglab.ui.shell.problems import show_problems
from pglab.ui.shell.process.warm_up import wait_until_ready
from pglab.ui.stage.video.player import Player

START = "start"  # the address parameter with the step to which a new run trains first


@dataclass(kw_only=True)
class Lab(LivePage):
    """The state of one algorithm's page for one visitor."""

    terms: Terms
    bench: Bench
    kept: Kept[RunKeeper]
    visit: Facts  # what was stored with a reopened run, such as guesses; not checked
    awaits_seeds: bool = False  # whether the table of runs says that further seeds catch up
    _player: Player | None = None
    _slow_motion: SlowMotion | None = None

    @property
    def player(self) -> Player:
        """The player of the current run; every new run gets a new player."""
        if self._player is None or self._player.session is not self.bench.session:
            self._player = Player(self.bench.session)
        return self._player

    @property
    def slow_motion(self) -> SlowMotion:
        """The slow-motion recording of the current run; every new run gets a new recording."""
        if self._slow_motion is None or self._slow_motion.session is not self.bench.session:
            self._slow_motion = SlowMotion(self.bench.session)
        return self._slow_motion

    def set_controls(self, config: AgentConfig) -> None:
        """Set the controls to the values of a configuration."""
        set_controls(self.key, config)

    @property
    def has_critic(self) -> bool:
        """Whether the agent has an action-value critic."""
        return "critic" in self.bench.session.networks

    @property
    def info(self) -> EnvironmentInfo:
        """The axes, the actions and the range of returns of the environment."""
        return ENVIRONMENTS[self.bench.session.config.env_id]


def start_on_arrival(key: str) -> None:
    """Make the run of this page start as soon as the visitor opens the page."""
    st.session_state[_on_arrival(key)] = True


def lab_of_page(key: str) -> Lab | None:
    """Return the state of an agent's page, or None if no agent's page with this key is open."""
    lab: Lab | None = st.session_state.get(_state_of(key))
    return lab


def shows(key: str, address: str) -> bool:
    """Whether the run with this address is the current run of an agent's page."""
    lab = lab_of_page(key)
    return lab is not None and lab.kept.keeper.address == address


def leave(key: str, library: Library) -> None:
    """Save the run of a page and remove the run from the page.

    When the page opens next, it reads its link again.

    Raises:
        LibraryUnavailable: the run could not be saved. The page keeps the run.
    """
    kept_run.leave(key, _state_of(key), library)


def _state_of(key: str) -> str:
    return f"{key}.lab"


def open_lab(
    key: str,
    preset: AgentConfig,
    fixed: tuple[str, ...],
    read_further: Callable[[Link, RunConfig], None],
) -> Lab:
    """Read the settings from the link and the controls, and give these settings to the run.

    Args:
        key: the name of the page. The stored learning curves of its preset have the same name.
        preset: the page's default settings.
        fixed: the settings that define the page's agent; the visitor cannot change them here.
        read_further: a function that reads the link's other parameters, which are not settings.
            Its arguments are the link and the configuration.
    """
    wait_until_ready()
    terms = Terms(preset, fixed)
    kept_run.follow_address(key, _state_of(key))
    problems = read_once(key, partial(_read_link, key, terms, read_further))
    config = cast("AgentConfig | None", controls(key, terms, on_change=partial(_changed, key)))
    if config is not None:
        say_if_not_compiled([config])
    lab: Lab | None = st.session_state.get(_state_of(key))
    if lab is None:
        lab = st.session_state[_state_of(key)] = _new_lab(key, terms, config or preset)
        kept_run.forget_reopened(key)
    lab.page_is_stale = lab.awaits_seeds = False
    unusable: list[str] = []
    with lab.bench.lock:
        lab.bench.sketch = st.session_state.get(SKETCH)
        if page_changed():
            lab.bench.pause()  # a run does not continue while the visitor is on another page
        if config is not None:
            try:
                lab.bench.use(config)
            except ConfigError as error:
                unusable.append(str(error))
        _start(lab)
    show_problems(problems, unusable, lab.bench.session.problem, lab.bench.problem)
    say_what_is_kept(lab, lab.bench, lab.kept)
    return lab


def _read_link(
    key: str, terms: Terms, read_further: Callable[[Link, RunConfig], None], link: Link
) -> None:
    """Set the controls from the link. If the link names a stored run, use the run's settings."""
    of_run = kept_run.read_run(key, terms, link)
    config = read_settings(key, terms, link)
    first_step = link.whole_number(START, _("Start at step"), 0, config.total_steps, 0)
    st.session_state[_first_step(key)] = first_step
    read_further(link, of_run or config)
    if of_run is not None:
        set_controls(key, of_run)


def _new_lab(key: str, terms: Terms, config: AgentConfig) -> Lab:
    """Make the state of a page from the stored run that its link names, or from a new run."""
    found = kept_run.reopened_by_link(key, Reopened)
    bench = Bench(config) if found is None else found.bench
    keeper = RunKeeper(bench, owner(), {} if found is None else found.addresses)
    return Lab(
        key=key,
        terms=terms,
        bench=bench,
        kept=kept_run.keep(keeper, found),
        visit={} if found is None else found.visit,
    )


def _start(lab: Lab) -> None:
    """Start the run if it should start on arrival, or else train it to the step in the link."""
    # The orders are forgotten last: Streamlit may interrupt the script at each line that uses its
    # state.
    first_step: int = st.session_state.get(_first_step(lab.key), 0)
    if st.session_state.get(_on_arrival(lab.key)):
        lab.bench.run()
    elif first_step and not lab.bench.session.global_step:
        lab.bench.run_to(first_step)
    st.session_state.pop(_on_arrival(lab.key), None)
    st.session_state.pop(_first_step(lab.key), None)


def _on_arrival(key: str) -> str:
    return f"{key}.start_on_arrival"


def _first_step(key: str) -> str:
    return f"{key}.start_at"


def _changed(key: str) -> None:
    """If the page exists already, mark the whole page for a redraw."""
    lab: Lab | None = st.session_state.get(_state_of(key))
    if lab is not None:
        lab.page_is_stale = True
