"""What a comparison compares: the ready-made pairs, the controls of each side, the address bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import cast

import streamlit as st

from pglab.algorithms.families import AgentConfig
from pglab.config import (
    LONGEST_QUOTE,
    SEEDS,
    ActorCriticConfig,
    ReinforceConfig,
    differences,
    parse_config,
    settings_of,
)
from pglab.environments import ENVIRONMENTS
from pglab.language import _
from pglab.session.seeds.group import MOST_SEEDS
from pglab.session.side_by_side.comparison import CELLS, FREE, LENGTHS, PAIRS, pair_of
from pglab.session.side_by_side.contrasts import LETTERS, algorithm_name, names_of
from pglab.ui.controls.choices import settle
from pglab.ui.controls.heatmap_controls import PARAMETERS
from pglab.ui.controls.settings import Terms, controls, put_into_address_bar, set_controls

KINDS: dict[str, AgentConfig] = {
    "reinforce": ReinforceConfig(),
    "actor_critic": ActorCriticConfig(),
}
FIXED = ("seed", "stop_when_solved", "total_steps")  # are not a matter of one side
USUAL_PAIR = "seminar"
HEATMAPS_OF_B = "b."  # before the heatmaps' parameters where B has another environment than A

_CONFIGS = "compare.configs"
_SEEDS = "compare.seeds"
_FIRST_SEED = "compare.first_seed"
LENGTH = "compare.length"
USUAL_LENGTH = 60_000  # as far as the stored runs of the four cells
_SIDE = "compare.side"
_PROBLEMS = "compare.link_problems"
_PARAMETERS_OF_B = [HEATMAPS_OF_B + name for name in PARAMETERS]


def compared() -> tuple[AgentConfig, ...]:
    """The agents now compared."""
    configs: tuple[AgentConfig, ...] = st.session_state[_CONFIGS]
    return configs


def seeds() -> int:
    """How many seeds each of them has."""
    return int(st.session_state[_SEEDS])


def first_seed() -> int:
    """The seed of each side's first run; further ones count on from it."""
    return int(st.session_state[_FIRST_SEED])


def length() -> int:
    """Environment steps of each agent."""
    return int(st.session_state[LENGTH])


def read_link() -> list[str]:
    """On the first view of the page, take the comparison from the link that opened it.

    Returns:
        A sentence for everything in the link that cannot be used.
    """
    if _PROBLEMS not in st.session_state:  # set last: another request may cut this short
        problems: list[str] = []
        pair = _linked_pair(problems)
        st.session_state[_SEEDS] = _linked_seeds(problems)
        compare(PAIRS[pair].configs if pair != FREE else _linked_sides(problems))
        problems += [
            _("There is nothing called “{name}” in a comparison; it is ignored.").format(name=name)
            for name in st.query_params
            if not _is_known(name)
        ]
        st.session_state[LENGTH] = _linked_length(problems)
        st.session_state[_FIRST_SEED] = _linked_first_seed(problems)
        st.session_state[_PROBLEMS] = problems
    found: list[str] = st.session_state[_PROBLEMS]
    return found


def _linked_pair(problems: list[str]) -> str:
    """The ready-made comparison that the link names; a free one where it names a side."""
    names_a_side = any(name.split(".")[0] in ("a", "b") for name in st.query_params)
    pair = st.query_params.get("pair", FREE if names_a_side else USUAL_PAIR)
    if pair in (*PAIRS, FREE):
        return pair
    problems.append(
        _("There is no comparison “{name}”. Choose one of: {known}.").format(
            name=pair[:LONGEST_QUOTE], known=", ".join([*PAIRS, FREE])
        )
    )
    return USUAL_PAIR


def _linked_seeds(problems: list[str]) -> int:
    """How many seeds the link asks for."""
    number = st.query_params.get("seeds", "1")
    if number in map(str, range(1, MOST_SEEDS + 1)):
        return int(number)
    problems.append(
        _("Seeds per side cannot be “{value}”. Choose 1 to {most}.").format(
            value=number[:LONGEST_QUOTE], most=MOST_SEEDS
        )
    )
    return 1


def _linked_length(problems: list[str]) -> int:
    """How many steps the link asks for."""
    steps = st.query_params.get("steps", str(USUAL_LENGTH))
    if steps in map(str, LENGTHS):
        return int(steps)
    problems.append(
        _("The length cannot be “{value}” steps. Choose one of: {known}.").format(
            value=steps[:LONGEST_QUOTE], known=", ".join(map(str, LENGTHS))
        )
    )
    return USUAL_LENGTH


def _linked_first_seed(problems: list[str]) -> int:
    """The first seed that the link asks for."""
    first = st.query_params.get("seed", "0")
    if first.isascii() and first.isdecimal() and len(first) < 11 and int(first) < SEEDS:
        return int(first)
    problems.append(
        _("The first seed cannot be “{value}”. Choose 0 to {most:,}.").format(
            value=first[:LONGEST_QUOTE], most=SEEDS - 1
        )
    )
    return 0


def _is_known(name: str) -> bool:
    """Whether a parameter of the address means something here."""
    side, _dot, _setting = name.partition(".")
    known = ("a", "b", "pair", "seed", "seeds", "steps", "lang", *PARAMETERS)
    return side in known or name.startswith("embed")


def _linked_sides(problems: list[str]) -> tuple[AgentConfig, ...]:
    """Both sides of a free comparison: `a=actor_critic`, `a.gamma=0.9`, and so for `b`."""
    sides = []
    for letter in "ab":
        kind = st.query_params.get(letter, "actor_critic")
        if kind not in KINDS:
            problems.append(
                _("There is no agent “{name}”. Choose one of: {known}.").format(
                    name=kind[:LONGEST_QUOTE], known=", ".join(KINDS)
                )
            )
            kind = "actor_critic"
        texts = {
            name.removeprefix(f"{letter}."): text
            for name, text in st.query_params.items()
            if name.startswith(f"{letter}.") and name not in _PARAMETERS_OF_B
        }
        refused = [_not_on_one_side(name) for name in FIXED if texts.pop(name, "")]
        config, unusable = parse_config(KINDS[kind], texts)
        refused += unusable
        if config.env_id not in ENVIRONMENTS:
            refused.append(_("The environment “{env}” cannot be shown.").format(env=config.env_id))
            config = config.changed(env_id=KINDS[kind].env_id)
        problems += [f"{letter.upper()}: {problem}" for problem in refused]
        sides.append(config)
    return tuple(sides)


def _not_on_one_side(name: str) -> str:
    return _("“{label}” is the same for all sides of a comparison; it is ignored.").format(
        label=_(settings_of(ReinforceConfig)[name].label)
    )


def write_link(view: Mapping[str, str]) -> None:
    """Make the address open this comparison with these parameters of the heatmaps' view."""
    pair = pair_of(compared())
    wanted = {} if pair == USUAL_PAIR else {"pair": pair}
    if seeds() > 1:
        wanted["seeds"] = str(seeds())
    if length() != USUAL_LENGTH:
        wanted["steps"] = str(length())
    if first_seed():
        wanted["seed"] = str(first_seed())
    if pair == FREE:
        for letter, config in zip("ab", compared(), strict=True):
            wanted[letter] = _kind(config)
            differing = differences(config, KINDS[_kind(config)])
            wanted |= {f"{letter}.{name}": text for name, text in differing.items()}
    put_into_address_bar({**wanted, **view})


def pair_menu(choose: Callable[[tuple[AgentConfig, ...]], None]) -> None:
    """The ready-made comparisons; `choose` is called with the agents of the one pressed."""
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
            help=_("Any setting of a side changed in the sidebar makes a comparison of your own."),
        )


def pair_title(configs: tuple[AgentConfig, ...]) -> str:
    """The name of the ready-made comparison that these agents make."""
    pair = pair_of(configs)
    return _("Free choice") if pair == FREE else _(PAIRS[pair].title)


def _invite(choose: Callable[[tuple[AgentConfig, ...]], None]) -> None:
    """Say how to choose freely; of four sides, two are left."""
    if len(compared()) > 2:
        choose(compared()[:2])
    st.toast(_("Change any setting of either side in the sidebar."))


def side_controls(on_change: Callable[[], None]) -> None:
    """The controls of one side at a time, and the number of seeds, in the sidebar.

    `on_change` is called when a control has changed.
    """
    with st.sidebar:
        st.slider(
            _("Seeds per side ↻"),
            1,
            MOST_SEEDS,
            seeds(),
            key=_SEEDS,
            help=_("More show what is luck, and take longer; all cores train them."),
            on_change=on_change,
            persist_state="session",
        )
        st.number_input(
            _("First seed ↻"),
            0,
            SEEDS - 1,
            first_seed(),
            key=_FIRST_SEED,
            help=_("Another seed: other initial weights, other starts, on every side the same."),
            on_change=on_change,
            persist_state="session",
        )
        if pair_of(compared()) == CELLS:
            st.caption(_("Four agents have no controls: choose a pair of two above."))
            return
        names = dict(zip("AB", names_of(compared()), strict=True))
        letter = settle(_SIDE, ("A", "B"), "A")
        st.segmented_control(
            _("Settings of"),
            ["A", "B"],
            default=letter,
            format_func=lambda letter: names[letter],
            key=_SIDE,
            required=True,
            persist_state="session",
        )
        index = LETTERS.index(letter)
        kind = _kind(compared()[index])

        _kind_menu(index, kind, on_change)
    terms = Terms(KINDS[kind], FIXED, everything_restarts=True)
    config = controls(_controls_key(index, kind), terms, on_change)
    if config is not None and config != compared()[index]:
        _change_side(index, cast("AgentConfig", config), controls_too=False)


def _kind_menu(index: int, kind: str, on_change: Callable[[], None]) -> None:
    """The algorithm of a side: buttons, which keep no value that could come back late."""

    def choose(other: str) -> None:
        _change_side(index, KINDS[other])
        on_change()

    with st.container(horizontal=True, gap="small", key="kinds"):
        for name, preset in KINDS.items():
            st.button(
                algorithm_name(preset),
                key=f"kind_{name}",
                type="secondary" if name == kind else "tertiary",
                on_click=partial(choose, name),
                help=_("Start anew with this algorithm and its usual settings."),
            )


def _change_side(index: int, config: AgentConfig, *, controls_too: bool = True) -> None:
    configs = list(compared())
    if len(configs) > 2:  # sides without controls: a press from before they were chosen is late
        return
    configs[index] = config
    if controls_too:
        set_controls(_controls_key(index, _kind(config)), config)
    st.session_state[_CONFIGS] = tuple(configs)


def compare(configs: tuple[AgentConfig, ...]) -> None:
    """Take these agents, and set the controls of the two sides that have some."""
    for index, config in enumerate(configs[:2]):
        set_controls(_controls_key(index, _kind(config)), config)
    st.session_state[_CONFIGS] = configs


def _controls_key(index: int, kind: str) -> str:
    return f"compare.{LETTERS[index]}.{kind}"


def _kind(config: AgentConfig) -> str:
    return "reinforce" if isinstance(config, ReinforceConfig) else "actor_critic"
