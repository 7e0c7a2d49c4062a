"""Writes sentences about a state, about its pushes on log π, and about the nearest states."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pglab.environments import EnvironmentInfo, ObservationAxis
from pglab.language import N_, _, ngettext
from pglab.looks.nearest_states import NearestStates
from pglab.looks.why_action import WhyAction, likeliest

LEAST_PUSH = 0.005  # a smaller push is shown as 0.00
DOMINANT = 0.99  # if an action is likelier than this, the softmax is nearly flat

# For the name of a coordinate: what the state is if the coordinate is positive, and if it is
# negative. `{n}` is the absolute value with its unit.
_STATES = {
    "cart position": (
        N_("the cart is {n} to the right of the centre"),
        N_("the cart is {n} to the left of the centre"),
    ),
    "cart velocity": (
        N_("the cart moves to the right at {n}"),
        N_("the cart moves to the left at {n}"),
    ),
    "pole angle": (N_("the pole leans {n} to the right"), N_("the pole leans {n} to the left")),
    "angular velocity": (
        N_("the pole turns to the right at {n}"),
        N_("the pole turns to the left at {n}"),
    ),
}


def sentence(why: WhyAction) -> str:
    """Say which coordinates push log π(a|s) most, in both directions."""
    action = _(why.info.actions[why.action])
    if not why.finite:
        return _(
            "The policy's numbers are no longer finite, so its action cannot be explained. Choose "
            "a smaller learning rate, then reset."
        )
    if why.greedy:
        return _(
            "This policy is ε-greedy: it mostly takes the action with the greatest Q. Its "
            "probabilities change only in jumps, so the gradient is zero and nothing pushes. The "
            "table shows which small changes make another action the greedy one."
        )
    shown = why.pushes.round(2)
    if not np.any(shown):
        return _nothing_pushes(why, action)
    strongest = np.flatnonzero(np.abs(shown) == np.abs(shown).max())
    first = strongest[0]
    told = [_strongest(why, strongest, action)]
    others = np.flatnonzero(np.sign(shown) == -np.sign(shown[first]))
    others = others[np.argsort(-np.abs(shown[others]), kind="stable")]
    if len(strongest) == 1 and len(others):
        told.append(
            _("The strongest push the other way: {state} ({push}).").format(
                state=state_words(why, int(others[0])), push=signed(shown[others[0]])
            )
        )
    elif not len(others):
        told.append(
            _("No coordinate pushes the other way by more than {least}.").format(
                least=f"{LEAST_PUSH:g}"
            )
        )
    return " ".join(told)


def _strongest(why: WhyAction, strongest: NDArray[np.int64], action: str) -> str:
    """Say which coordinates push most; `strongest` lists them."""
    shown = why.pushes.round(2)
    if len(strongest) > 1:
        each = [
            _("{state} ({push})").format(state=state_words(why, int(i)), push=signed(shown[i]))
            for i in strongest
        ]
        text = _("{states}: these push log π({action}) equally strongly.").format(
            states=", ".join(each), action=action
        )
    else:
        text = _("{state}; this pushes most {way}: {push} to log π({action}).").format(
            state=state_words(why, int(strongest[0])),
            way=_way(why, float(shown[strongest[0]])),
            push=signed(shown[strongest[0]]),
            action=action,
        )
    return text[:1].upper() + text[1:]


def _way(why: WhyAction, push: float) -> str:
    """Name the direction of a push: towards an action or away from an action.

    If there are only two actions, "away from" one action is written as "towards" the other action.
    """
    actions = [_(name) for name in why.info.actions]
    if push > 0:
        return _("towards {action}").format(action=actions[why.action])
    if len(actions) == 2:
        return _("towards {action}").format(action=actions[1 - why.action])
    return _("away from {action}").format(action=actions[why.action])


def _nothing_pushes(why: WhyAction, action: str) -> str:
    text = _("No coordinate pushes log π({action}) by more than {least}.").format(
        action=action, least=f"{LEAST_PUSH:g}"
    )
    likely = likeliest(why.probabilities)
    if why.probabilities[likely] > DOMINANT:
        text += " " + _(
            "The policy almost always takes “{likely}” here ({pi:.2%}). There, the softmax is "
            "nearly flat, so small changes of the observation change little."
        ).format(likely=_(why.info.actions[likely]), pi=why.probabilities[likely])
    return text


def state_words(why: WhyAction, axis: int) -> str:
    """Describe one coordinate of the observation in words, such as “the pole leans 3.1° to …”.

    The text begins with a small letter.
    """
    described, value = why.info.axes[axis], float(why.observation[axis])
    words = _STATES.get(described.name)
    if words is None or value == 0:
        return _("{name} is {value}").format(
            name=_(described.name), value=value_text(described, value)
        )
    return _(words[value < 0]).format(n=value_text(described, abs(value)))


def value_text(axis: ObservationAxis, value: float) -> str:
    """A value with its unit and two significant digits.

    An angle is in degrees, because few people think in radians.
    """
    shown, unit = _in_shown_unit(axis, value)
    return plain(shown) + unit


def rounded_text(axis: ObservationAxis, value: float) -> str:
    """A value with its unit; all values of a coordinate have the same number of decimals."""
    shown, unit = _in_shown_unit(axis, value)
    length, _unit = _in_shown_unit(axis, axis.high - axis.low)
    decimals = max(2 - math.floor(math.log10(length)), 0)
    return f"{shown:z.{decimals}f}".replace("-", "−") + unit


def _in_shown_unit(axis: ObservationAxis, value: float) -> tuple[float, str]:
    if axis.unit == "rad":
        return math.degrees(value), "°"
    return value, f"\N{NO-BREAK SPACE}{axis.unit}" if axis.unit else ""


def plain(value: float) -> str:
    """A number with two significant digits and a true minus sign, without an exponent."""
    if not math.isfinite(value):
        return "–"
    return np.format_float_positional(float(f"{value:.2g}"), trim="-").replace("-", "−")


def signed(push: float) -> str:
    """A push with its sign and two decimals."""
    return f"{round(push, 2) + 0.0:+.2f}".replace("-", "−").replace("+0.00", "0.00")


def searched_words(found: NearestStates, info: EnvironmentInfo) -> str:
    """Say which states were searched, and which actions the agent took in the nearest states."""
    if found.source == "nothing":
        return _("The agent has not learned yet, so there are no states to compare with.")
    if not found.searched:
        return _(
            "The history no longer holds the steps of the last update, so there are no states to "
            "compare with."
        )
    text = (
        ngettext(
            "Searched: the {n:,} transition in the replay buffer.",
            "Searched: the {n:,} transitions in the replay buffer.",
            found.searched,
        )
        if found.source == "buffer"
        else ngettext(
            "Searched: the {n:,} latest step from which the agent has learned.",
            "Searched: the {n:,} latest steps from which the agent has learned.",
            found.searched,
        )
    ).format(n=found.searched)
    return f"{text} {_taken(found, info)}"


def _taken(found: NearestStates, info: EnvironmentInfo) -> str:
    """Say how often the agent took each action in the nearest states."""
    counts = np.bincount(found.actions, minlength=len(info.actions))
    parts = [
        _("{n} × “{action}”").format(n=count, action=_(name))
        for count, name in zip(counts.tolist(), info.actions, strict=True)
        if count
    ]
    return ngettext(
        "In the nearest one, the agent chose: {parts}.",
        "In the {k} nearest ones, the agent chose: {parts}.",
        len(found.actions),
    ).format(k=len(found.actions), parts=", ".join(parts))
