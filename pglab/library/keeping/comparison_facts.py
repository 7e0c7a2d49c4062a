"""Describes comparisons as values that JSON can hold, and reads these descriptions again.

The runs of a comparison are stored separately.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pglab.algorithms.agents import AgentConfig
from pglab.config import SEEDS, ConfigError
from pglab.curves import Curve, kept_by_place
from pglab.language import _
from pglab.library.contents import Facts
from pglab.library.encoding import config_facts, config_from
from pglab.library.state.taking import StateError
from pglab.session.seeds.group import MOST_SEEDS
from pglab.session.side_by_side.comparison import (
    CELLS,
    LENGTHS,
    Comparison,
    PastComparison,
    pair_of,
)
from pglab.session.side_by_side.side import Facts as SideFacts

MOST_EARLIER = 6  # comparisons of the visit that come back
POINTS_KEPT = 200  # of a curve of an earlier comparison
_MOST_STEPS = 2**53
_DIGITS = 9  # of a return; figures draw numbers of 32 bits, which have fewer digits


@dataclass(frozen=True)
class Described:
    """Everything that is stored of a comparison, except its runs."""

    sides: tuple[str, ...]  # the addresses of the runs with the first seed
    configs: tuple[AgentConfig, ...]
    seeds: int
    first_seed: int
    length: int
    guess: int | None
    earlier: tuple[PastComparison, ...]  # of the same visit


def comparison_facts(
    comparison: Comparison, sides: Sequence[str], guess: int | None, earlier: Sequence[Facts]
) -> Facts:
    """Describe a comparison in the form that `described` can read.

    Args:
        comparison: the comparison; its runs are not described.
        sides: the address of each side's run with the first seed.
        guess: the visitor's guess, see `ComparisonBench`.
        earlier: the earlier comparisons of the visit, as `past_facts` describes them.
    """
    return {
        "sides": list(sides),
        "configs": list(map(config_facts, comparison.configs)),
        "seeds": comparison.seeds,
        "first_seed": comparison.first_seed,
        "length": comparison.length,
        "guess": guess,
        "earlier": list(earlier),
    }


def past_facts(past: PastComparison) -> Facts:
    """Describe an earlier comparison; at most `POINTS_KEPT` points of each curve are kept."""
    return {
        "number": past.number,
        "configs": list(map(config_facts, past.configs)),
        "seeds": past.seeds,
        "first_seed": past.first_seed,
        "global_step": past.global_step,
        "middles": list(map(curve_facts, past.middles)),
        "results": list(map(asdict, past.facts)),
    }


def described(facts: Facts) -> Described:
    """Read and check a description that `comparison_facts` has made.

    Raises:
        ConfigError: a setting cannot be used.
        StateError: something is missing or damaged.
    """
    with _damage_is_told():
        configs = tuple(map(config_from, facts["configs"]))
        sides = tuple(map(str, facts["sides"]))
        _require(len(sides) == len(configs))
        _require(len(configs) == 2 or pair_of(configs) == CELLS)
        _require(facts["length"] in LENGTHS)
        guess = facts["guess"]
        return Described(
            sides,
            configs,
            _whole(facts["seeds"], 1, MOST_SEEDS),
            _whole(facts["first_seed"], 0, SEEDS - 1),
            _whole(facts["length"], 1, _MOST_STEPS),
            None if guess is None else _whole(guess, 0, len(configs)),
            tuple(map(_past, list(facts["earlier"])[-MOST_EARLIER:])),
        )


def _past(facts: Facts) -> PastComparison:
    configs = tuple(map(config_from, facts["configs"]))
    middles, results = (
        tuple(map(curve_from, facts["middles"])),
        tuple(map(_result, facts["results"])),
    )
    _require(len(configs) == len(middles) == len(results) > 0)
    return PastComparison(
        _whole(facts["number"], 1, _MOST_STEPS),
        configs,
        _whole(facts["seeds"], 1, MOST_SEEDS),
        _whole(facts["first_seed"], 0, SEEDS - 1),
        _whole(facts["global_step"], 0, _MOST_STEPS),
        middles,
        results,
    )


def curve_facts(curve: Curve) -> Facts:
    """Describe a curve, but not its label; at most `POINTS_KEPT` points are kept."""
    kept = kept_by_place(curve.steps, curve.returns, POINTS_KEPT)
    return {
        "steps": curve.steps[kept].tolist(),
        "returns": [float(f"{value:.{_DIGITS}g}") for value in curve.returns[kept]],
    }


def curve_from(facts: Facts) -> Curve:
    """Read and check a curve that `curve_facts` has described.

    Raises:
        StateError: the curve is damaged.
    """
    steps, returns = (np.array(facts[name], np.float64) for name in ("steps", "returns"))
    _require(steps.shape == returns.shape and steps.ndim == 1 and len(steps) <= POINTS_KEPT)
    return Curve(steps, returns)


def _result(facts: Facts) -> SideFacts:
    mean = facts["mean_return"]
    if mean is not None:
        median, least, most = map(_number, mean)
        mean = median, least, most
    return SideFacts(
        parameters=_whole(facts["parameters"], 0, _MOST_STEPS),
        gradient_steps=_whole(facts["gradient_steps"], 0, _MOST_STEPS),
        milliseconds_per_1000_steps=_number_or_none(facts["milliseconds_per_1000_steps"]),
        mean_return=mean,
        opposed=_number_or_none(facts["opposed"]),
    )


def _whole(value: Any, least: int, most: int) -> int:
    _require(type(value) is int and least <= value <= most)
    return int(value)


def _number(value: Any) -> float:
    _require(type(value) in (int, float) and math.isfinite(value))
    return float(value)


def _number_or_none(value: Any) -> float | None:
    return None if value is None else _number(value)


def _require(fits: bool) -> None:
    if not fits:
        raise StateError(_("The stored comparison is damaged."))


@contextmanager
def _damage_is_told() -> Iterator[None]:
    try:
        yield
    except (ConfigError, StateError):
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StateError(_("The stored comparison is damaged.")) from error
