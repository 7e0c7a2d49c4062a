"""The parts that the pages of both actor-critic agents have in common."""

from __future__ import annotations

import streamlit as st

from pglab.algorithms import actor_critic, run
from pglab.algorithms.gradients import gradient
from pglab.config import ActorCriticConfig
from pglab.experiments.results import load
from pglab.language import _, content
from pglab.losses import entropy, of_actions, policy_gradient_loss, td_loss
from pglab.networks import (
    ActionNetwork,
    ActorCriticNetwork,
    EpsilonGreedyPolicy,
    PolicyNetwork,
    symexp,
)
from pglab.replay_buffer import ReplayBuffer
from pglab.returns import policy_signal, td_targets
from pglab.session.stored import usual_curves
from pglab.ui.chapters.code import Part, formulas_and_code
from pglab.ui.controls.shown_panels import Extra, loss_below_returns
from pglab.ui.pages.agent_page import AgentPage, agent_page
from pglab.ui.pages.sharing_evidence import sharing_evidence
from pglab.ui.stage.panels import critic, updates
from pglab.ui.stage.panels.scenery import PanelMaker
from pglab.ui.stage.panels.usual import OF_ACTOR_CRITIC

TABLE_STEPS = 60_000


def actor_critic_page(
    key: str, title: str, preset: ActorCriticConfig, opened: tuple[str, ...]
) -> None:
    """Draw the page of an actor-critic. Initially, the further panels in `opened` are open."""

    def idea() -> None:
        curves = usual_curves.load(key)
        table = usual_curves.table_text(curves, len(curves.sums), TABLE_STEPS)
        basics, quirks = _with_td_errors(content("actor_critic")).split("{own_part}")
        if preset.body == "split":
            st.markdown(content(key))
            sharing_evidence()
            with st.expander(_("Basics and quirks: the same text as on the page Shared body")):
                st.markdown(basics + quirks)
        else:
            st.markdown(basics + content(key))
            sharing_evidence()
            st.markdown(quirks)
        usual = content("actor_critic_usual")
        st.markdown(usual.replace("{agent}", key).replace("{learning_curve_table}", table))

    agent_page(
        AgentPage(
            key=key,
            title=title,
            preset=preset,
            fixed=("body",),
            panels=OF_ACTOR_CRITIC,
            extras=extras(preset, opened),
            idea=idea,
            code=_code,
        )
    )


def _with_td_errors(text: str) -> str:
    """Replace the placeholders in the text with TD errors and mean returns of stored runs."""
    for name in ("large_learning_rate", "usual"):
        arm = load("split_replay")[name]
        error, returns = (arm.spread(f"late_{what}").median for what in ("td_error", "return"))
        found = _("{error:.2f} (mean return: {returns:.0f})")
        text = text.replace("{" + name + "}", found.format(error=error, returns=returns))
    return text


def extras(preset: ActorCriticConfig, opened: tuple[str, ...]) -> list[Extra]:
    """Return the further panels of a page. Initially, the panels in `opened` are open."""
    shared: list[tuple[str, str, PanelMaker]] = [
        ("conflict", _("Interference"), critic.conflict),
        ("shared_norms", _("Norms on the shared body"), critic.shared_norms),
    ]
    always: list[tuple[str, str, PanelMaker]] = [
        ("drawing", _("Losses and layers"), critic.drawing),
        ("weights", _("Weights of the last steps"), updates.weights),
        ("td_fit", _("Target against estimate"), critic.td_fit),
        ("td_error", _("TD error"), critic.td_error),
        ("buffer", _("Replay buffer"), critic.buffer),
        ("gradient_norms", _("Gradient norms"), critic.gradient_norms),
        ("entropy", _("Entropy of the policy"), updates.entropy),
    ]
    offered = [*shared, *always] if preset.body == "shared" else always
    further = [Extra(name, title, panel, name in opened) for name, title, panel in offered]
    return [loss_below_returns(_("Actor's loss")), *further]


def _code() -> None:
    """Draw the formulas beside the functions that compute them, in the order of the program."""
    formulas_and_code(
        Part(
            r"a_t\sim\pi_\theta(\cdot\mid s_t)",
            _("The training loop: act, store, update."),
            [actor_critic.actor_critic, run.take_step, run.sample_action],
        ),
        Part(
            r"\begin{gathered}\pi_\theta(a\mid s)=\operatorname{softmax}_a\,z_\theta(s)\\"
            r"Q_\phi(s,a)\end{gathered}",
            _(
                "The actor's outputs are logits z. The log-softmax of the logits is log π. The "
                "critic's outputs are the values Q."
            ),
            [
                ActorCriticNetwork.forward,
                PolicyNetwork.of_features,
                ActionNetwork.forward,
                ActionNetwork.of_features,
                symexp,
                EpsilonGreedyPolicy.of_values,
            ],
        ),
        Part(
            r"w_t=Q(s_t,a_t)-\max_b Q(s_t,b)",
            _(
                "The weight wₜ is computed when the agent acts. The setting “Policy signal” offers "
                "two other formulas for wₜ."
            ),
            [policy_signal],
        ),
        Part(
            r"\theta,\phi\leftarrow\text{Adam}",
            _("In one update, actor and critic learn, and Adam changes their parameters."),
            [
                actor_critic.update,
                actor_critic.learn_from_replay,
                ReplayBuffer.sample,
                actor_critic.adam_step,
            ],
        ),
        Part(
            r"L_{\text{actor}}=-\frac1T\sum_t w_t\,\log\pi_\theta(a_t\mid s_t)",
            _("The weight wₜ is treated as a constant, so no gradient flows into the critic."),
            [actor_critic.actor_gradient, policy_gradient_loss, of_actions, entropy, gradient],
        ),
        Part(
            r"\begin{aligned}y=&\,r+\gamma\,(1-d)\max_b Q_\phi(s',b)\\"
            r"L_{\text{critic}}=&\frac1B\sum_i\big(y_i-Q_\phi(s_i,a_i)\big)^2\\"
            r"&+\frac{c}{B}\sum_i Q_\phi(s_i,a_i)\end{aligned}",
            _(
                "The target y is treated as a constant. d is 1 if the episode terminated; "
                "otherwise, d is 0. If c > 0, the second term of the critic's loss lowers the "
                "estimates Q."
            ),
            [actor_critic.critic_gradient, td_targets, td_loss],
        ),
    )
