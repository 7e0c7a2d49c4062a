"""Training sessions: training, changes of settings, end, divergence, deletion."""

from __future__ import annotations

import gc
import time
from typing import Any

import numpy as np
import pytest
import torch

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ConfigError, ReinforceConfig, settings_of
from pglab.records import EpisodeRecord, Record, StepRecord, UpdateRecord
from pglab.session.history import RECENT_STEPS
from pglab.session.train import train
from pglab.session.training_session import TrainingSession, Unit
from pglab.stretch import Stretch, step_records, stretch_of
from tests.oracles import (
    CountedCartPole,
    advance_records,
    advance_to_end,
    of_type,
    same_records,
    short_config,
)
from tests.oracles_actor_critic import CELLS, short_cell

EVERY_CELL = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
CONFIG = short_config(episodes_per_update=3)
EASY: dict[str, Any] = {"success_return": 5.0, "smoothing_window": 2, "eval_interval": 100}
RECORDS: dict[Unit, type[StepRecord] | type[EpisodeRecord] | type[UpdateRecord]] = {
    "step": StepRecord,
    "episode": EpisodeRecord,
    "update": UpdateRecord,
}


# --- Training


@pytest.mark.parametrize("unit", list(RECORDS))
@pytest.mark.parametrize("count", [None, 1, 4])
def test_advance_stops_exactly_there(unit: Unit, count: int | None) -> None:
    session = TrainingSession(CONFIG)
    kind = RECORDS[unit]
    for turn in range(1, 4):
        records = advance_records(session, unit, count)
        due = count or 1
        assert sum(isinstance(record, kind) for record in records) == due
        last_step = max(i for i, record in enumerate(records) if isinstance(record, StepRecord))
        assert any(isinstance(record, kind) for record in records[last_step:])
        assert session.global_step == records[-1].global_step
        if unit == "step":
            assert session.global_step == turn * due


def test_records_of_one_step_come_together() -> None:
    session = TrainingSession(CONFIG)
    seen: set[int] = set()
    for _ in range(300):
        step, *consequences = advance_records(session, "step")
        assert isinstance(step, StepRecord)
        kinds = [type(record) for record in consequences]
        ends = step.terminated or step.truncated
        assert kinds in ([[EpisodeRecord], [EpisodeRecord, UpdateRecord]] if ends else [[]])
        assert {record.global_step for record in consequences} <= {step.global_step}
        seen.add(len(kinds))
    assert seen == {0, 1, 2}


def test_nothing_happens_without_time_or_count() -> None:
    session = TrainingSession(CONFIG)
    assert session.advance("step", 0) == []
    assert session.advance(seconds=0.0) == []
    assert session.global_step == 0


@pytest.mark.parametrize(("milliseconds", "calls"), [(6, 3), (9, 2), (16, 1), (30, 1)])
def test_no_call_begins_that_has_hardly_any_time(
    milliseconds: int, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = TrainingSession(CONFIG)
    now = 0.0

    def next_stretch(_unit: object, _limit: int, _seconds: float) -> Stretch:
        nonlocal now
        now += milliseconds / 1000
        return stretch_of(())

    monkeypatch.setattr(session, "_next_stretch", next_stretch)
    monkeypatch.setattr(time, "perf_counter", lambda: now)
    assert len(session.advance("step", seconds=0.02)) == calls


def test_count_bounds_an_advance_with_a_generous_time() -> None:
    session = TrainingSession(CONFIG)
    session.advance("step", 7, seconds=1000)
    assert session.global_step == 7


def test_history_holds_the_whole_run() -> None:
    session = TrainingSession(CONFIG)
    records = advance_to_end(session)
    history = session.history
    episodes, updates = of_type(EpisodeRecord, records), of_type(UpdateRecord, records)
    assert len(history.episodes) == len(episodes) > 50
    assert len(history.updates) == len(updates) > 10
    for name in ("global_step", "episode_return", "length"):
        expected = [getattr(episode, name) for episode in episodes]
        np.testing.assert_array_equal(history.episodes[name], expected)
    for name in ("global_step", "actor_loss", "entropy", "actor_gradient_norm"):
        expected = [getattr(update, name) for update in updates]
        np.testing.assert_array_equal(history.updates[name], expected)
    assert same_records([history.last_update], updates[-1:])
    assert same_records(step_records(history.steps), of_type(StepRecord, records)[-RECENT_STEPS:])


# --- Changing settings


@pytest.fixture(scope="module")
def unchanged() -> list[Record]:
    """All records of a run whose settings do not change."""
    return list(train(CONFIG))


def changed_after(updates: int, settings: dict[str, Any]) -> list[Record]:
    """Change settings one step after an update. Return the records up to two updates later."""
    session = TrainingSession(CONFIG)
    records = advance_records(session, "update", updates) + advance_records(session, "step")
    session.change(**settings)
    return records + advance_records(session, "update", 2)


def until_update(records: list[Record], number: int) -> list[Record]:
    """Return the records before the record of update `number`."""
    updates = (i for i, record in enumerate(records) if isinstance(record, UpdateRecord))
    return records[: list(updates)[number - 1]]


@pytest.mark.parametrize(
    "settings",
    [
        {"gamma": 0.5},
        {"return_form": "whole_episode"},
        {"normalize_returns": True},
        {"min_batch_steps": 200},
        {"episodes_per_update": 9},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_a_change_takes_effect_at_the_next_update(
    unchanged: list[Record], settings: dict[str, Any]
) -> None:
    records = changed_after(4, settings)
    same = until_update(unchanged, 5)
    assert same_records(records[: len(same)], same)
    assert not same_records(records[: len(same) + 1], unchanged[: len(same) + 1])


@pytest.mark.parametrize("settings", [{"learning_rate": 0.1}, {"entropy_coefficient": 1.0}])
def test_a_change_of_the_step_itself_shows_after_the_next_update(
    unchanged: list[Record], settings: dict[str, Any]
) -> None:
    records = changed_after(4, settings)
    update_at = len(until_update(unchanged, 5))
    before, update = unchanged[update_at], records[update_at]
    assert isinstance(before, UpdateRecord)
    assert isinstance(update, UpdateRecord)
    assert same_records(records[:update_at], unchanged[:update_at])
    assert (update.actor_loss, update.entropy) == (before.actor_loss, before.entropy)
    after, after_unchanged = records[update_at + 1], unchanged[update_at + 1]
    assert isinstance(after, StepRecord)
    assert isinstance(after_unchanged, StepRecord)
    assert not np.array_equal(after.action_probabilities, after_unchanged.action_probabilities)


@pytest.mark.parametrize(
    ("name", "setting"), [("policy", "learning_rate"), ("value", "value_learning_rate")]
)
def test_a_new_learning_rate_scales_the_next_step_of_adam(name: str, setting: str) -> None:
    config = CONFIG.changed(baseline="value")

    def fifth_step(**settings: float) -> list[torch.Tensor]:
        session = TrainingSession(config)
        session.advance("update", 4)
        before = [p.detach().clone() for p in session.networks[name].parameters()]
        if settings:
            session.change(**settings)
        session.advance("update")
        after = session.networks[name].parameters()
        return [b.detach() - a for a, b in zip(before, after, strict=True)]

    for usual, scaled in zip(fifth_step(), fifth_step(**{setting: 0.01}), strict=True):
        torch.testing.assert_close(scaled, 10 * usual, rtol=1e-3, atol=1e-6)
        assert scaled.abs().max() > 1e-4


def replay(session: TrainingSession) -> list[Record]:
    """Train a second run with the same changes at the same steps, and return its records."""
    second = TrainingSession(session.initial_config)
    records: list[Record] = []
    for change in session.history.changes:
        records += advance_records(second, "step", change.global_step - second.global_step)
        second.change(**change.settings)
    records += advance_records(second, "step", session.global_step - second.global_step)
    return records + advance_to_end(second) if session.finished else records


def test_changes_are_remembered_and_can_be_replayed(unchanged: list[Record]) -> None:
    session = TrainingSession(CONFIG)
    records = advance_records(session, "episode", 7)
    first_step = session.global_step
    session.change(gamma=0.9, learning_rate=0.02)
    records += advance_records(session, "update", 3)
    later_step = session.global_step
    session.change(entropy_coefficient=0.1)
    records += advance_to_end(session)
    assert [(change.global_step, change.settings) for change in session.history.changes] == [
        (first_step, {"gamma": 0.9, "learning_rate": 0.02}),
        (later_step, {"entropy_coefficient": 0.1}),
    ]
    assert session.initial_config == CONFIG
    assert session.config == CONFIG.changed(gamma=0.9, learning_rate=0.02, entropy_coefficient=0.1)
    assert same_records(records, replay(session))
    assert not same_records(records, unchanged)


@pytest.mark.parametrize(
    "settings",
    [
        [{"gamma": 0.5}, {"gamma": 0.9}],
        [{"gamma": 0.5}, {"learning_rate": 0.1}],
        [{"min_batch_steps": 2048}, {"min_batch_steps": 40}],  # such large batches prevent updates
        [{"episodes_per_update": 32}, {"gamma": 0.5}],
        [{"stop_when_solved": False, "min_batch_steps": 2048}, {"min_batch_steps": 1}],
    ],
)
@pytest.mark.parametrize("steps_between", [0, 1, 300])
def test_changes_with_no_update_in_between_can_be_replayed(
    settings: list[dict[str, Any]], steps_between: int
) -> None:
    session = TrainingSession(CONFIG.changed(**EASY))
    records = advance_records(session, "step", 10)
    for change in settings:
        session.change(**change)
        records += advance_records(session, "step", steps_between)
    records += advance_to_end(session)
    assert same_records(records, replay(session))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"seed": 1}, "cannot change during training"),
        ({"gamma": 0.5, "hidden_sizes": (4,)}, "cannot change during training"),
        ({"gamma": 1.5}, "Choose a number"),
        ({"learning_rate": 0.1, "gamma": float("nan")}, "Choose a number"),
    ],
)
def test_a_refused_change_changes_nothing(
    unchanged: list[Record], settings: dict[str, Any], sentence: str
) -> None:
    session = TrainingSession(CONFIG)
    records = advance_records(session, "step", 20)
    with pytest.raises(ConfigError, match=sentence):
        session.change(**settings)
    assert session.config == CONFIG
    assert session.history.changes == []
    assert same_records(records + advance_to_end(session), unchanged)


@pytest.mark.parametrize("config", [CONFIG, short_cell()], ids=lambda c: type(c).__name__)
def test_exactly_the_described_settings_may_change(config: AgentConfig) -> None:
    for name, described in settings_of(config).items():
        session = TrainingSession(config)
        settings = {name: getattr(config, name)}
        if described.changes_while_running:
            session.change(**settings)
        else:
            with pytest.raises(ConfigError, match=described.label):
                session.change(**settings)


@EVERY_CELL
def test_changes_of_an_actor_critic_can_be_replayed(cell: dict[str, str]) -> None:
    session = TrainingSession(short_cell(**cell))
    records = advance_records(session, "step", 70)
    unchanged = advance_records(TrainingSession(short_cell(**cell)), "step", 100)
    for settings in (
        {"learning_rate": 0.001, "rollout_steps": 3},
        {"critic_only": True, "batch_size": 10},
        {"critic_only": False, "policy_signal": "q"},
    ):
        session.change(**settings)
        records += advance_records(session, "step", 31)
    assert len(session.history.changes) == 3
    assert same_records(records, replay(session))
    assert not same_records(records[: len(unchanged)], unchanged)


def test_a_batch_that_outgrows_the_buffer_is_refused_while_training_runs() -> None:
    session = TrainingSession(short_cell(critic_data="replay", batch_size=6, replay_capacity=30))
    session.advance("step", 20)
    with pytest.raises(ConfigError, match="30 steps"):
        session.change(batch_size=31)
    assert session.history.changes == []
    session.change(batch_size=30)
    session.advance("step", 30)
    update = session.history.last_update
    assert update is not None
    assert update.critic is not None
    assert len(update.critic.targets) == 30


# --- End of a run


def test_ends_at_total_steps() -> None:
    session = TrainingSession(CONFIG)
    records = advance_records(session, "episode", 100_000)
    assert session.outcome == "total_steps"
    assert session.finished
    assert records[-1].global_step == session.global_step == CONFIG.total_steps
    assert session.advance("step", 5) == []
    assert session.problem is None


def test_more_total_steps_resume_a_finished_run() -> None:
    session = TrainingSession(CONFIG)
    records = advance_to_end(session)
    session.change(total_steps=1300)
    assert not session.finished
    records += advance_to_end(session)
    assert same_records(records, train(CONFIG.changed(total_steps=1300)))


def test_fewer_total_steps_than_taken_end_the_run() -> None:
    session = TrainingSession(CONFIG.changed(total_steps=2000))
    session.advance("step", 1100)
    session.change(total_steps=1000)
    assert session.outcome == "total_steps"
    assert session.advance() == []


def test_ends_when_solved() -> None:
    session = TrainingSession(CONFIG.changed(**EASY))
    episode = of_type(EpisodeRecord, advance_to_end(session))[-1]
    assert session.outcome == "solved"
    assert episode.solved
    assert session.history.solved_at == session.global_step == episode.global_step < 1000


def test_stops_at_once_where_asked_to_after_success() -> None:
    session = TrainingSession(CONFIG.changed(**EASY, stop_when_solved=False))
    session.advance("step", 900)
    session.change(stop_when_solved=True)
    assert session.outcome == "solved"
    assert session.advance() == []


def test_goes_on_after_success_where_asked_to() -> None:
    config = CONFIG.changed(**EASY)
    going_on = TrainingSession(config.changed(stop_when_solved=False))
    records = advance_to_end(going_on)
    assert going_on.outcome == "total_steps"

    resumed = TrainingSession(config)
    resumed_records = advance_to_end(resumed)
    resumed.change(stop_when_solved=False)
    resumed_records += advance_to_end(resumed)
    assert same_records(records, resumed_records)
    assert going_on.history.solved_at == resumed.history.solved_at
    assert resumed.history.changes[0].global_step == resumed.history.solved_at


# --- Divergence


@pytest.mark.parametrize("name", ["policy", "value"])
@pytest.mark.parametrize("poison", [float("nan"), float("inf")])
def test_divergence_ends_the_run_with_a_sentence(name: str, poison: float) -> None:
    session = TrainingSession(CONFIG.changed(baseline="value"))
    history = advance_records(session, "episode", 4)
    with torch.no_grad():
        list(session.networks[name].parameters())[-1][0] = poison
    records = advance_records(session, "update", 10)
    assert session.outcome == "diverged"
    assert session.problem is not None
    assert "learning rate" in session.problem
    assert session.problem.endswith(".")
    # Without valid probabilities, the policy takes no step. V is used only in the update.
    assert not of_type(UpdateRecord, records)
    assert bool(of_type(StepRecord, records)) == (name == "value")
    history += records
    assert same_records(of_type(StepRecord, history), step_records(session.history.steps))
    assert len(of_type(EpisodeRecord, history)) == len(session.history.episodes) >= 4
    assert len(of_type(UpdateRecord, history)) == len(session.history.updates) == 1


@EVERY_CELL
@pytest.mark.parametrize("name", ["policy", "critic"])
@pytest.mark.parametrize("poison", [float("nan"), float("inf")])
def test_divergence_of_an_actor_critic_ends_the_run_with_a_sentence(
    cell: dict[str, str], name: str, poison: float
) -> None:
    session = TrainingSession(short_cell(**cell))
    session.advance("update", 4)
    with torch.no_grad():
        list(session.networks[name].parameters())[-1][0] = poison
    records = advance_records(session, "update", 10)
    assert session.outcome == "diverged"
    assert session.problem is not None
    assert "learning rate" in session.problem
    assert not of_type(UpdateRecord, records)
    assert bool(of_type(StepRecord, records)) == (name == "critic")
    assert len(session.history.updates) == 4


def test_a_diverged_run_stays_ended() -> None:
    session = TrainingSession(CONFIG)
    session.advance("episode", 1)
    with torch.no_grad():
        next(session.networks["policy"].parameters()).fill_(torch.nan)
    session.advance()
    problem = session.problem
    session.change(learning_rate=1e-4)
    assert session.advance("step", 3) == []
    assert session.outcome == "diverged"
    assert session.problem == problem


def test_divergence_in_the_update_leaves_the_policy_as_it_was() -> None:
    session = TrainingSession(CONFIG.changed(baseline="value"))
    session.advance("update")
    before = [p.detach().clone() for p in session.networks["policy"].parameters()]
    with torch.no_grad():
        next(session.networks["value"].parameters()).fill_(torch.nan)
    session.advance("update")
    assert session.outcome == "diverged"
    after = session.networks["policy"].parameters()
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


# --- Deletion of a session


def test_a_dropped_session_frees_its_environment() -> None:
    gc.collect()
    before = len(CountedCartPole.alive)
    session = TrainingSession(CONFIG)
    records = advance_records(session, "update", 2)  # the records must not keep the run alive
    history = session.history
    assert len(CountedCartPole.alive) == before + 1
    del session
    gc.collect()
    assert len(CountedCartPole.alive) == before
    assert len(of_type(EpisodeRecord, records)) == len(history.episodes)


def test_an_unusable_environment_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="Pendulum"):
        TrainingSession(ReinforceConfig(env_id="Pendulum-v1"))


# --- Properties


@pytest.mark.parametrize("name", CELLS)
def test_gradient_steps_and_buffer(name: str) -> None:
    """With 4, 8, 12, 16, 20 or more steps, the buffer gives 0, 1, 2, 2 and 3 batches of 6."""
    session = TrainingSession(short_cell(**CELLS[name]))
    assert session.gradient_steps == 0
    session.advance("update", 20)
    critic_steps = 0 + 1 + 2 + 2 + 16 * 3
    expected = {"shared on_policy": 20, "split on_policy": 40}
    assert session.gradient_steps == expected.get(name, 20 + critic_steps)
    held = len(session.buffer) if session.buffer is not None else None
    assert held == (30 if name.endswith("replay") else None)
    assert (session.milliseconds_per_1000_steps or 0) > 0
    assert TrainingSession(CONFIG).milliseconds_per_1000_steps is None


def test_waiting_is_no_time_of_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """If waiting counted, a run could get only a few steps ahead of its further seeds."""
    session = TrainingSession(CONFIG)
    advance = TrainingSession._next_stretch

    def waiting(self: TrainingSession, unit: Unit, limit: int, seconds: float) -> Stretch:
        time.sleep(0.05)
        return advance(self, unit, limit, seconds)

    TrainingSession(CONFIG).advance()  # loads the compiled code, which takes long
    monkeypatch.setattr(TrainingSession, "_next_stretch", waiting)
    session.advance("step")
    assert (session.milliseconds_per_1000_steps or 0) < 1e6 * 0.05


def test_reinforce_has_no_buffer() -> None:
    session = TrainingSession(CONFIG.changed(baseline="value"))
    assert session.buffer is None
    session.advance("update", 3)
    assert session.gradient_steps == 6


@pytest.mark.parametrize("engine", ["fast", "reference"])
def test_a_shorter_rollout_is_used_at_the_next_step(engine: str) -> None:
    session = TrainingSession(ActorCriticConfig(rollout_steps=16, engine=engine))
    session.advance("step", 10)
    session.change(rollout_steps=4)
    session.advance("step", 1)
    assert session.history.updates["global_step"].tolist() == [11]
