"""Says in words how an agent learns and how a run ended, and finds the agent's defaults."""

from __future__ import annotations

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.config.choice_names import choice_name
from pglab.config.fixed import EPSILON
from pglab.language import N_, _
from pglab.session.side_by_side.contrasts import PRESETS, algorithm_name

_CELLS = {
    ("shared", "on_policy"): N_("actor-critic, shared body, on-policy critic"),
    ("shared", "replay"): N_("actor-critic, shared body, critic with replay buffer"),
    ("split", "on_policy"): N_("actor-critic, split bodies, on-policy critic"),
    ("split", "replay"): N_("actor-critic, split bodies, critic with replay buffer"),
}


def agent_name(config: AgentConfig) -> str:
    """Return the name of an agent. Each of the four actor-critics has its own name."""
    if isinstance(config, ReinforceConfig):
        return algorithm_name(config)
    return _(_CELLS[config.body, config.critic_data])


def outcome_name(outcome: str | None) -> str:
    """Say in a few words how a run ended; the outcome None means that it has not ended."""
    return {
        "solved": _("solved"),
        "total_steps": _("all steps used"),
        "diverged": _("diverged"),
        None: _("not ended"),
    }[outcome]


def defaults_of(config: AgentConfig) -> AgentConfig:
    """Return the settings that an agent has when its page opens.

    If an agent has no page of its own, return its settings when the page *Compare* opens.
    """
    presets = (*(preset for _name, preset in PRESETS), *ActorCriticConfig.cells())
    return next(preset for preset in presets if agent_name(preset) == agent_name(config))


def agent_sentences(config: AgentConfig) -> str:
    """Say in a few sentences how the agent learns."""
    if isinstance(config, ReinforceConfig):
        return _reinforce(config)
    return _actor_critic(config)


def _reinforce(config: ReinforceConfig) -> str:
    returns = {
        "reward_to_go": _("the return from this action to the end of the episode"),
        "whole_episode": _("the return of the whole episode"),
    }[config.return_form]
    weight = {
        "none": _("The weight is {returns}."),
        "mean": _("The weight is {returns}, minus the mean of the batch."),
        "value": _("The weight is {returns}, minus a baseline V(s) that is learned."),
    }[config.baseline]
    return " ".join(
        [
            _("The agent is REINFORCE."),
            _("It learns from whole episodes, and weights the log-probability of each action."),
            weight.format(returns=returns),
            *([_("The weights of a batch are normalised.")] if config.normalize_returns else []),
        ]
    )


def _actor_critic(config: ActorCriticConfig) -> str:
    body = {
        "shared": _("The actor and the critic share one body."),
        "split": _("The actor and the critic have separate bodies."),
    }[config.body]
    data = {
        "on_policy": _("The critic learns from the steps just taken."),
        "replay": _("The critic learns from a replay buffer."),
    }[config.critic_data]
    signal = _("The weight of each action's log-probability is {signal}.")
    learns = {
        "both": [],
        "actor_only": [_("At the end, only the actor learned.")],
        "critic_only": [_("At the end, only the critic learned.")],
    }[config.trained]
    greedy = _(
        "At the end, the critic chose the actions: the action with the greatest Q, and with "
        "probability {epsilon:.0%} a random action. The actor did not learn."
    )
    return " ".join(
        [
            _("The agent is an actor-critic."),
            body,
            data,
            signal.format(signal=choice_name(config.policy_signal)),
            *([greedy.format(epsilon=EPSILON)] if config.critic_only else learns),
        ]
    )
