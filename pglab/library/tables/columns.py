"""Describes each column of the tables, for the data dictionary and the Parquet files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pglab.config import RunConfig
from pglab.environments import ENVIRONMENTS
from pglab.language import N_, _

Type = Literal["int64", "float64", "float32", "bool"]

STEPS_UNIT = N_("environment steps")
REWARD_UNIT = N_("reward")


@dataclass(frozen=True)
class Column:
    """A column of a table. The meaning and the unit are translated when a file is written."""

    name: str
    type: Type
    meaning: str
    unit: str = ""


EPISODES = (
    Column("episode", "int64", N_("Number of the episode, counted from 1.")),
    Column("global_step", "int64", N_("Steps of the run when the episode ended."), STEPS_UNIT),
    Column("episode_return", "float64", N_("Undiscounted sum of the rewards."), REWARD_UNIT),
    Column("length", "int64", N_("Number of steps of the episode."), STEPS_UNIT),
    Column(
        "reading",
        "float64",
        N_(
            "The seminar's measure of progress after this episode: a mean of recent returns. It is "
            "empty if the episode does not count for this measure."
        ),
        REWARD_UNIT,
    ),
)

UPDATES = (
    Column("update", "int64", N_("Number of the update, counted from 1.")),
    Column("global_step", "int64", N_("Steps of the run when the update happened."), STEPS_UNIT),
    Column(
        "actor_loss",
        "float64",
        N_(
            "Loss of the actor before its gradient step, without the entropy bonus. It is empty if "
            "the actor does not learn."
        ),
    ),
    Column(
        "critic_loss",
        "float64",
        N_(
            "Loss of the critic Q, with the pull on Q, or of the learned baseline V, before its "
            "gradient step. It is empty if neither of them learns."
        ),
    ),
    Column(
        "entropy",
        "float64",
        N_("Mean entropy of the policy on the actor's batch, before the actor's gradient step."),
        N_("nats"),
    ),
    Column(
        "actor_gradient_norm",
        "float64",
        N_("Euclidean norm of the actor's gradient, with the entropy bonus, before clipping."),
    ),
    Column(
        "critic_gradient_norm",
        "float64",
        N_("Euclidean norm of the gradient of the critic or of the baseline V, before clipping."),
    ),
    Column(
        "cosine",
        "float64",
        N_(
            "Cosine of the angle between the two gradients on the shared layers. It is empty if no "
            "layer is shared, or if one of the gradients is zero."
        ),
    ),
    Column(
        "shared_actor_norm",
        "float64",
        N_("Euclidean norm of the actor's gradient on the shared layers."),
    ),
    Column(
        "shared_critic_norm",
        "float64",
        N_("Euclidean norm of the critic's gradient on the shared layers."),
    ),
    Column(
        "td_error",
        "float64",
        N_("Mean of |y − Q(s,a)| over the critic's last batch, before its gradient step."),
        REWARD_UNIT,
    ),
)

_STEPS_BEFORE = (
    Column("global_step", "int64", N_("Number of the step in the run, from 1."), STEPS_UNIT),
    Column("episode", "int64", N_("Number of the episode, counted from 1.")),
)
_STEPS_AFTER = (
    Column("action", "int64", N_("The action that the agent took, counted from 0.")),
    Column("log_prob", "float64", N_("log π(a|s) of this action."), N_("nats")),
    Column("reward", "float64", N_("The reward of this step."), REWARD_UNIT),
    Column("terminated", "bool", N_("True if the environment ended the episode at this step.")),
    Column("truncated", "bool", N_("True if the time limit ended the episode at this step.")),
)


def step_columns(config: RunConfig) -> tuple[Column, ...]:
    """Return the columns of the table of steps, with a column for each observation coordinate."""
    info = ENVIRONMENTS[config.env_id]
    before = N_("The agent saw this before the action: {name}.")
    after = N_("The environment returned this after the action, in the same episode: {name}.")
    probability = N_("π(a|s), the probability of the action “{name}”.")
    axes = list(enumerate(info.axes))
    return (
        *_STEPS_BEFORE,
        *(
            Column(f"observation_{i}", "float32", _(before).format(name=_(axis.name)), axis.unit)
            for i, axis in axes
        ),
        *(
            Column(f"probability_{i}", "float32", _(probability).format(name=_(name)))
            for i, name in enumerate(info.actions)
        ),
        *_STEPS_AFTER,
        *(
            Column(
                f"next_observation_{i}", "float32", _(after).format(name=_(axis.name)), axis.unit
            )
            for i, axis in axes
        ),
    )
