"""The stored curves come from the default settings, and the table summarises them correctly."""

import numpy as np

from pglab.config import ReinforceConfig
from pglab.session.stored import usual_curves
from pglab.session.stored.usual_curves import WINDOW, LearningCurves
from pglab.studies.learning_curves import windows_of_run


def curves(means: list[float], counts: list[float]) -> LearningCurves:
    """Make curves with one seed for each mean. `counts` are the episodes in each window."""
    episodes = np.array(counts)
    return LearningCurves(np.outer(means, episodes), np.tile(episodes, (len(means), 1)))


def test_the_table_takes_median_and_extremes_over_seeds() -> None:
    three = curves([1.0, 2.0, 6.0], counts=[4, 1, 1, 1, 1])
    assert three.table(seeds=3, steps=10_000) == [(10_000, 2.0, 1.0, 6.0)]
    assert three.table(seeds=1, steps=10_000) == [(10_000, 1.0, 1.0, 1.0)]


def test_means_are_over_episodes_not_over_windows() -> None:
    sums, counts = np.array([[90.0, 10.0]]), np.array([[9.0, 1.0]])
    assert LearningCurves(sums, counts).mean_returns(windows=2).tolist() == [[10.0]]
    unequal = LearningCurves(np.array([[90.0, 500.0]]), counts)
    # The mean of the two windows' means would be 255.
    assert unequal.mean_returns(windows=2).tolist() == [[59.0]]
    empty = LearningCurves(np.zeros((1, 1)), np.zeros((1, 1)))
    assert np.isnan(empty.mean_returns()).all()


def test_the_stored_curves_begin_as_the_defaults_do() -> None:
    stored = usual_curves.load("reinforce")
    assert len(stored.sums) >= 20
    config = ReinforceConfig(seed=3, total_steps=WINDOW, stop_when_solved=False)
    sums = windows_of_run(config)[0]
    # On another processor, rounding may change later steps, but the first steps stay similar.
    np.testing.assert_allclose(sums[0], stored.sums[3, 0], rtol=0.2)


def test_other_environments_have_no_usual_band() -> None:
    assert usual_curves.usual_band("reinforce", ReinforceConfig()) is not None
    acrobot = ReinforceConfig(env_id="Acrobot-v1")
    assert usual_curves.usual_band("reinforce", acrobot) is None
