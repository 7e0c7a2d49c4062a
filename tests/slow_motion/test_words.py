"""The causes of an update, described in words. The numbers add up."""

from __future__ import annotations

import numpy as np
import pytest

from pglab.looks.attribution import Cause, Explanation
from pglab.slow_motion.words import CAUSE_WORDS, rows_of, what_moved


def explanation(
    effects: dict[Cause, float], actor_norm: float | None = 1.0, *, greedy: bool = False
) -> Explanation:
    """Make the explanation of one transition. Its π changes by the sum of the effects."""
    arrays = {cause: np.array([effect]) for cause, effect in effects.items()}
    before = np.array([0.5])
    after = before + sum(arrays.values(), np.zeros(1))
    return Explanation(before, after, arrays, actor_norm, greedy)


CASES: dict[str, tuple[Explanation, str]] = {
    "critic alone, no actor's gradient": (
        explanation({"critic": 0.003}, 0.0),
        "The actor's gradient is 0. π moved because the critic's gradient moved the shared body.",
    ),
    "critic alone, the actor does not learn": (
        explanation({"critic": -0.003}, None),
        "The actor does not learn. π moved because the critic's gradient moved the shared body.",
    ),
    "momentum, no actor's gradient": (
        explanation({"critic": 0.02, "momentum": 0.08}, 0.0),
        "The actor's gradient is 0. π moved mostly because Adam's momentum still followed "
        "the gradients of earlier updates (80% of the change). Also: critic's gradient (20%).",
    ),
    "own": (
        explanation({"own": 0.1}),
        "π moved because each step's own gradient pushed the probability of its action.",
    ),
    "others against own": (
        explanation({"own": -0.05, "others": 0.15}),
        "π moved mostly because the gradients of the other steps in the batch moved the same "
        "parameters (150% of the change). Against the change: own gradient (−50%).",
    ),
    "entropy": (
        explanation({"own": -0.002, "entropy": -0.098}),
        "π moved mostly because the entropy bonus pushed the actions toward equal probabilities "
        "(98% of the change).",
    ),
    "clipping": (
        explanation({"own": -0.1, "momentum": 0.05, "clipping": 0.09}),
        "π moved mostly because clipping shortened gradients that opposed the change "
        "(225% of the change). Also: Adam's momentum (125%). Against the change: own gradient "
        "(−250%).",
    ),
    "nothing": (explanation({}, 0.0), "The actor's gradient is 0. π did not change."),
    "nothing, and no actor": (
        explanation({}, None),
        "The actor does not learn. π did not change.",
    ),
    "ε-greedy": (
        explanation({"critic": 0.95}, None, greedy=True),
        "Only the critic learns. π changes only if another action gets the largest Q. "
        "π changed in 1 of 1 step.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_sentence_follows_from_the_numbers(case: str) -> None:
    found, expected = CASES[case]
    assert what_moved(found) == expected


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 0.1, 7.0, 90.0])
def test_the_numbers_shown_add_up_to_the_sum_shown(scale: float) -> None:
    random = np.random.default_rng(3)
    for _ in range(50):
        effects = {cause: float(scale * random.normal()) for cause in CAUSE_WORDS}
        rows, total = rows_of(effects, float(1e-4 * scale * random.normal()))
        shown = [float(row.text.replace("−", "-")) for row in rows]
        assert sum(shown) == pytest.approx(float(total.replace("−", "-")), abs=1e-9)
        largest = max(shown, key=abs)
        for row, number in zip(rows, shown, strict=True):
            assert number == pytest.approx(row.size, abs=max(0.11 * abs(largest), 1.1e-6))


def test_a_remainder_is_named_only_if_it_shows() -> None:
    assert [row.label for row in rows_of({"own": 1.0}, 0.001)[0]] == ["own gradient"]
    rows, total = rows_of({"own": 1.0}, -0.25)
    assert [row.text for row in rows] == ["+1.00", "−0.25"]
    assert total == "+0.75"
