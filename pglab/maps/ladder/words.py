"""Writes the findings of a ladder as short sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pglab.algorithms.agents import AgentConfig
from pglab.config import ConfigError, describe_settings, format_value, settings_of
from pglab.config.choice_names import choice_name
from pglab.language import _
from pglab.maps.ladder.effects import Effect, RungEffects, Verdict
from pglab.maps.ladder.findings import Ladder
from pglab.maps.ladder.plan import LadderPlan
from pglab.maps.ladder.rungs import Rung
from pglab.maps.statistics import MOST_SEEDS
from pglab.session.side_by_side.contrasts import applies, effective

Names = tuple[str, str]  # of A and B, inside a sentence
LETTERS: Names = ("A", "B")
Group = Verdict | Literal["no result"]


@dataclass(frozen=True)
class Findings:
    """The findings of a ladder as sentences; each group begins with the largest effect."""

    whole: str
    effects: Mapping[Group, list[str]]
    path: list[str]


def findings_in_words(ladder: Ladder, names: Names = LETTERS) -> list[str]:
    """All findings as sentences: the total effect, the single effects by size, and the path.

    `names` are the names of A and B in the sentences.
    """
    effects = [text for one in ladder.effects for text in rung_in_words(ladder.plan, one, names)]
    return [_whole_in_words(ladder, names), *effects, *_path_in_words(ladder, names)]


def grouped_findings(ladder: Ladder, names: Names = LETTERS) -> Findings:
    """The sentences of `findings_in_words`; the effects are grouped by their verdicts."""
    effects: dict[Group, list[str]] = {}
    for one in ladder.effects:
        both = (one.in_a, one.in_b)
        for effect, text in zip(both, rung_in_words(ladder.plan, one, names), strict=True):
            effects.setdefault(_group(effect), []).append(text)
    return Findings(_whole_in_words(ladder, names), effects, list(_path_in_words(ladder, names)))


def _group(effect: Effect | ConfigError) -> Group:
    if isinstance(effect, ConfigError) or effect.difference is None:
        return "no result"
    return effect.verdict


def _whole_in_words(ladder: Ladder, names: Names) -> str:
    return _("From {a} to {b}, everything changed: {effect}").format(
        a=names[0], b=names[1], effect=effect_in_words(ladder.plan, ladder.whole)
    )


def rung_in_words(plan: LadderPlan, effects: RungEffects, names: Names = LETTERS) -> list[str]:
    """Two sentences for one rung: its effect in A and its effect in B."""
    return [
        _("{change}, in {agent}: {effect}").format(
            change=change_in_words(plan, effects.rung),
            agent=agent,
            effect=effect_in_words(plan, effect),
        )
        for agent, effect in zip(names, (effects.in_a, effects.in_b), strict=True)
    ]


def change_in_words(plan: LadderPlan, rung: Rung, *, beside: bool = True) -> str:
    """Describe the change of a rung from A to B; for example "Body: split instead of shared".

    If `beside` is false, only the first setting of the rung is described.
    """
    names = rung.names if beside else rung.names[:1]
    return _("{label}: {new} instead of {old}").format(
        label=_(settings_of(plan.a)[names[0]].label),
        new=_value(plan.b, plan.a, names),
        old=_value(plan.a, plan.b, names),
    )


def effect_in_words(plan: LadderPlan, effect: Effect | ConfigError) -> str:
    """Describe an effect with its interval and its verdict, or say why there is no result."""
    if isinstance(effect, ConfigError):
        return _("no result. {problem}").format(problem=effect)
    if effect.difference is None:
        return _(
            "no result. In too few of these runs, an episode ended in the last tenth. Take more "
            "steps."
        )
    interval = effect.difference.interval
    return " ".join(
        [
            _("{change} return ({interval} {low} to {high}, {seeds} seeds).").format(
                change=_signed(float(effect.difference.estimate)),
                interval=interval.name,
                low=_signed(float(interval.low)),
                high=_signed(float(interval.high)),
                seeds=effect.seeds,
            ),
            _verdict_in_words(effect),
            *_diverged_in_words(plan, effect),
        ]
    )


def _verdict_in_words(effect: Effect) -> str:
    if effect.verdict == "matters":
        return _("This matters.")
    if effect.verdict == "does not matter":
        return _("This does not matter: the interval lies within ±{margin:g}.").format(
            margin=effect.margin
        )
    told = _("It cannot be told with {seeds} seeds whether this matters.").format(
        seeds=effect.seeds
    )
    if effect.needed is None:
        return f"{told} " + _("Even {most:,} seeds would not tell.").format(most=MOST_SEEDS)
    if effect.needed > effect.seeds:
        return f"{told} " + _("It would take about {needed}.").format(needed=effect.needed)
    return told


def _diverged_in_words(plan: LadderPlan, effect: Effect) -> Iterator[str]:
    before, after = effect.diverged
    if before or after:
        yield _(
            "Runs that diverged count as {lowest} return: {before} without and {after} with the "
            "change."
        ).format(lowest=_number(plan.return_range[0]), before=before, after=after)


def _path_in_words(ladder: Ladder, names: Names) -> Iterator[str]:
    a, b = names
    if ladder.path is None:
        return
    if not ladder.path:
        yield _("{seeds} seeds cannot tell {a} from {b}, so there is no path between them.").format(
            seeds=ladder.plan.seeds, a=a, b=b
        )
    for number, step in enumerate(ladder.path, start=1):
        yield _("Step {number} from {a} to {b}. {change}: {effect}").format(
            number=number,
            a=a,
            b=b,
            change=change_in_words(ladder.plan, step.rung),
            effect=effect_in_words(ladder.plan, step.effect),
        )
    if ladder.path and not ladder.path[-1].to_b.excludes_zero:
        yield _(
            "After {steps} of {all} changes, these seeds cannot tell the agent from {b}."
        ).format(steps=len(ladder.path), all=len(ladder.plan.rungs), b=b)


def _value(config: AgentConfig, other: AgentConfig, names: Sequence[str]) -> str:
    """Write the value of a rung's first setting in `config`.

    The text also contains the other settings of the rung that differ from those in `other`.
    """
    name, *dependents = names
    text = choice_name(format_value(effective(config, name)))
    beside = {
        n: format_value(effective(config, n))
        for n in dependents
        if applies(config, n) and effective(config, n) != effective(other, n)
    }
    if not beside:
        return text
    return _("{value} ({settings})").format(
        value=text, settings=describe_settings(type(config), beside)
    )


def _signed(number: float) -> str:
    """A change of the return, rounded to a whole number, with its sign."""
    return _with_minus(f"{number:+.0f}" if round(number) else "0")


def _number(number: float) -> str:
    return _with_minus(f"{number:.0f}")


def _with_minus(text: str) -> str:
    return text.replace("-", "−")
