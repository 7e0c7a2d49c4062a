"""The differences between an earlier run and the current run, within the plotted part."""

from __future__ import annotations

import pytest

from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.session.bench import Bench
from pglab.session.history import Change
from pglab.session.run_differences import Course, differences_in_words
from pglab.ui.stage.panels.returns import past_label

USUAL = ReinforceConfig()


def changed(*changes: tuple[int, dict[str, float]]) -> tuple[Change, ...]:
    return tuple(Change(step, 0, settings) for step, settings in changes)


@pytest.mark.parametrize(
    ("past", "present", "until", "expected"),
    [
        (Course(USUAL, ()), Course(USUAL, ()), 900, []),
        (Course(USUAL.changed(total_steps=5_000), ()), Course(USUAL, ()), 900, []),
        (Course(USUAL.changed(seed=3, gamma=0.9), ()), Course(USUAL, ()), 900, ["γ 0.9", "seed 3"]),
        # A fork: from step 500 on, the current run has another α.
        (
            Course(USUAL, ()),
            Course(USUAL, changed((500, {"learning_rate": 0.01}))),
            900,
            ["α 0.001 from step 500"],
        ),
        # A change after the plotted part is not a difference.
        (Course(USUAL, ()), Course(USUAL, changed((500, {"gamma": 0.5}))), 400, []),
        (
            Course(USUAL, changed((100, {"gamma": 0.5}), (300, {"gamma": 0.99}))),
            Course(USUAL, ()),
            900,
            ["γ 0.5 from step 100 to 300"],
        ),
        (
            Course(USUAL, changed((100, {"gamma": 0.5}))),
            Course(USUAL.changed(gamma=0.5), ()),
            900,
            ["γ 0.99 to step 100"],
        ),
        (
            Course(USUAL, changed((100, {"gamma": 0.5}))),
            Course(USUAL, changed((100, {"gamma": 0.5}))),
            900,
            [],
        ),
    ],
)
def test_differences_in_the_part_that_is_drawn(
    past: Course, present: Course, until: float, expected: list[str]
) -> None:
    assert differences_in_words(past, present, until) == expected


def test_a_setting_without_effect_is_no_difference() -> None:
    shared = ActorCriticConfig.shared_on_policy()
    other = shared.changed(replay_capacity=5_000)
    assert differences_in_words(Course(other, ()), Course(shared, ()), 100) == []
    replay = ActorCriticConfig.split_replay()
    less = replay.changed(replay_capacity=5_000)
    assert differences_in_words(Course(less, ()), Course(replay, ()), 100) != []


def test_the_label_of_a_run_that_was_forked() -> None:
    bench = Bench(ReinforceConfig(hidden_sizes=(8,), min_batch_steps=16))
    bench.session.advance("step", 600)
    bench.rewind(bench.session.checkpoints[1])
    bench.use(bench.session.config.changed(learning_rate=0.01))
    [past] = bench.past
    assert past_label(past, bench, 2_500) == "run 1: α 0.001 from step 500"
    assert past_label(past, bench, 400) == "run 1: same settings"
