"""Checks whether the lessons agree with the stored results.

The command `pglab check lessons` runs this check. It also trains the lessons' own runs again.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from pglab.experiments.evidence import CHANCE, COLLAPSED, last_returns, p_of_the_body
from pglab.language import content
from pglab.session.stored.usual_curves import CELLS
from pglab.studies.lessons import lesson_runs
from pglab.studies.lessons.lesson_figures import below, cell
from pglab.studies.lessons.lesson_runs import Part
from pglab.studies.lessons.lesson_sentences import GAMMAS, SENTENCES, Parts
from pglab.studies.outcome import Outcome, not_in


def recheck() -> Outcome:
    """Train the lessons' own runs again, and check all sentences of the lessons."""
    parts = lesson_runs.make()
    found = lesson_runs.compared(parts)
    return Outcome(found.numbers, [*untrue(parts), *missing()], found.versions)


def missing() -> list[str]:
    """The sentences of `lesson_sentences` that the lessons do not contain."""
    return [
        f"{name} does not say: {sentence}"
        for name, sentences in SENTENCES.items()
        for sentence in not_in(content(f"lessons/{name}"), list(sentences(lesson_runs.load())))
    ]


def untrue(parts: Parts) -> list[str]:
    """The claims of the lessons that the results do not confirm."""
    return [claim for claim, holds in _claims(parts) if not holds]


def _claims(parts: Parts) -> Iterator[tuple[str, bool]]:
    """Yield the lessons' claims that are not in `lesson_sentences`, and whether they are true."""
    near, far = (
        [cell("reinforce_gamma", gamma=g, learning_rate=1e-3) for g in gammas]
        for gammas in ((0.95, 1.0), (0.99,))
    )
    yield (
        "the intervals for γ 0.95, 0.99 and 1 overlap",
        all(max(c.low, far[0].low) < min(c.high, far[0].high) for c in near),
    )
    cliff = [cell("reinforce_gamma", gamma=g, learning_rate=2e-2).estimate for g in GAMMAS]
    yield "with α 0.02, the middle return is below 10 for every γ", max(cliff) < 10
    large = cell("reinforce_gamma", gamma=0.99, learning_rate=5e-3).values
    yield "the best of ten seeds reaches more than 5 times the worst", large.max() > 5 * large.min()
    faster = [
        cell("split_replay_critic", learning_rate=5e-4, critic_learning_rate=rate).estimate
        for rate in (1e-5, 5e-5, 2.5e-4, 1e-3, 5e-3)
    ]
    yield "every faster critic has a higher return", all(a < b for a, b in pairwise(faster))
    shut = [
        cell("split_replay_critic", learning_rate=1e-2, critic_learning_rate=rate).values
        for rate in (1e-5, 5e-5, 2.5e-4, 1e-3, 5e-3)
    ]
    yield "with α 0.01, half of the seeds end below 10", all((of < 10).sum() >= 5 for of in shut)
    both = (last_returns(agent) for agent in ("shared_on_policy", "split_replay"))
    best, *others = (np.median(of) for of in (*both, *map(last_returns, CELLS)))
    yield "the seminar's agent with the shared body has the highest return", best > max(others)
    yield "with replay, chance may explain the difference", p_of_the_body("replay") > CHANCE
    yield from _claims_about_runs(parts)


def _claims_about_runs(parts: Parts) -> Iterator[tuple[str, bool]]:
    runs, update = parts["collapse"], parts["first_update"]
    yield "the first run that learns and collapses has seed 8", _learned(runs)[0] == 8
    yield "with the tiny bonus, seed 8 collapses again", runs["tiny"][0] < COLLAPSED
    yield (
        "seed 8 is forked before its last good episode",
        runs["fork_step"][0] < runs["good_step"][0],
    )
    yield "no fork with a smaller α collapses", not below(runs["smaller"])
    yield "no run recovers after the collapse", below(runs["late"]) == len(runs["late"])
    yield "most forks with the tiny bonus collapse", below(runs["tiny"]) > len(runs["tiny"]) / 2
    yield (
        "returns fall before the entropy",
        all(a < b for a, b in zip(runs["good_step"], runs["quiet_step"], strict=True)),
    )
    yield (
        "in the first update, some actions of seed 0 become less likely",
        (update["steps"][0] / 2 < update["likelier"][0] < update["steps"][0]),
    )
    yield "after 60,000 steps, Q is too high on all seeds", min(parts["replay"]["bias"]) > 1
    yield "with 500 transitions, seed 2 collapses", parts["replay"]["small_return"][2] < COLLAPSED


def _learned(runs: Part) -> list[float]:
    """The seeds of the runs that learned before they collapsed."""
    found = zip(runs["seed"], runs["best"], strict=True)
    return [seed for seed, best in found if best >= lesson_runs.LEARNED]
