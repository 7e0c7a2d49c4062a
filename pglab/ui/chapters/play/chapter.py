"""The chapter *Play it yourself*: a game of CartPole beside the agent's results."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from pglab.algorithms.run import TrainingDiverged
from pglab.language import _
from pglab.looks.by_hand.own_episode import ENV_ID, EpisodeRefused, OwnEpisode, checked_episode
from pglab.looks.by_hand.own_update import OwnUpdate, own_update
from pglab.looks.by_hand.policy_data import policy_data
from pglab.looks.by_hand.same_world import same_world_returns, usual_returns
from pglab.looks.probes import probability_map
from pglab.records import Floats
from pglab.session.training_session import TrainingSession
from pglab.ui.chapters.play.component import game
from pglab.ui.chapters.play.learned import learned
from pglab.ui.controls.for_class.class_run import note_by_hand
from pglab.ui.controls.lab import Lab
from pglab.ui.controls.shown_panels import view_of

AGENT_EPISODES = 10
METRIC_WIDTH = 165  # pixels; two numbers fit beside each other on a phone
_BEST = "play.best"  # the session state's key of the best return by hand; all pages share it


@dataclass(frozen=True)
class Played:
    """An episode of the game, and the agent's results after `global_step` training steps."""

    session: TrainingSession
    global_step: int
    episode: OwnEpisode
    same_world: Floats  # returns of the agent from the same start in the same world
    usual: Floats  # returns of the agent from random starts in the usual world
    update: OwnUpdate | str  # a text if the update is not possible


def best_by_hand() -> float | None:
    """Return the visitor's best return from random starts in the usual world, or None."""
    best: float | None = st.session_state.get(_BEST)
    return best


def play_it_yourself(lab: Lab) -> None:
    """Draw the game, the last episode's returns, and what an agent would learn from the episode."""
    session = lab.bench.session
    config = session.config
    if config.env_id != ENV_ID:
        st.info(
            _(
                "Only CartPole can be played by hand. Choose CartPole-v1 under *Environment* in "
                "the sidebar."
            )
        )
        return
    policy = policy_data(session.networks["policy"], config)
    if not policy.finite:
        st.info(_("The networks contain numbers that are not finite. Reset the run to play."))
        return
    st.markdown(
        _(
            "Hold ← or → to push the cart. CartPole takes 50 steps a second and has no action "
            "without a push: while you hold no key, the pushes alternate between left and right. "
            "The game never changes the run."
        )
    )
    view = view_of(lab)
    probabilities = probability_map(session.networks["policy"], view.plane, view.action)
    sent = game(f"{lab.key}.play", policy, probabilities, view.plane, view.action, config.seed)
    if sent is not None:
        _receive(lab, sent)
    played: Played | None = st.session_state.get(_key(lab))
    if played is not None and played.session is session:
        _show(lab, played)


def _key(lab: Lab) -> str:
    return f"{lab.key}.played"


def _receive(lab: Lab, sent: object) -> None:
    """Check an episode from the browser, let the agent play too, and store the results."""
    try:
        episode = checked_episode(sent)
    except EpisodeRefused as refused:
        st.session_state.pop(_key(lab), None)
        st.warning(str(refused))
        return
    session = lab.bench.session
    policy, seed = session.networks["policy"], session.config.seed
    update: OwnUpdate | str
    try:
        update = own_update(session, episode)
    except TrainingDiverged as diverged:
        update = str(diverged)
    st.session_state[_key(lab)] = Played(
        session,
        session.global_step,
        episode,
        same_world_returns(policy, episode, AGENT_EPISODES, seed),
        usual_returns(policy, AGENT_EPISODES, seed),
        update,
    )
    if episode.player == "you" and episode.usual:
        st.session_state[_BEST] = max(episode.total, best_by_hand() or 0.0)
        note_by_hand(episode.total)


def _show(lab: Lab, played: Played) -> None:
    episode = played.episode
    yours = episode.player == "you"
    with st.container(horizontal=True):
        _metric(
            _("your return") if yours else _("agent: this game"),
            episode.total,
            _("The number of steps of the last episode: each step has reward 1."),
        )
        _agent_metric(
            _("agent: same world"),
            played.same_world,
            _("The same start, and at each step the same world and the same knocks."),
        )
        _agent_metric(_("agent: usual world"), played.usual, _("Random starts in the usual world."))
        best = best_by_hand()
        _metric(
            _("your best return"),
            best,
            _(
                "The best of this visit. Only episodes with a random start, in the usual world and "
                "without knocks, count."
            ),
        )
    st.caption(
        _("The agent's numbers are means of {n} episodes of its policy at step {step:,}.").format(
            n=AGENT_EPISODES, step=played.global_step
        )
    )
    if isinstance(played.update, str):
        st.warning(played.update)
    else:
        learned(lab, episode, played.update)


def _metric(label: str, value: float | None, explanation: str) -> None:
    text = "–" if value is None else f"{value:.0f}"
    st.metric(label, text, help=explanation, width=METRIC_WIDTH)


def _agent_metric(label: str, returns: Floats, explanation: str) -> None:
    found = _("Returns from {low:.0f} to {high:.0f}.").format(low=min(returns), high=max(returns))
    st.metric(label, f"{np.mean(returns):.1f}", help=f"{explanation} {found}", width=METRIC_WIDTH)
