"""The sentences about stored runs are true for these runs."""

from __future__ import annotations

import numpy as np
import pytest

from pglab.config import ReinforceConfig
from pglab.experiments import results
from pglab.experiments.evidence import COLLAPSED, evidence_text, last_returns, verdict
from pglab.experiments.home_answers import answers, loss_table
from pglab.session.side_by_side.comparison import PAIRS
from pglab.session.side_by_side.contrasts import names_of
from pglab.session.stored.usual_curves import load, stored_agent, stored_band
from pglab.studies.check_sharing import checks


def test_the_stored_runs_bear_out_what_the_page_says() -> None:
    assert [claim for claim, holds in checks() if not holds] == []
    assert "{" not in evidence_text()
    assert not any("{" in answer for answer in answers())
    assert len(answers()) == 3


@pytest.mark.parametrize("pair", PAIRS)
def test_the_verdict_over_a_comparison_is_of_its_own_agents(pair: str) -> None:
    configs = PAIRS[pair].configs
    names = names_of(configs)
    text = verdict(configs, names)
    agents = [stored_agent(config) for config in configs]
    stored = [last_returns(agent) for agent in agents if agent is not None]
    assert bool(text) == (len(stored) == len(configs))
    if text:
        seeds = min(map(len, stored))
        assert f"over {seeds} stored seeds" in text
        for name, returns in zip(names, stored, strict=True):
            assert f"{name} **{np.median(returns[:seeds]):.0f}**" in text
    assert bool(text) == (pair not in ("gamma", "learning_rate"))


def test_the_lowest_loss_belongs_to_the_worst_policy() -> None:
    """The text of REINFORCE claims this below its table of losses."""
    rows = [[cell.strip() for cell in row.split("|")] for row in loss_table().splitlines()[2:]]
    losses, returns = ([float(row[n]) for row in rows] for n in (3, 4))
    assert losses == sorted(losses)
    assert returns[0] == min(returns)
    assert losses[0] < min(losses[1:])


def test_without_a_baseline_the_loss_rises_with_the_return() -> None:
    """The home page and the chapter *Idea* of REINFORCE claim this."""
    runs = results.load("reinforce")["usual_60000"].figures
    assert np.corrcoef(runs["late_loss"], runs["late_return"])[0, 1] > 0.5


def test_most_shared_bodies_without_the_critics_gradient_collapse() -> None:
    """The page about shared bodies gives this as a reason for the benefit of sharing."""
    runs = results.load("shared_on_policy")["critic_kept_out"].figures
    assert np.mean(runs["late_return"] < COLLAPSED) > 0.5


def test_the_four_cells_say_whether_replay_leaves_a_difference_of_the_bodies() -> None:
    configs = PAIRS["cells"].configs
    told = verdict(configs, names_of(configs))
    assert "with replay, shared and split bodies: no clear difference (p = 0.13)" in told


@pytest.mark.parametrize(
    ("pair", "agents"),
    [
        ("seminar", ["shared_on_policy", "split_replay"]),
        ("body", ["equal_shared_on_policy", "equal_split_on_policy"]),
        ("data", ["equal_split_on_policy", "same_work_split_replay"]),
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
