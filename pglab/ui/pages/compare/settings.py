"""The settings of a comparison: buttons for ready-made comparisons, and each agent's controls."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

import streamlit as st

from pglab.algorithms.agents import AgentConfig
from pglab.config import SEEDS, ActorCriticConfig, ReinforceConfig
from pglab.language import _
from pglab.session.seeds.group import MOST_SEEDS
from pglab.session.side_by_side.comparison import CELLS, FREE, PAIRS, pair_of
from pglab.session.side_by_side.contrasts import LETTERS, algorithm_name, names_of
from pglab.ui.controls.choices import settle
from pglab.ui.controls.settings import Terms, controls, set_controls
from pglab.ui.shell.visibility import visibility

KINDS: dict[str, AgentConfig] = {
    "reinforce": ReinforceConfig(),
    "actor_critic": ActorCriticConfig(),
}
FIXED = ("seed", "stop_when_solved", "total_steps")  # settings that all agents share
USUAL_PAIR = "seminar"
PAGE = "compare"  # the page's name in the address and in the keys of its controls
STATE = "compare.page"  # the session state keeps the `ComparePage` under this key

_CONFIGS = "compare.configs"
SEED_COUNT = "compare.seeds"
FIRST_SEED = "compare.first_seed"
LENGTH = "compare.length"
USUAL_LENGTH = 60_000  # the stored runs of the four actor-critics have this length
_SIDE = "compare.side"


def compared() -> tuple[AgentConfig, ...]:
    """The configurations of the agents in the current comparison."""
    configs: tuple[AgentConfig, ...] = st.session_state[_CONFIGS]
    return configs


def seeds() -> int:
    """The number of seeds with which each agent trains."""
    return int(st.session_state[SEED_COUNT])


def first_seed() -> int:
    """The first seed of every agent; the other seeds are the next whole numbers."""
    return int(st.session_state[FIRST_SEED])


def length() -> int:
    """The number of environment steps that each agent takes."""
    return int(st.session_state[LENGTH])


def pair_menu(choose: Callable[[tuple[AgentConfig, ...]], None]) -> None:
    """Draw one button for each ready-made comparison; a press calls `choose` with its agents."""
    now = pair_of(compared())
    with st.container(horizontal=True, gap="small", key="pairs"):
        for name, pair in PAIRS.items():
            st.button(
                _(pair.title),
                key=f"pair_{name}",
                type="secondary" if name == now else "tertiary",
                on_click=partial(choose, pair.configs),
            )
        st.button(
            _("Free choice"),
            key=f"pair_{FREE}",
            type="secondary" if now == FREE else "tertiary",
            on_click=partial(_invite, choose),
            help=_("To make your own comparison, change any setting in the sidebar."),
        )


def pair_title(configs: tuple[AgentConfig, ...]) -> str:
    """The name of the ready-made comparison of these agents, or "Free choice"."""
    pair = pair_of(configs)
    return _("Free choice") if pair == FREE else _(PAIRS[pair].title)


def _invite(choose: Callable[[tuple[AgentConfig, ...]], None]) -> None:
    """Tell the visitor how to choose two agents.

    If four agents are compared, first remove the last two agents from the comparison.
    """
    if len(compared()) > 2:
        choose(compared()[:2])
    st.toast(_("To make your own comparison, change any setting in the sidebar."))


def side_controls(on_change: Callable[[], None]) -> None:
    """Draw the controls of the seeds, and the controls of the agent that the visitor selects.

    A control calls `on_change` when its value changes.
    """
    with st.sidebar:
        _seed_controls(on_change)
        if pair_of(compared()) == CELLS:
            st.caption(_("To change settings, first choose a comparison of two agents."))
            return
        names = dict(zip("AB", names_of(compared()), strict=True))
        letter = settle(_SIDE, ("A", "B"), "A")
        index = LETTERS.index(letter)
        kind = kind_of(compared()[index])
        agents = visibility("agents", _("Choice of the agents"), lockable=False)
        if not agents.hidden:
            st.segmented_control(
                _("Settings of"),
                ["A", "B"],
                default=letter,
                format_func=lambda letter: names[letter],
                key=_SIDE,
                required=True,
                persist_state="session",
            )
            _kind_menu(index, kind, on_change)
    terms = Terms(KINDS[kind], FIXED, everything_restarts=True)
    config = controls(_controls_key(index, kind), terms, on_change)
    if config is not None and config != compared()[index]:
        _change_side(index, cast("AgentConfig", config), controls_too=False)


def _seed_controls(on_change: Callable[[], None]) -> None:
    how_many = visibility("seeds", _("Seeds per side"))
    if not how_many.hidden:
        st.slider(
            _("Seeds per side ↻"),
            1,
            MOST_SEEDS,
            seeds(),
            key=SEED_COUNT,
            help=_(
                "With more seeds, you see better how much of a result is luck, but training takes "
                "longer. The runs of the seeds use all processor cores."
            ),
            on_change=on_change,
            persist_state="session",
            disabled=how_many.locked,
        )
    which = visibility("first_seed", _("First seed"))
    if not which.hidden:
        st.number_input(
            _("First seed ↻"),
            0,
            SEEDS - 1,
            first_seed(),
            key=FIRST_SEED,
            help=_(
                "Another seed gives other initial parameters and other initial states. All agents "
                "use the same first seed."
            ),
            on_change=on_change,
            persist_state="session",
            disabled=which.locked,
        )


def _kind_menu(index: int, kind: str, on_change: Callable[[], None]) -> None:
    """Draw one button for each algorithm; a press gives this algorithm to one agent."""

    def choose(other: str) -> None:
        _change_side(index, KINDS[other])
        on_change()

    # A menu is not used here, because a late request of the browser could restore its old value.
    with st.container(horizontal=True, gap="small", key="kinds"):
        for name, preset in KINDS.items():
            st.button(
                algorithm_name(preset),
                key=f"kind_{name}",
                type="secondary" if name == kind else "tertiary",
                on_click=partial(choose, name),
                help=_("Restarts the comparison. The agent gets the algorithm's default settings."),
            )


def _change_side(index: int, config: AgentConfig, *, controls_too: bool = True) -> None:
    configs = list(compared())
    if len(configs) > 2:  # a late press: four agents have no controls
        return
    configs[index] = config
    if controls_too:
        set_controls(_controls_key(index, kind_of(config)), config)
    st.session_state[_CONFIGS] = tuple(configs)


def compare(configs: tuple[AgentConfig, ...]) -> None:
    """Choose these agents for the comparison, and set the controls of the first two agents."""
    for index, config in enumerate(configs[:2]):
        set_controls(_controls_key(index, kind_of(config)), config)
    st.session_state[_CONFIGS] = configs


def _controls_key(index: int, kind: str) -> str:
    return f"compare.{LETTERS[index]}.{kind}"


def kind_of(config: AgentConfig) -> str:
    """Return the key of the agent's algorithm in `KINDS`."""
    return "reinforce" if isinstance(config, ReinforceConfig) else "actor_critic"
