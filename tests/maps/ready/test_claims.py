"""The sentences about the maps that come with the repository hold on these maps."""

from __future__ import annotations

import pytest

from pglab.maps.ready.claims import CLAIMS, broken_claims
from pglab.maps.ready.shipped import PLANS, load
from pglab.maps.run_result import WINDOWS, RunResult


@pytest.mark.parametrize("name", PLANS)
def test_every_stored_map_has_its_plan_and_true_sentences(name: str) -> None:
    plan, results = load(name)
    assert plan == PLANS[name]
    assert set(results) == set(plan.runs())
    assert len(CLAIMS[name]) >= 2
    assert broken_claims(name, plan, results) == []


@pytest.mark.parametrize("name", CLAIMS)
def test_every_sentence_fails_on_a_map_without_learning(name: str) -> None:
    plan = PLANS[name]
    flat = RunResult(
        plan.total_steps, (50.0,) * WINDOWS, (1,) * WINDOWS, solved_at=None, diverged_at=None
    )
    results = dict.fromkeys(plan.runs(), flat)
    assert broken_claims(name, plan, results) == [claim.sentence for claim in CLAIMS[name]]
