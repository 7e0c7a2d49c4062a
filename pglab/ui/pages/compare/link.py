"""Reads and writes a comparison's address: agents, seeds, length, speed and heatmap views."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pglab.algorithms.agents import AgentConfig
from pglab.config import SEEDS, Link, ReinforceConfig, differences, settings_of
from pglab.language import _
from pglab.session.seeds.group import MOST_SEEDS
from pglab.session.side_by_side.comparison import FREE, LENGTHS, PAIRS, pair_of
from pglab.ui.controls import speed
from pglab.ui.controls.settings import OFFERED
from pglab.ui.controls.sharing import kept_run
from pglab.ui.pages.compare import settings
from pglab.ui.pages.compare.panels import heatmaps_of
from pglab.ui.pages.compare.state import ComparePage
from pglab.ui.shell import address_bar

FIRST_SEED = "seed"  # the address parameter with the first seed of all agents


def read(link: Link) -> None:
    """Set the controls of the page *Compare* from the link that opened the page."""
    names_a_side = link.has_any("a", "b", "a.", "b.")
    pairs = {name: name for name in (*PAIRS, FREE)}
    usual = FREE if names_a_side else settings.USUAL_PAIR
    pair = link.choice("pair", _("Pair"), pairs, usual)
    seeds = link.whole_number("seeds", _("Seeds per side"), 1, MOST_SEEDS, 1)
    configs = PAIRS[pair].configs if pair != FREE else tuple(_side(link, c) for c in "ab")
    lengths = {str(steps): steps for steps in LENGTHS}
    length = link.choice("steps", _("Length of the comparison"), lengths, settings.USUAL_LENGTH)
    first = link.whole_number(FIRST_SEED, _("First seed"), 0, SEEDS - 1, 0)
    stored = kept_run.read_comparison(settings.PAGE, link)
    if stored is not None:  # it brings its own settings
        configs, length = stored.configs, stored.length
        seeds, first = stored.seeds, stored.first_seed
    st.session_state[settings.SEED_COUNT] = seeds
    st.session_state[settings.LENGTH] = length
    st.session_state[settings.FIRST_SEED] = first
    settings.compare(configs)
    speed.read_link(settings.PAGE, link)
    for heatmap in heatmaps_of(configs).values():
        heatmap.read_link(link)


def _side(link: Link, letter: str) -> AgentConfig:
    """Read the settings of agent A or agent B from the link.

    For example, `a=actor_critic` chooses agent A's algorithm; `a.gamma=0.9` changes a setting.
    """
    kinds = {name: name for name in settings.KINDS}
    preset = settings.KINDS[link.choice(letter, _("Agent"), kinds, "actor_critic")]
    prefix = f"{letter}."
    for name in settings.FIXED:
        if link.text(prefix + name) is not None:
            link.problems.append(_not_on_one_side(name))
    config, problems = link.settings(preset, prefix, OFFERED)
    link.problems += (f"{letter.upper()}: {problem}" for problem in problems)
    return config


def _not_on_one_side(name: str) -> str:
    return _(
        "{label} is the same for all agents of a comparison; the link's value is ignored."
    ).format(label=_(settings_of(ReinforceConfig)[name].label))


def write(page: ComparePage) -> None:
    """Write the comparison, its speed and the view of its heatmaps to the address."""
    configs = settings.compared()
    pair = pair_of(configs)
    wanted = {} if pair == settings.USUAL_PAIR else {"pair": pair}
    if settings.seeds() > 1:
        wanted["seeds"] = str(settings.seeds())
    if settings.length() != settings.USUAL_LENGTH:
        wanted["steps"] = str(settings.length())
    if settings.first_seed():
        wanted[FIRST_SEED] = str(settings.first_seed())
    if pair == FREE:
        wanted |= sides(configs)
    wanted |= speed.link_parameters(settings.PAGE)
    for heatmap in heatmaps_of(configs).values():
        wanted |= heatmap.parameters()
    wanted |= kept_run.address_parameter(page.kept)
    address_bar.write(wanted)


def sides(configs: Sequence[AgentConfig]) -> dict[str, str]:
    """Return the parameters that choose two agents, without the settings that both sides share."""
    wanted = {}
    for letter, config in zip("ab", configs, strict=True):
        kind = settings.kind_of(config)
        wanted[letter] = kind
        differing = differences(config, settings.KINDS[kind])
        wanted |= {
            f"{letter}.{name}": text
            for name, text in differing.items()
            if name not in settings.FIXED
        }
    return wanted
