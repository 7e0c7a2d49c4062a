"""The comparison of the fast engine with the PyTorch reference over several seeds."""

import numpy as np
import pytest

from pglab.records import StepRecord
from pglab.session.seeds.statistics import sign_flip_p
from pglab.session.stored.usual_curves import TABLE_WINDOW, WINDOW, LearningCurves
from pglab.session.train import train
from pglab.studies.engine_curves import ENGINES, comparison, first_difference, parting_text
from tests.oracles import short_config


def test_two_runs_part_at_their_first_different_action() -> None:
    runs = [list(train(short_config(engine=engine, total_steps=1000))) for engine in ENGINES]
    fast, reference = runs
    assert first_difference(fast, reference) is None, "the actions must be the same"
    steps = [n for n, record in enumerate(fast) if isinstance(record, StepRecord)]
    for place in (steps[700], steps[500]):
        record = fast[place]
        assert isinstance(record, StepRecord)
        fast[place] = record._replace(action=1 - record.action)
    assert first_difference(fast, reference) == 501
    assert first_difference(reference, fast) == 501


def test_the_parting_in_words() -> None:
    text = "3 of 4 seeds: different actions, first at step 1,000 to 9,000, median 2,000"
    assert parting_text([9000, None, 1000, 2000]) == text
    assert parting_text([None, None]) == "0 of 2 seeds: different actions"


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([1.0, 2.0, 3.0], 2 / 8),  # all signs plus, or all minus
        ([1.0, 2.0, -3.0], 1.0),  # the sum of the differences is 0
        ([5.0, -1.0], 1.0),  # the possible sums are ±4 and ±6
        ([5.0, 1.0], 0.5),
        ([0.0] * 10, 1.0),
    ],
)
def test_p_counts_the_sign_flips_that_differ_as_much(differences: list[float], p: float) -> None:
    assert sign_flip_p(np.array(differences)) == p


def test_many_differences_are_flipped_at_random() -> None:
    shifted = np.random.default_rng(1).normal(loc=[[0.0], [1.0]], size=(2, 40))
    none, some = map(sign_flip_p, shifted)
    assert some < 0.001 < 0.05 < none


def test_the_table_pairs_the_seeds() -> None:
    windows = TABLE_WINDOW // WINDOW
    counts = np.ones((3, windows))
    fast = LearningCurves(np.full((3, windows), 30.0), counts)
    reference = LearningCurves(np.outer([27.0, 28.0, 29.0], counts[0]), counts)
    assert comparison(fast, reference)[2:] == ["| 10,000 | 30 | 28 | 0.25 |"]
