"""Tests of the experiments: statistics of a run, definitions, and stored results."""

from __future__ import annotations

import itertools
import math
import operator
import re
from pathlib import Path

import numpy as np
import pytest

import pglab
from pglab.config import ConfigError, ReinforceConfig, differences
from pglab.experiments import results
from pglab.experiments.catalogue import EXPERIMENTS, experiments_of
from pglab.experiments.experiment import STEPS, USUAL, Claim, Experiment, experiment_config
from pglab.experiments.statistics import STATISTICS, RecordedRun, window_means
from pglab.records import EpisodeRecord, UpdateRecord
from pglab.session.stored.provenance import made_by
from pglab.session.stored.usual_curves import AGENTS
from pglab.session.train import train
from pglab.studies import check_experiments
from pglab.studies.check_experiments import make_arm, save, settings_text

PROSE = Path(pglab.__file__).parent / "content" / "en" / "experiments"
EACH = pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: f"{e.page}/{e.key}")
PAGES = pytest.mark.parametrize("page", STEPS)


def hand_made(**more: list[float]) -> RecordedRun:
    """Make a run of 30 steps. Its last third begins after step 20."""
    arrays: dict[str, list[float]] = {
        "episode_steps": [5, 20, 21, 30],
        "returns": [5, 15, 2, 9],
        "update_steps": [20, 25, 30],
        "entropies": [0.6, 0.4, 0.2],
        "gradient_norms": [9, 1, 3],
        "td_errors": [math.nan, math.nan, 0.5],
        "losses": [7, 4, 2],
    }
    return RecordedRun(30, **{n: np.array(v, float) for n, v in {**arrays, **more}.items()})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("late_return", 5.5),
        ("late_entropy", 0.3),
        ("late_gradient_norm", 2.0),
        ("late_td_error", 0.5),
        ("late_loss", 3.0),
        ("updates", 3.0),
    ],
)
def test_a_statistic_of_a_run_made_by_hand(name: str, expected: float) -> None:
    assert STATISTICS[name].of(hand_made()) == pytest.approx(expected)


def test_every_statistic_is_tried() -> None:
    nothing: dict[str, list[float]] = {name: [] for name in vars(hand_made()) if name != "steps"}
    known = {name for name, s in STATISTICS.items() if not math.isnan(s.of(hand_made(**nothing)))}
    assert known == {"updates"}, "without episodes and updates, only the number of updates is known"


def test_a_curve_has_the_mean_of_each_stretch() -> None:
    means = window_means(hand_made(), total_steps=40, windows=4)
    assert means.tolist()[:3] == [5.0, 15.0, 5.5]
    assert math.isnan(means[3])


def test_a_claim_holds_from_its_lower_bound_to_under_its_upper() -> None:
    claim = Claim("late_return", least=2, below=4)
    assert [claim.holds(value, math.nan) for value in (1.9, 2, 3.9, 4)] == [
        False,
        True,
        True,
        False,
    ]
    ratio = Claim("late_return", below=0.5, relative=True)
    assert ratio.holds(4, 10)
    assert not ratio.holds(5, 10)
    assert not ratio.holds(math.nan, 10)
    assert ratio.sentence() == "mean return in the run's last third below 0.5 × the usual value"


@PAGES
def test_a_page_has_five_experiments_and_two_of_them_are_known_bad(page: str) -> None:
    offered = experiments_of(page)
    assert len(offered) >= 5
    assert sum(experiment.known_bad for experiment in offered) >= 2
    assert len({experiment.key for experiment in offered}) == len(offered)


@EACH
def test_exactly_one_choice_fits_whatever_happens(experiment: Experiment) -> None:
    ranges = sorted((choice.least, choice.below) for choice in experiment.choices)
    assert len(ranges) >= 2
    assert (ranges[0][0], ranges[-1][1]) == (0.0, math.inf)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(ranges))
    assert experiment.shown(math.nan, 1.0) is None


@EACH
def test_settings_are_usable_and_differ_from_the_usual_ones(experiment: Experiment) -> None:
    changed = differences(experiment.config(seed=3), experiment.usual_config(seed=3))
    assert set(changed) == set(experiment.settings)
    with pytest.raises((ConfigError, TypeError)):
        experiment_config(experiment.page, {"gama": 0.5}, 3, 1000)


@PAGES
def test_neither_place_nor_length_of_a_choice_gives_the_answer_away(page: str) -> None:
    offered = experiments_of(page)
    places = [experiment.right for experiment in offered]
    lengths = [[len(choice.text) for choice in experiment.choices] for experiment in offered]
    longest = [of_choices.index(max(of_choices)) for of_choices in lengths]
    assert set(places) == {0, 1, 2}
    assert max(places.count(place) for place in places) <= len(offered) / 2
    assert sum(map(operator.eq, places, longest)) <= len(offered) / 2


# Words for the outcome of an experiment. A question may name the change and the measurement, but
# not the outcome.
OUTCOMES = re.compile(
    r"\b(bad|fail\w*|collaps\w*|ruin\w*|unstable|diverge\w*|useless|better|worse|faster|slower"
    r"|become of|becomes of|hardly any\w*|no longer|cannot|drown\w*)\b",
    re.IGNORECASE,
)


@EACH
def test_a_question_tells_no_outcome(experiment: Experiment) -> None:
    assert not OUTCOMES.search(experiment.question)
    assert experiment.question.rsplit(". ", 1)[-1].endswith("?")


def test_no_choice_speaks_of_another_experiment() -> None:
    for choice in (choice for experiment in EXPERIMENTS for choice in experiment.choices):
        assert not re.search(r"\b(here too|again|also)\b", choice.text), choice.text


def test_a_claim_is_a_region_of_numbers() -> None:
    assert Claim("late_return", 12, 50).bounds(usual=100) == (12, 50)
    assert Claim("late_return", 0.6, 1.3, relative=True).bounds(usual=50) == (30, 65)
    assert Claim("late_return", least=50).bounds(usual=100) == (50, math.inf)


@EACH
def test_the_stored_runs_are_those_of_the_present_definition(experiment: Experiment) -> None:
    configs = (experiment.config(seed=0), experiment.usual_config(seed=0))
    for config, arm in zip(configs, results.arms_of(experiment), strict=True):
        # A newer setting is missing in the stored runs. Its default does not change a run.
        assert {**settings_text(type(config)()), **arm.settings} == (settings_text(config))
        assert arm.settings["total_steps"] == str(experiment.steps)
        assert arm.curves.shape == (results.SEEDS, results.WINDOWS)
        assert len(arm.outcomes) == results.SEEDS >= 8
        assert all(len(values) == results.SEEDS for values in arm.figures.values())


@EACH
def test_the_right_choice_is_what_most_seeds_show(experiment: Experiment) -> None:
    changed, usual = (arm.figures[experiment.statistic] for arm in results.arms_of(experiment))
    counts = [0] * len(experiment.choices)
    for seed in range(results.SEEDS):
        figure = changed[seed] / usual[seed] if experiment.relative else changed[seed]
        for number, choice in enumerate(experiment.choices):
            counts[number] += choice.least <= figure < choice.below
    assert counts[experiment.right] == max(counts) >= 5
    assert sum(counts) == results.SEEDS
    held = results.held(experiment.right_claim, *results.arms_of(experiment))
    assert held == counts[experiment.right]
    assert results.verdict(experiment.right_claim, experiment).endswith(f"{held} of 8 seeds")


@EACH
def test_what_an_explanation_says_besides_held_on_most_seeds(experiment: Experiment) -> None:
    for claim in experiment.further:
        assert results.held(claim, *results.arms_of(experiment)) >= 6, claim.sentence()


@EACH
def test_an_explanation_has_its_numbers(experiment: Experiment) -> None:
    text = results.explanation(experiment)
    held = results.held(experiment.right_claim, *results.arms_of(experiment))
    assert f"{held} of {results.SEEDS} seeds" in text
    assert "{" not in text
    assert "nan" not in text.split()
    if experiment.known_bad:
        assert all(
            part in text for part in ("**What you see.**", "**Why.**", "**What to change.**")
        )


def test_every_explanation_belongs_to_an_experiment() -> None:
    files = {file.relative_to(PROSE).with_suffix("").as_posix() for file in PROSE.rglob("*.md")}
    assert files == {f"{experiment.page}/{experiment.key}" for experiment in EXPERIMENTS}


def test_checking_agrees_with_a_plain_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = ReinforceConfig(hidden_sizes=(8,), total_steps=1000, stop_when_solved=False)
    arm = make_arm([config.changed(seed=seed) for seed in (0, 1)])
    for seed in (0, 1):
        records = list(train(config.changed(seed=seed)))
        late = [record for record in records if record.global_step > 2000 / 3]
        returns = [r.episode_return for r in late if isinstance(r, EpisodeRecord)]
        entropies = [r.entropy for r in late if isinstance(r, UpdateRecord)]
        assert arm.figures["late_return"][seed] == pytest.approx(np.mean(returns))
        assert arm.figures["late_entropy"][seed] == pytest.approx(np.mean(entropies))
        assert arm.figures["updates"][seed] == sum(isinstance(r, UpdateRecord) for r in records)
    assert arm.figures["late_return"][0] != arm.figures["late_return"][1]

    for module in (results, check_experiments):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    save("page", {"usual": arm})
    stored = results.load.__wrapped__("page")["usual"]
    assert stored.settings == settings_text(config)
    assert stored.made_by == made_by("fast")
    np.testing.assert_allclose(stored.curves, arm.curves, atol=0.05)
    assert "late_td_error" not in stored.figures, "REINFORCE has no TD error"


@PAGES
def test_the_stored_runs_begin_as_the_present_code_does(page: str) -> None:
    stretch = STEPS[page] // results.WINDOWS
    config = AGENTS[page].changed(seed=3, total_steps=1000, stop_when_solved=False)
    returns = []
    for record in train(config):
        if record.global_step > stretch:
            break
        if isinstance(record, EpisodeRecord):
            returns.append(record.episode_return)
    # Processors round differently, so two equal runs may become different later.
    stored = results.load(page)[USUAL].curves[3, 0]
    assert np.mean(returns) == pytest.approx(stored, rel=0.2)
