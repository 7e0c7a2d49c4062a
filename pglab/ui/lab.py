"""One visitor's page of one algorithm: its run, its link and its controls brought together."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pglab.bench import Bench
from pglab.config import ConfigError, ReinforceConfig
from pglab.environments import ENVIRONMENTS, EnvironmentInfo
from pglab.language import _
from pglab.ui.entry import page_changed
from pglab.ui.player import Player
from pglab.ui.settings import controls, read_address_bar
from pglab.ui.warm_up import warm_up

LIVE = "live"
TRANSPORT = "transport"


@dataclass
class Lab:
    """One visitor's page of one algorithm. Lives in the visit's session state."""

    key: str
    bench: Bench
    sequence: int = 0  # of redraws of the stage
    _player: Player | None = None

    @property
    def player(self) -> Player:
        """The player of the current run; a new run gets a new one."""
        if self._player is None or self._player.session is not self.bench.session:
            self._player = Player(self.bench.session)
        return self._player

    @property
    def info(self) -> EnvironmentInfo:
        """Names and limits of the environment."""
        return ENVIRONMENTS[self.bench.session.config.env_id]


def open_lab(key: str, config_class: type[ReinforceConfig]) -> Lab:
    """Read the link and the controls, and bring the run in line with them."""
    warm_up()
    for problem in read_address_bar(key, config_class):
        st.warning(problem)
    config = controls(key, config_class)
    lab: Lab | None = st.session_state.get(f"{key}.lab")
    if lab is None:
        config = config or config_class()
        lab = Lab(key, Bench(config))
        st.session_state[f"{key}.lab"] = lab
    elif config is not None:
        try:
            lab.bench.use(config)
        except ConfigError as error:
            st.error(str(error))
    if page_changed():
        lab.bench.pause()  # whoever comes back to a page finds the run where it was left
    return lab


def end_message(lab: Lab) -> None:
    """Why the run ended, if it did."""
    session = lab.bench.session
    match session.outcome:
        case "diverged":
            st.error(session.problem)
        case "solved":
            st.success(
                _(
                    "Solved after {steps:,} steps, by the seminar's reading. To see whether it "
                    "lasts, switch “Stop when solved” off under “More settings” and run on."
                ).format(steps=session.history.solved_at)
            )
        case "total_steps":
            st.info(
                _(
                    "The run has used its {steps:,} environment steps. For more, raise “Total "
                    "environment steps” under “More settings” and run on."
                ).format(steps=session.config.total_steps)
            )
