"""The settings of REINFORCE, such as the batch, the baseline and the form of the return."""

from __future__ import annotations

from dataclasses import dataclass

from pglab.config.all_agents import RunConfig
from pglab.config.setting import DECADES, powers_of_two, setting
from pglab.language import N_


@dataclass(frozen=True, kw_only=True)
class ReinforceConfig(RunConfig):
    """The settings of REINFORCE. The defaults come from the seminar's first agent.

    Source: Williams (1992); Sutton & Barto (2018), chapter 13.
    """

    episodes_per_update: int = setting(
        1,
        label=N_("Episodes per update"),
        short=N_("episodes/update"),
        help=N_("More episodes make the gradients steadier, but the updates rarer."),
        minimum=1,
        maximum=32,
        changes_while_running=True,
        level="batch",
    )
    min_batch_steps: int = setting(
        64,
        label=N_("Minimum batch"),
        short=N_("min. batch"),
        help=N_("An update waits until the batch has at least this many steps."),
        minimum=1,
        maximum=2_048,
        scale="log",
        stops=powers_of_two(2_048),
        changes_while_running=True,
        level="batch",
    )
    baseline: str = setting(
        "none",
        label=N_("Baseline"),
        short=N_("baseline"),
        help=N_("The baseline is subtracted from the returns and makes the gradient less noisy."),
        choices={
            "none": N_("none"),
            "mean": N_("mean return of the batch"),
            "value": N_("learned V(s)"),
        },
    )
    value_learning_rate: float = setting(
        1e-3,
        label=N_("Learning rate of the baseline V"),
        short=N_("α of V"),
        help=N_("With a larger rate, V(s) learns faster."),
        minimum=1e-5,
        maximum=1.0,
        scale="log",
        stops=DECADES,
        changes_while_running=True,
        applies_when=("baseline", "value"),
    )
    return_form: str = setting(
        "reward_to_go",
        label=N_("Return form"),
        short=N_("return form"),
        help=N_(
            "Whole episode: an action also gets credit for rewards before it, which adds noise."
        ),
        choices={
            "reward_to_go": N_("reward-to-go"),
            "whole_episode": N_("whole episode"),
        },
        changes_while_running=True,
    )
    normalize_returns: bool = setting(
        False,
        label=N_("Normalise the weights"),
        short=N_("normalise"),
        help=N_(
            "On: the weights of a batch are scaled to mean 0 and standard deviation 1. If all "
            "weights are equal, they become 0."
        ),
        changes_while_running=True,
    )
