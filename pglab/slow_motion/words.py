"""The texts of Slow motion about the phases, and about the causes of a change of the policy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pglab.language import N_, _, ngettext
from pglab.looks.attribution import CAUSES, Cause, Explanation
from pglab.slow_motion.watched_lines import Moment

SMALL_SHARE = 0.1  # a cause with a smaller share of the change is not named
ALL = 0.995  # a cause with at least this share of the change counts as the only cause
FEWEST_DECIMALS, MOST_DECIMALS = 2, 6


@dataclass(frozen=True)
class Words:
    """The title of a phase, and a short text about the phase."""

    title: str
    sentence: str


PHASES = {
    "observe": Words(
        N_("observe"),
        N_("The network receives an observation of the environment as its input."),
    ),
    "probabilities": Words(
        N_("probabilities"),
        N_("The policy computes a probability for each action from the observation."),
    ),
    "sample": Words(
        N_("sample"),
        N_(
            "One action is drawn at random with the policy's probabilities. So the drawn action "
            "may be an unlikely action."
        ),
    ),
    "environment": Words(
        N_("answer"),
        N_(
            "The environment carries out the action, and returns a reward and the next observation."
        ),
    ),
    "judge": Words(
        N_("judge"),
        N_("The critic computes the weight w of the action. The update treats w as a constant."),
    ),
    "store": Words(
        N_("store"), N_("The step is stored until there are enough steps for an update.")
    ),
    "remember": Words(
        N_("remember"),
        N_("The replay buffer stores the step too, for later updates of the critic."),
    ),
    "episode": Words(
        N_("episode ends"),
        N_("The episode is over: later rewards do not count for the steps of this episode."),
    ),
    "draw": Words(
        N_("draw"),
        N_(
            "The critic learns from a batch of steps. The batch is drawn at random from the "
            "replay buffer."
        ),
    ),
    "targets": Words(
        N_("TD targets"),
        N_(
            "The target of a step is its reward plus γ times the next state's largest Q. After "
            "termination, the target is only the reward. The loss treats the target as a constant."
        ),
    ),
    "critic_loss": Words(
        N_("critic's loss"), N_("The loss is the mean squared TD error, plus c times the mean Q.")
    ),
    "critic_gradient": Words(
        N_("critic's gradient"),
        N_(
            "The gradient is the slope of the loss for each parameter. The optimiser tries to "
            "lower the loss."
        ),
    ),
    "returns": Words(
        N_("returns"),
        N_(
            "The return of a step is its reward plus γ times the return of the next step. So the "
            "returns are computed from the last step backwards."
        ),
    ),
    "weights": Words(
        N_("weights"),
        N_(
            "A step pushes the probability of its action up if w > 0, and down if w < 0. All steps "
            "move the same parameters, so an action with w > 0 may still become less likely."
        ),
    ),
    "loss": Words(
        N_("loss"),
        N_(
            "The negative gradient of this loss estimates the policy gradient. The loss itself "
            "says little about how good the policy is."
        ),
    ),
    "gradient": Words(
        N_("gradient"),
        N_(
            "The gradient is the slope of the loss for each parameter. A step downhill makes "
            "actions with w > 0 likelier, and actions with w < 0 less likely."
        ),
    ),
    "value_loss": Words(
        N_("baseline's loss"),
        N_("The loss is the mean squared difference between V and the returns."),
    ),
    "value_gradient": Words(
        N_("baseline's gradient"),
        N_("The gradient is the slope of V's loss for each parameter of V."),
    ),
    "step": Words(
        N_("Adam step"),
        N_(
            "Adam moves every parameter that has a gradient. The formula shows the parameter with "
            "the largest gradient. m̂ is the running mean of its gradients, and v̂ is the running "
            "mean of their squares. ε only prevents a division by 0."
        ),
    ),
    "changed": Words(
        N_("new policy"),
        N_("The heatmaps show the policy before the update, the policy after it, and the change."),
    ),
}

# The phases of acting. All other phases belong to an update.
ACTING = {
    "observe",
    "probabilities",
    "sample",
    "environment",
    "judge",
    "store",
    "remember",
    "episode",
}
LEARNING = set(PHASES) - ACTING


# Texts for recorded phases in which the usual text from `PHASES` would be wrong.
_WHOLE_EPISODE = N_("Each step's G is the discounted return of its whole episode.")
_NO_ACTOR_GRADIENT = N_("Every w is 0, so the gradient is 0: the actor's loss changes nothing.")
_NO_GRADIENT = N_("The gradient is 0, so the loss moves no parameter.")
_MOMENTUM_ALONE = N_(
    "The gradient is 0, but its running mean m̂ still contains earlier gradients. So Adam still "
    "moves the parameters. v̂ is the running mean of the squared gradients. ε only prevents a "
    "division by 0."
)
_NO_STEP = N_("The gradient is 0, and its running mean m̂ is 0 too: no parameter moves.")
_GREEDY = N_(
    "Only the critic learns. The policy takes a random action with probability ε, and otherwise "
    "the action with the largest Q."
)


def sentence(moment: Moment) -> str:
    """Choose a text about a recorded phase. The text is true for the recorded numbers."""
    return _(_sentence(moment))


def _sentence(moment: Moment) -> str:
    values = moment.values
    match moment.phase:
        case "gradient" if values["norm"] == 0 and not values["weighted"]:
            return _NO_ACTOR_GRADIENT
        case "gradient" | "critic_gradient" | "value_gradient" if values["norm"] == 0:
            return _NO_GRADIENT
        case "step" if values["norm"] == 0:
            return _MOMENTUM_ALONE if values["mean"] else _NO_STEP
        case "probabilities" if values["greedy"]:
            return _GREEDY
        case "returns" if values["form"] == "whole_episode":
            return _WHOLE_EPISODE
    return PHASES[moment.phase].sentence


# --- What moved the policy


@dataclass(frozen=True)
class CauseWords:
    """The texts about one cause that changed the policy.

    `label` names the cause. `clause` says what the cause did. `meaning` explains the cause.
    """

    label: str
    clause: str
    meaning: str


CAUSE_WORDS: Mapping[Cause, CauseWords] = {
    "own": CauseWords(
        N_("own gradient"),
        N_("each step's own gradient pushed the probability of its action"),
        N_("The gradient w·∇log π of the step itself."),
    ),
    "others": CauseWords(
        N_("other steps"),
        N_("the gradients of the other steps in the batch moved the same parameters"),
        N_("The gradients w·∇log π of the other steps in the batch."),
    ),
    "entropy": CauseWords(
        N_("entropy bonus"),
        N_("the entropy bonus pushed the actions toward equal probabilities"),
        N_("The gradient of the entropy bonus, which makes the policy less certain."),
    ),
    "critic": CauseWords(
        N_("critic's gradient"),
        N_("the critic's gradient moved the shared body"),
        N_("The gradients of the critic's loss in this update move the body that the actor uses."),
    ),
    "momentum": CauseWords(
        N_("Adam's momentum"),
        N_("Adam's momentum still followed the gradients of earlier updates"),
        N_("Gradients of earlier updates, which are still part of Adam's running mean m."),
    ),
    "clipping": CauseWords(
        N_("clipping"),
        N_("clipping shortened gradients that opposed the change"),
        N_("The part of this update's gradients that clipping removed."),
    ),
}


def what_moved(found: Explanation) -> str:
    """One to four sentences about the causes that moved π most in an update."""
    if found.greedy:
        return ngettext(
            "Only the critic learns. π changes only if another action gets the largest Q. "
            "π changed in {n} of {all} step.",
            "Only the critic learns. π changes only if another action gets the largest Q. "
            "π changed in {n} of {all} steps.",
            len(found.change),
        ).format(n=int(np.count_nonzero(found.change)), all=len(found.change))
    opening = ""
    if found.actor_norm is None:
        opening = _("The actor does not learn.") + " "
    elif found.actor_norm == 0:
        opening = _("The actor's gradient is 0.") + " "
    shares = found.shares
    if not shares:
        return opening + _("π did not change.")
    main = max(shares, key=lambda cause: shares[cause])
    others = sorted(set(shares) - {main}, key=lambda cause: -abs(shares[cause]))
    named = [cause for cause in others if abs(shares[cause]) >= SMALL_SHARE]
    clause = _(CAUSE_WORDS[main].clause)
    if not named and shares[main] >= ALL:
        return opening + _("π moved because {clause}.").format(clause=clause)
    parts = [
        opening
        + _("π moved mostly because {clause} ({share:.0%} of the change).").format(
            clause=clause, share=shares[main]
        )
    ]
    for heading, sign in ((_("Also: {causes}."), 1), (_("Against the change: {causes}."), -1)):
        listed = [
            f"{_(CAUSE_WORDS[cause].label)} ({shares[cause]:.0%})".replace("-", "−")
            for cause in named
            if shares[cause] * sign > 0
        ]
        if listed:
            parts.append(heading.format(causes=", ".join(listed)))
    return " ".join(parts)


@dataclass(frozen=True)
class Row:
    """A row of the table that shows how much each cause changed π.

    `size` is the change of π. `text` is the rounded `size` as text.
    """

    label: str
    meaning: str
    size: float
    text: str


def rows_of(effects: Mapping[Cause, float], remainder: float) -> tuple[list[Row], str]:
    """The rows of the table of causes, and the sum of their rounded numbers.

    `effects` maps each cause to its change of π. `remainder` is the error of the computation. If
    `remainder` rounds to 0, the table has no row for `remainder`.
    """
    sizes = [effects.get(cause, 0.0) for cause in CAUSES if cause in effects] + [remainder]
    decimals = _decimals(max(map(abs, sizes)))
    units = _rounded([size * 10**decimals for size in sizes])
    names = [
        (_(CAUSE_WORDS[cause].label), _(CAUSE_WORDS[cause].meaning))
        for cause in CAUSES
        if cause in effects
    ]
    names.append((_("rounding"), _("The error of numerical integration and single precision.")))
    rows = [
        Row(label, meaning, size, signed_number(unit / 10**decimals, decimals))
        for (label, meaning), size, unit in zip(names, sizes, units, strict=True)
    ]
    if not units[-1]:
        rows.pop()
    return rows, signed_number(sum(units) / 10**decimals, decimals)


def _decimals(largest: float) -> int:
    """The number of decimals (2 to 6) that is needed for two significant digits of `largest`."""
    if not largest:
        return FEWEST_DECIMALS
    return min(max(FEWEST_DECIMALS, 1 - math.floor(math.log10(largest))), MOST_DECIMALS)


def _rounded(sizes: list[float]) -> list[int]:
    """Round each number up or down, so that the results add up to the rounded sum of `sizes`."""
    units = [math.floor(size) for size in sizes]
    missing = round(sum(sizes)) - sum(units)
    ranked = sorted(range(len(sizes)), key=lambda i: units[i] - sizes[i])
    for index in ranked[:missing]:
        units[index] += 1
    return units


def signed_number(value: float, decimals: int) -> str:
    """A number with a plus sign or a typographic minus sign; 0 has no sign."""
    if not round(value, decimals):
        return "0"
    return f"{value:+.{decimals}f}".replace("-", "−")
