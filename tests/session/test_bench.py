"""The bench of a page: restarts, earlier runs, turns at every speed, rewinding and forking."""

import pytest

from pglab.config import ConfigError, ReinforceConfig
from pglab.session.bench import OVERLAYS_KEPT, Bench
from pglab.session.pacing import FIRST_SPEED, FULL_SPEED, REAL_TIME, SPEEDS

QUICK = ReinforceConfig(hidden_sizes=(8,), min_batch_steps=16)


def trained_bench(updates: int = 3) -> Bench:
    bench = Bench(QUICK)
    for _ in range(updates):
        bench.advance("update")
    return bench


def returns_of(bench: Bench) -> list[float]:
    """Return the returns of all episodes."""
    returns: list[float] = bench.session.history.episodes["episode_return"].tolist()
    return returns


def test_reset_keeps_the_run_and_starts_from_the_same_start() -> None:
    bench = trained_bench()
    before = returns_of(bench)
    bench.reset()
    assert bench.session.global_step == 0
    assert not bench.running
    assert len(bench.past) == 1
    assert bench.past[0].episodes == len(before)
    for _ in range(3):
        bench.advance("update")
    assert returns_of(bench) == before


def test_a_run_without_a_step_leaves_no_overlay() -> None:
    bench = Bench(QUICK)
    bench.reset()
    assert bench.past == []


def test_settings_that_can_change_go_on_and_others_restart() -> None:
    bench = trained_bench()
    steps = bench.session.global_step
    bench.use(QUICK.changed(gamma=0.5))
    assert bench.session.global_step == steps
    assert bench.session.config.gamma == 0.5
    assert bench.past == []
    bench.use(QUICK.changed(gamma=0.5, hidden_sizes=(4,)))
    assert bench.session.global_step == 0
    assert [change.settings for change in bench.past[0].changes] == [{"gamma": 0.5}]


def test_a_refused_setting_leaves_the_run_in_place() -> None:
    bench = trained_bench()
    session = bench.session
    with pytest.raises(ConfigError):
        bench.use(QUICK.changed(env_id="Nowhere-v0"))
    assert bench.session is session
    assert bench.past == []


def test_one_step_pauses_and_shows_the_training_environment() -> None:
    bench = trained_bench()
    bench.run()
    steps = bench.session.global_step
    bench.advance("step")
    assert bench.session.global_step == steps + 1
    assert not bench.running
    assert bench.shows_training_steps
    bench.advance("update")
    assert not bench.shows_training_steps


def test_a_visit_begins_at_a_speed_that_one_can_follow() -> None:
    assert Bench(QUICK).speed == FIRST_SPEED
    assert FIRST_SPEED in SPEEDS
    assert REAL_TIME < FIRST_SPEED <= 5_000


@pytest.mark.parametrize("speed", [5.0, 500.0])
def test_ticks_take_the_steps_that_the_speed_owes(speed: float) -> None:
    bench = Bench(QUICK)
    bench.speed = speed
    bench.run()
    bench.pacemaker.interval = 0.5
    bench.take_turn()  # the first turn uses the preset interval
    assert bench.session.global_step == int(0.5 * speed)


def test_a_run_ends_once_and_takes_no_further_step() -> None:
    bench = Bench(QUICK.changed(total_steps=1_000))
    bench.speed = FULL_SPEED
    bench.run()
    while bench.running:
        bench.take_turn()
    assert bench.session.outcome == "total_steps"
    assert bench.session.global_step == 1_000
    bench.run()
    assert not bench.running
    bench.use(bench.session.config.changed(total_steps=2_000))
    bench.run()
    assert bench.running


# --- Rewinding and forking


def rewound_bench() -> Bench:
    """Make a bench with a run of 600 steps, rewound to step 500."""
    bench = Bench(QUICK)
    bench.session.advance("step", 600)
    bench.rewind(bench.session.checkpoints[1])
    return bench


def test_a_run_that_went_back_shows_how_far_it_was_until_it_is_there_again() -> None:
    bench = Bench(QUICK)
    bench.session.advance("step", 600)
    whole, ends = returns_of(bench), bench.session.history.episodes["global_step"].tolist()
    bench.rewind(bench.session.checkpoints[1])
    assert (bench.session.global_step, bench.rewound, bench.running) == (500, True, False)
    [overlay] = bench.earlier_curves(lambda past: f"run {past.number}")
    assert overlay.steps.tolist() == ends
    bench.session.advance("step", 100)
    assert bench.earlier_curves(lambda past: "") == []
    assert returns_of(bench) == whole
    assert bench.past == []


def test_a_changed_setting_makes_a_fork_and_keeps_the_run() -> None:
    bench = rewound_bench()
    bench.use(QUICK.changed(gamma=0.5))
    assert bench.past[0].global_step == 600
    assert bench.past[0].changes == ()
    assert bench.forked == (1, 500)
    assert bench.run_number == 2
    assert not bench.rewound
    assert [point.global_step for point in bench.session.checkpoints] == [0, 500]
    bench.session.advance("step", 100)
    bench.reset()
    assert bench.past[1].forked == (1, 500)
    assert [change.settings for change in bench.past[1].changes] == [{"gamma": 0.5}]
    assert bench.forked is None


def test_a_reset_after_going_back_loses_nothing() -> None:
    bench = rewound_bench()
    bench.reset()
    assert [past.global_step for past in bench.past] == [600]
    assert bench.session.global_step == 0


def test_snapshots_are_those_of_all_runs_and_never_change() -> None:
    bench = rewound_bench()
    bench.fork()
    bench.session.advance("step", 50)
    found = [(snapshot.run, snapshot.global_step) for snapshot in bench.snapshots()]
    assert found == [(1, 0), (1, 500), (1, 600), (2, 0), (2, 500), (2, 550)]
    before = [[p.tolist() for p in s.networks["policy"].parameters()] for s in bench.snapshots()]
    kept = bench.snapshots()
    bench.session.advance("update", 3)
    assert [[p.tolist() for p in s.networks["policy"].parameters()] for s in kept] == before


def test_only_the_last_earlier_runs_keep_their_networks() -> None:
    bench = Bench(QUICK)
    for _ in range(OVERLAYS_KEPT + 2):
        bench.session.advance("step", 5)
        bench.reset()
    assert [bool(past.snapshots) for past in bench.past] == [False] * 2 + [True] * OVERLAYS_KEPT
