"""Plays fresh episodes of the current policy and compares Q with the returns of the episodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from pglab.language import _
from pglab.looks.fresh_episodes.evaluation import (
    Calibration,
    PlayedEpisode,
    calibration,
    critic_truth,
    play,
)
from pglab.plots.critic import truth_figure
from pglab.records import Floats
from pglab.session.training_session import TrainingSession
from pglab.ui.controls.lab import Lab

EPISODES = 10
TRUTH_HEIGHT = 420  # pixels
SLIGHT = 1.0  # a smaller error of Q is shown as “off by less than 1”


@dataclass(frozen=True)
class Verdict:
    """The fresh episodes of a policy that has been trained for `global_step` steps.

    The actions in `sampled` were drawn at random. The actions in `greedy` were the likeliest ones.
    """

    session: TrainingSession
    global_step: int
    sampled: list[PlayedEpisode]
    greedy: list[PlayedEpisode]
    truth: tuple[Floats, Floats] | None  # of `sampled`: Q estimates and returns


def evaluation(lab: Lab) -> None:
    """Draw a button that plays fresh episodes, and the result of the last click."""
    st.markdown(
        _(
            "The policy plays ten fresh episodes with sampled actions, as in training. From the "
            "same initial states, it plays ten episodes with the likeliest action at each step. "
            "All these episodes use separate random numbers, so they do not change the training."
        )
    )
    key = f"{lab.key}.verdict"
    if st.button(_("Play fresh episodes"), icon=":material/fact_check:", key="evaluate"):
        with lab.bench.lock:
            st.session_state[key] = _verdict(lab)
    verdict: Verdict | None = st.session_state.get(key)
    if verdict is not None and verdict.session is lab.bench.session:
        _show(verdict)


def _verdict(lab: Lab) -> Verdict:
    session = lab.bench.session
    config, policy = session.config, session.networks["policy"]
    played = {
        greedy: play(policy, config.env_id, EPISODES, config.seed, greedy=greedy)
        for greedy in (False, True)
    }
    critic = session.networks.get("critic")
    truth = None if critic is None else critic_truth(critic, played[False], config.gamma)
    return Verdict(session, session.global_step, played[False], played[True], truth)


def _show(verdict: Verdict) -> None:
    st.caption(
        _("Policy in {env_id} after {steps:,} training steps.").format(
            env_id=verdict.session.config.env_id, steps=verdict.global_step
        )
    )
    with st.container(horizontal=True):
        for label, episodes in (
            (_("sampled: mean return"), verdict.sampled),
            (_("greedy: mean return"), verdict.greedy),
        ):
            totals = [episode.total for episode in episodes]
            st.metric(
                label,
                f"{np.mean(totals):.1f}",
                help=_("Returns of {n} episodes: from {low:g} to {high:g}").format(
                    n=len(totals), low=min(totals), high=max(totals)
                ),
                width=220,
            )
    if verdict.truth is not None:
        _show_truth(*verdict.truth)


def _show_truth(estimates: Floats, returns: Floats) -> None:
    """Compare the critic's estimates with the returns of the sampled episodes."""
    if not len(estimates):
        st.info(
            _(
                "The time limit cut off every episode so early that no return is known. If γ were "
                "smaller, the rewards after the time limit would hardly count."
            )
        )
        return
    st.markdown(truth_in_words(calibration(estimates, returns), len(estimates)))
    st.plotly_chart(
        truth_figure(estimates, returns), key="truth", height=TRUTH_HEIGHT, width=TRUTH_HEIGHT + 60
    )
    st.caption(
        _(
            "If the time limit cut off an episode, the rewards after the cut are missing. The plot "
            "leaves out the last steps before the cut, because more than a tenth of their return "
            "may be missing (if all rewards are equal). In CartPole, the missing rewards make G "
            "too low, so Q seems too high."
        )
    )


def truth_in_words(found: Calibration, steps: int) -> str:
    """Describe the critic's errors in words: over all steps, and for small and large Q."""
    return _(
        "**Does the critic tell the truth?** Each point is one of {n:,} steps of the ten sampled "
        "episodes. It shows the critic's Q(s,a) and the discounted return G from this step on. On "
        "average, Q is {bias}; a typical error is {spread:.0f} (root mean square). For the third "
        "of the steps with the smallest Q, Q is on average {low}. For the third with the largest "
        "Q, Q is on average {high}. A single return is partly luck, so the points scatter around "
        "the line even if Q is right on average. The TD target uses the value of the best action, "
        "but the policy also takes other actions. Such a target makes Q too high. The setting "
        "*Pull on Q* makes Q lower."
    ).format(
        n=steps,
        bias=_off(found.bias),
        spread=found.spread,
        low=_off(found.low),
        high=_off(found.high),
    )


def _off(error: float) -> str:
    """Describe an error of Q in words, such as "5 too high"."""
    if abs(error) < SLIGHT:
        return _("off by less than 1")
    text = _("{n:.0f} too high") if error > 0 else _("{n:.0f} too low")
    return text.format(n=abs(error))
