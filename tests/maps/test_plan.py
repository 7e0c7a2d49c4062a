"""Plans of maps: their cells, their order, and what is refused."""

from __future__ import annotations

import pytest

from pglab.config import ActorCriticConfig, ConfigError, ReinforceConfig
from pglab.maps.plan import Axis, Cell, MapPlan, plan_from_texts
from pglab.maps.running.keys import result_key
from pglab.maps.running.order import Order, coarse_to_fine

PLAN = MapPlan(
    ReinforceConfig(),
    (Axis("gamma", (0.9, 0.99)), Axis("learning_rate", (1e-4, 1e-3, 1e-2))),
    seeds=4,
    total_steps=1_000,
)


def test_each_cell_has_its_settings_and_each_seed() -> None:
    assert PLAN.shape == (2, 3)
    assert len(PLAN.cells) == 6
    config = PLAN.config_of((1, 2), seed=3)
    assert (config.gamma, config.learning_rate, config.seed) == (0.99, 0.01, 3)
    assert (config.total_steps, config.stop_when_solved) == (1_000, False)
    assert len(set(PLAN.runs())) == 24
    assert PLAN.steps == 24_000


def test_the_cell_of_other_settings() -> None:
    here = ReinforceConfig(gamma=0.9, learning_rate=1e-2, seed=7, total_steps=50_000)
    assert PLAN.cell_of(here) == (0, 2)
    assert PLAN.cell_of(here.changed(gamma=0.95)) is None
    assert PLAN.cell_of(here.changed(hidden_sizes=(8,))) is None


def test_a_plan_is_read_from_texts() -> None:
    axes = [("gamma", ["0.99", "0.9"]), ("learning_rate", ["0.01", "1e-4", "0.001", "0.0001"])]
    assert plan_from_texts(ReinforceConfig(), axes, 4, 1_000) == PLAN
    signals = ["q", "advantage_max"]
    plan = plan_from_texts(ActorCriticConfig(), [("policy_signal", signals)], 3, 1_000)
    assert set(plan.axes[0].values) == set(signals)


@pytest.mark.parametrize(
    ("axes", "seeds", "steps", "words"),
    [
        ([], 3, 1_000, "one or two"),
        ([("gamma", ["0.9", "1"])] * 2, 3, 1_000, "different settings"),
        ([("gamma", ["0.9"])], 3, 1_000, "2 to 25 values"),
        ([("gamma", ["0.9", "2"])], 3, 1_000, "Discount"),
        ([("gamma", ["0.9", "<b>"])], 3, 1_000, "Discount"),
        ([("nothing", ["1", "2"])], 3, 1_000, "cannot vary “nothing”"),
        ([("seed", ["1", "2"])], 3, 1_000, "cannot vary “seed”"),
        ([("gamma", ["0.9", "1"])], 2, 1_000, "3 to 30 seeds"),
        ([("gamma", ["0.9", "1"])], 3, 99, "whole number from 1,000"),
        ([("value_learning_rate", ["0.01", "0.1"])], 3, 1_000, "has no effect"),
    ],
)
def test_what_cannot_be_a_map(
    axes: list[tuple[str, list[str]]], seeds: int, steps: int, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        plan_from_texts(ReinforceConfig(), axes, seeds, steps)


def test_a_setting_may_depend_on_the_other_axis() -> None:
    axes = [("value_learning_rate", ["0.01", "0.1"]), ("baseline", ["none", "value"])]
    assert len(plan_from_texts(ReinforceConfig(), axes, 3, 1_000).cells) == 4


def test_the_first_cells_lie_far_apart() -> None:
    assert coarse_to_fine([9])[:5] == [(0,), (8,), (4,), (2,), (6,)]
    assert coarse_to_fine([3, 3])[:4] == [(0, 0), (0, 2), (2, 0), (2, 2)]
    assert set(coarse_to_fine([2, 5])) == {(a, b) for a in range(2) for b in range(5)}


def test_three_seeds_everywhere_and_then_where_least_is_known() -> None:
    order = Order(PLAN)
    begun: dict[Cell, set[int]] = {}
    for count in range(18):
        run = order.next_run(begun, {})
        assert run is not None
        cell, seed = run
        assert seed == count // 6
        begun.setdefault(cell, set()).add(seed)
    values = {cell: [1.0, 1.0, 1.0] for cell in PLAN.cells} | {(1, 1): [1.0, 2.0, 9.0]}
    assert order.next_run(begun, values) == ((1, 1), 3)
    begun[1, 1].add(3)
    assert order.next_run(begun, values) not in (None, ((1, 1), 3))
    assert order.next_run({cell: range(4) for cell in PLAN.cells}, values) is None


def test_the_key_of_a_result_depends_on_every_setting() -> None:
    config = PLAN.config_of((0, 0))
    others = [
        config.changed(seed=1),
        config.changed(total_steps=1_001),
        config.changed(gamma=0.91),
        config.changed(engine="reference"),
        config.changed(hidden_sizes=()),
    ]
    keys = {result_key(one) for one in (config, *others)}
    assert len(keys) == 6
    assert all(len(key) == 64 for key in keys)
    assert result_key(PLAN.config_of((0, 0))) in keys
