"""What the comparison says about stored runs, against those runs."""

from __future__ import annotations

import numpy as np
import pytest

from pglab.comparison import PAIRS
from pglab.config import ReinforceConfig
from pglab.evidence import checks, evidence_text, stored_agent, stored_band
from pglab.learning_curves import load


def test_the_stored_runs_bear_out_what_the_page_says() -> None:
    assert [claim for claim, holds in checks() if not holds] == []
    text = evidence_text()
    assert "10 of 10 split runs" in text
    assert "0 of 10 shared runs" in text
    assert "{" not in text


@pytest.mark.parametrize(
    ("pair", "agents"),
    [
        ("seminar", ["shared_on_policy", "split_replay"]),
        ("body", ["equal_shared_on_policy", "equal_split_on_policy"]),
        ("data", ["equal_split_on_policy", None]),  # its replay does less work than the cell's
        ("gamma", ["reinforce", None]),
    ],
)
def test_only_sides_that_were_stored_have_stored_curves(
    pair: str, agents: list[str | None]
) -> None:
    assert [stored_agent(config) for config in PAIRS[pair].configs] == agents


def test_the_stored_band_is_the_middle_half_of_the_seeds() -> None:
    band = stored_band(ReinforceConfig(seed=7))
    assert band is not None
    means = load("reinforce").mean_returns()
    assert band.median[5] == np.median(means[:, 5])
    assert band.low[5] == np.quantile(means[:, 5], 0.25)
    assert band.label == f"{len(means)} stored seeds"
    assert stored_band(ReinforceConfig(env_id="Acrobot-v1")) is None
