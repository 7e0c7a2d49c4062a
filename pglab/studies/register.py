"""The checks of `pglab check`: tests of stored results, and of claims about these results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from pglab.config import ActorCriticConfig
from pglab.experiments.experiment import STEPS
from pglab.maps.ladder.stored import AGENTS as LADDERS
from pglab.maps.ready import shipped
from pglab.session.stored.usual_curves import AGENTS
from pglab.studies import (
    check_experiments,
    check_gradient_lab,
    check_sharing,
    engine_curves,
    example_policies,
    learning_curves,
    opening_clips,
)
from pglab.studies.lessons import check_lessons
from pglab.studies.maps import make_ladder, make_maps
from pglab.studies.outcome import Outcome


@dataclass(frozen=True)
class Check:
    """A check that `pglab check` can run.

    `seconds` is the approximate duration on two cores. In a name such as `curves/reinforce`, the
    part before the slash is the group of the check.
    """

    name: str
    what: str
    seconds: float
    again: Callable[[], Outcome]


def chosen_checks(names: list[str], checks: Mapping[str, Check]) -> list[Check]:
    """The checks whose names or groups are in `names`. If `names` is empty, return all checks.

    Raises:
        KeyError: an entry of `names` is not the name of a check or of a group.
    """
    groups: dict[str, list[Check]] = {}
    for name, check in checks.items():
        for key in {name, name.split("/")[0]}:
            groups.setdefault(key, []).append(check)
    asked = {check.name for name in names or checks for check in groups[name]}
    return [check for name, check in checks.items() if name in asked]


def all_checks() -> dict[str, Check]:
    """All checks by name. Quick checks come before slow checks."""
    checks = [*_quick(), *_curves(), *_experiments(), *_maps(), *_slow()]
    return {check.name: check for check in checks}


def _quick() -> Iterator[Check]:
    yield Check(
        "sharing",
        "the claims about shared bodies; the stored runs are not trained again",
        1,
        check_sharing.recheck,
    )
    yield Check("policies", "the stored policies of the gradient lab", 2, example_policies.recheck)
    yield Check(
        "clips",
        "the run that the home page shows: the step at which it ends",
        5,
        opening_clips.recheck,
    )
    yield Check(
        "lessons",
        "the lessons' own runs, and all figures in the answers of the lessons",
        60,
        check_lessons.recheck,
    )


def _curves() -> Iterator[Check]:
    for agent, config in AGENTS.items():
        replay = isinstance(config, ActorCriticConfig) and config.critic_data == "replay"
        seconds = 60 if replay else 15
        what = f"the stored learning curves of {agent}"
        yield Check(f"curves/{agent}", what, seconds, partial(learning_curves.recheck, agent))


def _experiments() -> Iterator[Check]:
    for page in STEPS:
        what = f"the results and the claims of the experiments of {page}"
        yield Check(f"experiments/{page}", what, 90, partial(check_experiments.recheck, page))


def _maps() -> Iterator[Check]:
    for name in shipped.PLANS:
        seconds = 900 if "replay" in name else 120
        yield Check(f"maps/{name}", f"the map {name}", seconds, partial(make_maps.recheck, name))


def _slow() -> Iterator[Check]:
    for name in LADDERS:
        what = f"the ladder {name}: its values, its verdicts and its path"
        yield Check(f"ladder/{name}", what, 1_800, partial(make_ladder.recheck, name))
    yield Check(
        "gradient-variance",
        "the table of the gradient lab, and the claims below it",
        900,
        check_gradient_lab.recheck_table,
    )
    yield Check(
        "gradient-intervals",
        "how often the intervals of the gradient lab contain the ratio",
        300,
        check_gradient_lab.recheck_intervals,
    )
    yield Check(
        "engines", "the returns of both engines in the README", 7_200, engine_curves.recheck
    )
