"""The file of the stored policies has the right contents, and wrong files are refused."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pglab.config import ReinforceConfig
from pglab.gradient_noise.measurement import finished, measure
from pglab.session.stored.policies import FILE, STEPS, load
from pglab.studies.example_policies import save, trained
from pglab.ui.pages.gradient_lab.controls import EXAMPLE_STEP


def test_the_file_holds_the_default_agent_and_its_first_policy_is_untrained() -> None:
    stored = load()
    assert tuple(stored) == STEPS
    assert {snapshot.config for snapshot in stored.values()} == {ReinforceConfig()}
    fresh = trained(ReinforceConfig(), 0).networks["policy"].state_dict()
    for name, weight in stored[0].networks["policy"].state_dict().items():
        assert torch.equal(weight, fresh[name])


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "policies.npz"
    save(path, list(load().values()))
    for step, snapshot in load(path).items():
        weights = load()[step].networks["policy"].state_dict()
        for name, weight in snapshot.networks["policy"].state_dict().items():
            assert torch.equal(weight, weights[name])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("0/head.bias", np.zeros(3, np.float32), "names or shapes"),
        ("0/head.bias", np.zeros(2), "float32"),
        ("0/head.bias", np.array([0, np.nan], np.float32), "finite"),
        ("7/head.bias", np.zeros(2, np.float32), "not a parameter of a policy"),
        ("settings", np.array('{"gamma": "9"}'), "gamma"),
        ("0/head.bias", np.array([None, {}]), "allow_pickle"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, name: str, value: Any, words: str) -> None:
    with np.load(FILE) as file:
        arrays = {key: file[key] for key in file.files}
    path = tmp_path / "policies.npz"
    np.savez(path, **(arrays | {name: value}))
    with pytest.raises(ValueError, match=words):
        load(path)


def test_on_the_policy_that_the_page_opens_with_each_baseline_clearly_helps() -> None:
    """The test uses other seeds than the page."""
    for seed in (0, 1):
        report = finished(measure(load()[EXAMPLE_STEP], 100, seed))
        assert report.value_over_mean.high < 1
        ratios = [of.ratio for of in report.estimators.values()]
        assert all(less.estimate < more.estimate for more, less in pairwise(ratios))
        assert report.value_over_to_go.high < 1
        assert all(report.survey.has_signal(name) for name in report.estimators)
