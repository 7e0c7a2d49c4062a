"""One visitor's page of one algorithm: its run, its link and its controls brought together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import streamlit as st

from pglab.algorithms.families import AgentConfig
from pglab.bench import Bench
from pglab.config import ConfigError
from pglab.environments import ENVIRONMENTS, EnvironmentInfo
from pglab.language import _
from pglab.slow_motion import SlowMotion
from pglab.ui.entry import page_changed
from pglab.ui.player import Player
from pglab.ui.settings import Terms, controls, read_address_bar, set_controls
from pglab.ui.warm_up import warm_up

LIVE = "live"
TRANSPORT = "transport"
CHAPTERS = "chapters"
VIEW = "view"


@dataclass(kw_only=True)
class LivePage:
    """What every page with a stage keeps in the visit's session state."""

    key: str
    sequence: int = 0  # of redraws of the stage
    page_is_stale: bool = False  # a click or a control changed what the whole page shows
    _ticked: bool = field(default=False, init=False)

    def note_tick(self) -> None:
        """The browser has asked for the next tick."""
        self._ticked = True

    def take_tick(self) -> bool:
        """Whether there was a tick that nobody has taken yet."""
        ticked, self._ticked = self._ticked, False
        return ticked

    def redraw_stale_page(self) -> None:
        """Draw the whole page anew where a click asked for it.

        Every live fragment calls this first: the browser may send a click or a changed setting
        together with a tick, in one request that reruns only the fragment of the tick.
        """
        if self.page_is_stale:
            st.rerun()


@dataclass(kw_only=True)
class Lab(LivePage):
    """One visitor's page of one algorithm."""

    terms: Terms
    bench: Bench
    _player: Player | None = None
    _slow_motion: SlowMotion | None = None

    @property
    def player(self) -> Player:
        """The player of the current run; a new run gets a new one."""
        if self._player is None or self._player.session is not self.bench.session:
            self._player = Player(self.bench.session)
        return self._player

    @property
    def slow_motion(self) -> SlowMotion:
        """The tape of the current run; a new run gets a new one."""
        if self._slow_motion is None or self._slow_motion.session is not self.bench.session:
            self._slow_motion = SlowMotion(self.bench.session)
        return self._slow_motion

    def set_controls(self, config: AgentConfig) -> None:
        """Give the controls the values of a configuration."""
        set_controls(self.key, config)

    @property
    def has_critic(self) -> bool:
        """Whether the agent has an action-value critic."""
        return "critic" in self.bench.session.networks

    @property
    def info(self) -> EnvironmentInfo:
        """Names and limits of the environment."""
        return ENVIRONMENTS[self.bench.session.config.env_id]


def run_on_arrival(key: str) -> None:
    """Let the run of the page with this key go on as soon as the page is opened."""
    st.session_state[f"{key}.run_on_arrival"] = True


def open_lab(
    key: str,
    preset: AgentConfig,
    fixed: tuple[str, ...] = (),
    read_further: Callable[[], list[str]] = list,
) -> Lab:
    """Read the link and the controls, and bring the run in line with them.

    `key` names the page and the stored learning curves of its preset; `fixed` are the settings
    that the page is about, and that cannot be changed on it; `read_further` takes from the link
    what is no setting, and returns a sentence for everything that cannot be used.
    """
    warm_up()
    terms = Terms(preset, fixed)
    problems = read_address_bar(key, terms, read_further)
    config = cast("AgentConfig | None", controls(key, terms, on_change=partial(_changed, key)))
    lab: Lab | None = st.session_state.get(f"{key}.lab")
    if lab is None:
        lab = Lab(key=key, terms=terms, bench=Bench(config or preset))
        st.session_state[f"{key}.lab"] = lab
    lab.page_is_stale = False
    unusable: list[str] = []
    with lab.bench.lock:
        if page_changed():
            lab.bench.pause()  # whoever comes back to a page finds the run where it was left
        if config is not None:
            try:
                lab.bench.use(config)
            except ConfigError as error:
                unusable.append(str(error))
        if st.session_state.pop(f"{key}.run_on_arrival", False):
            lab.bench.run()
    show_problems(problems, unusable, lab.bench.session.problem, lab.bench.problem)
    return lab


def _changed(key: str) -> None:
    """A control has another value: the whole page shows it, which may not have been whole yet."""
    lab: Lab | None = st.session_state.get(f"{key}.lab")
    if lab is not None:
        lab.page_is_stale = True


def show_problems(of_link: list[str], of_settings: list[str], *of_runs: str | None) -> None:
    """What is wrong with the link, until it is closed, with the settings, and with the runs.

    All in one container, so that fragments below stay in their place whatever is wrong.
    """
    with st.container():
        if of_link or of_settings:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.warning("\n".join(f"- {problem}" for problem in [*of_link, *of_settings]))
                if of_link:
                    st.button(_("Close"), key="close_problems", on_click=of_link.clear)
        for problem in of_runs:
            if problem is not None:
                st.error(problem)
