"""The values of settings with choices, in words."""

from __future__ import annotations

from pglab.language import _


def choice_name(choice: str) -> str:
    """A value of a setting with choices, in words."""
    names = {
        "relu": _("ReLU"),
        "tanh": _("Tanh"),
        "none": _("none"),
        "mean": _("mean return of the batch"),
        "value": _("learned V(s)"),
        "reward_to_go": _("reward-to-go"),
        "whole_episode": _("whole episode"),
        "shared": _("shared"),
        "split": _("split"),
        "on_policy": _("the steps just taken"),
        "replay": _("a replay buffer"),
        "q": _("Q(s, a)"),
        "advantage_max": _("Q(s, a) − max Q"),
        "advantage_mean": _("Q(s, a) − mean Q"),
        "both": _("both"),
        "actor_only": _("the actor only"),
        "critic_only": _("the critic only"),
        "actor": _("the actor's loss"),
        "critic": _("the critic's loss"),
    }
    return names.get(choice, choice)
