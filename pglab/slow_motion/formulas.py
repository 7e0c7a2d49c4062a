"""The formulas that Slow motion shows, one for each phase of a step or an update."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pglab.environments import EnvironmentInfo
from pglab.language import _
from pglab.records import Floats
from pglab.slow_motion.watched_lines import Moment, Values

TERMS_SHOWN = 2  # number of terms of a sum that are shown before the dots
NEW_LINE = r" \\ "
ROUNDING = 1e-6
DIGITS = 4  # significant digits


@dataclass(frozen=True)
class Formula:
    """A formula in LaTeX, once with symbols and once with numbers that a run recorded."""

    symbols: str
    numbers: str


def formula(moment: Moment, info: EnvironmentInfo, row: int) -> Formula:
    """The formula for one recorded phase.

    If the phase computes numbers for many steps, the formula shows the numbers of one step. `row`
    is the index of this step in the batch.
    """
    return _FORMULAS[moment.phase](moment.values, info, row)


def number(value: float) -> str:
    """A number in LaTeX with `DIGITS` significant digits."""
    if not math.isfinite(value):
        return r"\text{nan}" if math.isnan(value) else (r"\infty" if value > 0 else r"-\infty")
    text = f"{value + 0.0:.{DIGITS}g}"  # adding 0.0 avoids the text "-0"
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return rf"{mantissa}\times10^{{{int(exponent)}}}"


def signed(value: float) -> str:
    """A number in LaTeX that can follow an operator: a negative number gets brackets."""
    return f"({number(value)})" if value < 0 else number(value)


def _vector(values: Sequence[float] | np.ndarray[Any, Any]) -> str:
    return "(" + r",\;".join(number(float(value)) for value in values) + ")"


def _text(words: str) -> str:
    return rf"\text{{{words}}}"


def _lines(*lines: str) -> str:
    """Put the lines of a formula below each other."""
    # The page draws the formula in a narrow column, beside the pictures.
    return rf"\begin{{gathered}}{NEW_LINE.join(lines)}\end{{gathered}}"


def _sum_of(terms: Sequence[str]) -> list[str]:
    """The first terms of a sum, one on each line; dots stand for the other terms."""
    rest = r"+\dots" if len(terms) > TERMS_SHOWN else ""
    first, *others = terms[:TERMS_SHOWN]
    shown = [first, *(f"+{term}" for term in others)]
    return [*shown[:-1], shown[-1] + rest]


def _observe(values: Values, info: EnvironmentInfo, _row: int) -> Formula:
    rows = [
        rf"{_text(_(axis.name))}&={number(float(value))}\;{_text(axis.unit)}"
        for axis, value in zip(info.axes, values["observation"], strict=True)
    ]
    return Formula("s_t", rf"\begin{{aligned}}{NEW_LINE.join(rows)}\end{{aligned}}")


def _probabilities(values: Values, info: EnvironmentInfo, _row: int) -> Formula:
    each = [
        rf"\pi({_text(_(name))})={number(float(p))}"
        for name, p in zip(info.actions, values["probabilities"], strict=True)
    ]
    symbols = r"\pi_\theta(a\mid s_t)=\operatorname{softmax}_a\,z_\theta(s_t)"
    if values["greedy"]:
        symbols = r"\pi(a\mid s_t)=(1-\epsilon)\,[a=\arg\max_b Q(s_t,b)]+\epsilon/|\mathcal A|"
    return Formula(symbols, r",\;".join(each))


def _sample(values: Values, info: EnvironmentInfo, _row: int) -> Formula:
    probability = float(values["probabilities"][values["action"]])
    return Formula(
        r"a_t\sim\pi_\theta(\cdot\mid s_t)",
        _lines(
            rf"a_t={_text(_(info.actions[values['action']]))},\quad\pi(a_t\mid s_t)="
            rf"{number(probability)}",
            rf"\log\pi(a_t\mid s_t)={number(math.log(probability))}",
        ),
    )


def _environment(values: Values, _info: EnvironmentInfo, _row: int) -> Formula:
    return Formula(
        r"r_t,\;s_{t+1},\;d_t,\;u_t",
        _lines(
            rf"{_text(_('reward'))}\;r_t={number(values['reward'])}",
            rf"s_{{t+1}}={_vector(values['next_observation'])}",
            rf"{_text(_('terminated'))}\;d_t={int(values['terminated'])},\quad"
            rf"{_text(_('truncated'))}\;u_t={int(values['truncated'])}",
        ),
    )


def _judge(values: Values, _info: EnvironmentInfo, _row: int) -> Formula:
    q = [float(value) for value in values["action_values"]]
    chosen = q[values["action"]]
    result = number(float(values["weight"]))
    match values["kind"]:
        case "advantage_max":
            return Formula(
                r"w_t=Q(s_t,a_t)-\max_b Q(s_t,b)",
                f"w_t={number(chosen)}-{signed(max(q))}={result}",
            )
        case "advantage_mean":
            mean = "+".join(
                rf"{number(float(p))}\cdot{signed(value)}"
                for p, value in zip(values["probabilities"], q, strict=True)
            )
            return Formula(
                r"w_t=Q(s_t,a_t)-\sum_b\pi(b\mid s_t)\,Q(s_t,b)",
                _lines(f"w_t={number(chosen)}-({mean})", f"={result}"),
            )
        case _:
            return Formula(r"w_t=Q(s_t,a_t)", f"w_t={result}")


def _store(values: Values, _info: EnvironmentInfo, _row: int) -> Formula:
    if "rollout_steps" in values:
        need = rf"{_text(_('update at'))}\;{values['rollout_steps']}"
    else:
        ended, episodes = values["ended"], values["episodes_per_update"]
        need = (
            rf"{_text(_('episodes ended'))}\;{ended}\,/\,{episodes},\quad"
            rf"{_text(_('steps'))}\;{values['stored']}\,/\,{values['min_batch_steps']}"
        )
    return Formula(
        r"\mathcal B\leftarrow\mathcal B\cup\{(s_t,a_t,r_t,d_t)\}",
        _lines(rf"|\mathcal B|={values['stored']}", need),
    )


def _remember(values: Values, _info: EnvironmentInfo, _row: int) -> Formula:
    return Formula(
        r"\mathcal D\leftarrow\mathcal D\cup\{(s_t,a_t,r_t,d_t,s_{t+1})\}",
        rf"|\mathcal D|={values['held']}\,/\,{values['capacity']}",
    )


def _episode(values: Values, _info: EnvironmentInfo, _row: int) -> Formula:
    how = _("truncated") if values["truncated"] else _("terminated")
    return Formula(
        r"\sum_t r_t",
        rf"\sum_t r_t={number(values['episode_return'])}\;{_text(_('in'))}\;{values['length']}\;"
        rf"{_text(_('steps'))},\;{_text(how)}",
    )


def _returns(values: Values, _info: EnvironmentInfo, row: int) -> Formula:
    returns, rewards, ends = values["returns"], values["rewards"], values["episode_ends"]
    if values["form"] == "whole_episode":
        return Formula(r"G_t=G_0=\sum_k\gamma^k r_k", rf"G_{{{row}}}={number(float(returns[row]))}")
    later = 0.0 if ends[row] else float(returns[row + 1])
    return Formula(
        r"G_t=r_t+\gamma\,G_{t+1}",
        rf"G_{{{row}}}={number(float(rewards[row]))}+{number(values['gamma'])}\cdot"
        rf"{signed(later)}={number(float(returns[row]))}",
    )


def _weights(values: Values, _info: EnvironmentInfo, row: int) -> Formula:
    returns, weights = values["returns"], values["weights"]
    result = number(float(weights[row]))
    if _is_normalized(returns, weights):
        return Formula(
            r"w_t\leftarrow\frac{w_t-\operatorname{mean}(w)}{\operatorname{std}(w)}",
            f"w_{{{row}}}={result}",
        )
    subtracted = float(returns[row] - weights[row])
    match values["baseline"]:
        case "none":
            return Formula("w_t=G_t", f"w_{{{row}}}={result}")
        case "mean":
            symbol = r"w_t=G_t-\bar G"
        case _:
            symbol = r"w_t=G_t-V(s_t)"
    return Formula(
        symbol, f"w_{{{row}}}={number(float(returns[row]))}-{signed(subtracted)}={result}"
    )


def _is_normalized(returns: Floats, weights: Floats) -> bool:
    """True if the weights were scaled to mean 0 and standard deviation 1.

    The result is False if the weights are only the returns minus a constant.
    """
    return bool(
        abs(weights.mean()) < ROUNDING
        and abs(weights.std() - 1) < ROUNDING
        and np.ptp(returns - weights) > ROUNDING
    )


def _loss(values: Values, _info: EnvironmentInfo, _row: int) -> Formula:
    terms = [
        rf"{signed(float(w))}\cdot{signed(float(log))}"
        for w, log in zip(
            values["weights"][: TERMS_SHOWN + 1],
            values["log_probs"][: TERMS_SHOWN + 1],
            strict=True,
        )
    ]
    steps = len(values["weights"])
    first, *others = _sum_of(terms)
    lines = [rf"L=-\frac1{{{steps}}}\big({first}", *others]
    return Formula(
        r"L=-\frac1T\sum_{t}w_t\,\log\pi_\theta(a_t\mid s_t)",
        _lines(*lines[:-1], rf"{lines[-1]}\big)", f"={number(values['loss'])}"),
    )


def _gradient(values: Values, _info: EnvironmentInfo, _row: int) -> Formula:
    bonus = r"-c\,\nabla H" if values["entropy_coefficient"] else ""
    return Formula(
        r"\nabla L=-\frac1T\sum_{t}w_t\,\nabla\log\pi_\theta(a_t\mid s_t)" + bonus,
        rf"\lVert\nabla L\rVert={number(values['norm'])}",
    )


def _draw(values: Values, _info: EnvironmentInfo, _row: int) -> Formula:
    ages = values["ages"]
    return Formula(
        r"\text{batch}\sim\mathcal D",
        rf"{values['size']}\;{_text(_('of'))}\;{values['held']}\;{_text(_('steps, age'))}\;"
        rf"{int(ages.min())}\dots{int(ages.max())}",
    )


def _targets(values: Values, _info: EnvironmentInfo, row: int) -> Formula:
    row = min(row, len(values["targets"]) - 1)
    d, best = int(values["terminated"][row]), float(values["next_values"][row].max())
    return Formula(
        r"y=r+\gamma\,(1-d)\max_b Q(s',b)",
        rf"y_{{{row}}}={number(float(values['rewards'][row]))}+{number(values['gamma'])}\cdot"
        rf"(1-{d})\cdot{signed(best)}={number(float(values['targets'][row]))}",
    )


def _critic_loss(values: Values, _info: EnvironmentInfo, _row: int) -> Formula:
    pairs = zip(values["targets"], values["estimates"], strict=True)
    terms = [f"({number(float(y))}-{signed(float(q))})^2" for y, q in pairs]
    mean = float(values["estimates"].mean())
    first, *others = _sum_of(terms)
    lines = [rf"L_Q=\frac1{{{len(terms)}}}\big({first}", *others]
    return Formula(
        r"L_Q=\frac1B\sum_i\big(y_i-Q(s_i,a_i)\big)^2+c\cdot\bar Q",
        _lines(
            *lines[:-1],
            rf"{lines[-1]}\big)",
            rf"+{number(values['q_regularization'])}\cdot{signed(mean)}={number(values['loss'])}",
        ),
    )


def _critic_gradient(values: Values, _info: EnvironmentInfo, _row: int) -> Formula:
    return Formula(r"\nabla L_Q", rf"\lVert\nabla L_Q\rVert={number(values['norm'])}")


def _value_loss(values: Values, _info: EnvironmentInfo, _row: int) -> Formula:
    return Formula(r"L_V=\frac1T\sum_t\big(G_t-V(s_t)\big)^2", rf"L_V={number(values['loss'])}")


def _value_gradient(values: Values, _info: EnvironmentInfo, _row: int) -> Formula:
    return Formula(r"\nabla L_V", rf"\lVert\nabla L_V\rVert={number(values['norm'])}")


def _step(values: Values, _info: EnvironmentInfo, _row: int) -> Formula:
    """The formula of Adam's step (Kingma & Ba 2015, algorithm 1) for one parameter."""
    first, second = values["betas"]
    mean = values["mean"] / (1 - first ** values["steps"])
    root = math.sqrt(values["mean_square"] / (1 - second ** values["steps"]))
    moved = -values["learning_rate"] * mean / (root + values["epsilon"])
    return Formula(
        r"\theta\leftarrow\theta+\Delta\theta,\quad"
        r"\Delta\theta=-\alpha\,\frac{\hat m}{\sqrt{\hat v}+\epsilon}",
        _lines(
            rf"\Delta\theta=-{number(values['learning_rate'])}\cdot\frac{{{number(mean)}}}"
            rf"{{{number(root)}+{number(values['epsilon'])}}}={number(moved)}",
            rf"\theta={number(values['parameter'] - moved)}+{signed(moved)}"
            rf"={number(values['parameter'])}",
        ),
    )


def _changed(values: Values, _info: EnvironmentInfo, _row: int) -> Formula:
    return Formula(
        r"\pi_{\theta_{\text{old}}}\;\to\;\pi_{\theta_{\text{new}}}",
        rf"{_text(_('update'))}\;{values['updates']}",
    )


_FORMULAS: Mapping[str, Callable[[Values, EnvironmentInfo, int], Formula]] = {
    "observe": _observe,
    "probabilities": _probabilities,
    "sample": _sample,
    "environment": _environment,
    "judge": _judge,
    "store": _store,
    "remember": _remember,
    "episode": _episode,
    "returns": _returns,
    "weights": _weights,
    "loss": _loss,
    "gradient": _gradient,
    "draw": _draw,
    "targets": _targets,
    "critic_loss": _critic_loss,
    "critic_gradient": _critic_gradient,
    "value_loss": _value_loss,
    "value_gradient": _value_gradient,
    "step": _step,
    "changed": _changed,
}
