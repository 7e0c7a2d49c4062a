"""Stored ladders: files that contain the settings and the values of all arms.

The command `pglab.studies.maps.make_ladder` writes these files. A file contains no findings,
because the findings are computed from the values when the file is read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig
from pglab.language import _
from pglab.library.encoding import config_facts, config_from
from pglab.maps.ladder.findings import Ladder, effects_alone, ladder_of
from pglab.maps.ladder.plan import LadderPlan
from pglab.maps.ladder.values import ArmValues
from pglab.maps.ladder.words import findings_in_words
from pglab.session.side_by_side.contrasts import names_of, same_agent
from pglab.session.stored import DATA
from pglab.session.stored.provenance import KEY, made_by

FOLDER = DATA / "ladders"
SEMINAR = "seminar"
AGENTS = {SEMINAR: (ActorCriticConfig.shared_on_policy(), ActorCriticConfig.split_replay())}
DIGITS = 3  # of the stored returns


def text_of(ladder: Ladder) -> str:
    """Write a ladder as JSON text, with one line for each arm."""
    plan = ladder.plan
    facts = {
        KEY: made_by(plan.a.engine),
        "a": config_facts(plan.a),
        "b": config_facts(plan.b),
        "seeds": plan.seeds,
        "total_steps": plan.total_steps,
        "path": ladder.path is not None,
    }
    arms = [
        {
            "config": config_facts(config),
            "late_return": _numbers(values.late_return),
            "area": _numbers(values.area),
            "diverged": values.diverged.tolist(),
        }
        for config, values in ladder.values.items()
    ]
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in facts.items()]
    rows = ",\n".join(json.dumps(arm) for arm in arms)
    return "{\n" + ",\n".join(lines) + ',\n"arms": [\n' + rows + "\n]}\n"


def ladder_from(text: str) -> Ladder:
    """Compute a ladder from the values in a text that `text_of` has written.

    Raises:
        KeyError: the text is damaged, or the path needs an arm that the text does not contain,
            because the statistics have changed.
    """
    content = json.loads(text)
    a, b = (config_from(content[name]) for name in ("a", "b"))
    plan = LadderPlan(a, b, content["seeds"], content["total_steps"])
    values = {config_from(arm["config"]): _values(arm) for arm in content["arms"]}
    if not content["path"]:
        return effects_alone(plan, values)
    return ladder_of(plan, lambda arms: [values[arm] for arm in arms])


@cache
def load(name: str) -> Ladder:
    """Load a stored ladder by its name in `AGENTS`.

    Raises:
        FileNotFoundError: the ladder has not been computed yet.
    """
    return ladder_from((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def stored_name(configs: Sequence[AgentConfig]) -> str | None:
    """The name of the stored ladder from the first to the second agent; None if there is none."""
    for name, agents in AGENTS.items():
        if len(configs) == 2 and all(map(same_agent, configs, agents)):
            return name
    return None


def findings_text(name: str = SEMINAR) -> str:
    """The findings of a stored ladder as Markdown; empty if the ladder has not been computed.

    All pages about shared and split bodies get the findings from this function.
    """
    try:
        ladder = load(name)
    except FileNotFoundError:
        return ""
    plan = ladder.plan
    a, b = names_of((plan.a, plan.b))
    begin = _(
        "Which of the differences between A ({a}) and B ({b}) changes the return? Each line "
        "changes one of them; it compares {seeds} runs with and {seeds} runs without the change, "
        "of {steps:,} steps each. The number is the change of the interquartile mean of the "
        "return in the last tenth of a run."
    ).format(a=a, b=b, seeds=plan.seeds, steps=plan.total_steps)
    heading = "##### " + _("The ladder: which difference matters?")
    lines = "\n".join(f"- {sentence}" for sentence in findings_in_words(ladder))
    return f"{heading}\n\n{begin}\n\n{lines}"


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), DIGITS) for value in values]


def _values(arm: dict[str, Any]) -> ArmValues:
    late, area = (np.array(arm[name], dtype=np.float64) for name in ("late_return", "area"))
    return ArmValues(late, area, np.array(arm["diverged"], dtype=bool))
