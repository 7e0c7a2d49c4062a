"""The link from a phone to the page of the member's own run."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from pglab import language
from pglab.agent_places import config_at
from pglab.algorithms.agents import AgentConfig
from pglab.classroom.room.membership import Member, join
from pglab.classroom.room.opening import open_room
from pglab.classroom.room.own_runs.training import (
    band,
    is_run_of,
    let_train,
    runs_of,
    save_run,
    student_run,
)
from pglab.classroom.room.own_runs.training_plan import TrainingPlan
from pglab.commands.seeds import seeds_of, train_all
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.library.store.library import Library
from pglab.library.store.runs.kept import new_key
from pglab.session.seeds.statistics import band_of, smoothed_curve, stop_of
from pglab.session.training_session import TrainingSession
from pglab.ui.room.training_link import stored_run, training_address
from tests.classroom.lessons import EXAMPLE
from tests.room.serving import saved_run

STUDENTS = 30
SHARED = ActorCriticConfig(seed=7, hidden_sizes=(8,), learning_rate=0.002)
RATES = TrainingPlan(SHARED, 2_000, "learning_rate", 0.01, 0.1)


def parameters_of(plan: TrainingPlan, member: Member) -> tuple[str, dict[str, str]]:
    parts = urlsplit(training_address(plan, member, "K7M3P", 3))
    return parts.path, {name: text for name, (text,) in parse_qs(parts.query).items()}


def opened_by(plan: TrainingPlan, member: Member) -> AgentConfig:
    """The settings of the page that the link opens."""
    path, parameters = parameters_of(plan, member)
    config = config_at(path, parameters)
    assert config is not None
    return config


def test_the_band_of_thirty_students_is_that_of_one_command(library: Library) -> None:
    plan = TrainingPlan(ReinforceConfig(seed=7, hidden_sizes=(8,)), 1_000)
    room = open_room(library, new_key(), EXAMPLE)
    let_train(library, room.key, 1, plan)
    for student in range(STUDENTS):
        member = join(library, room.full_code, visitor="10.0.0.1").member
        session = TrainingSession(opened_by(plan, member))
        while not session.finished:
            session.advance("step", 401 + 17 * student)  # each browser in its own portions
            assert is_run_of(session, plan.config_of(member.number))
            save_run(library, member, 1, plan, student_run(session, plan))
    together = seeds_of(plan.config_of(1), STUDENTS)
    train_all(together, lambda _done, _all: None)
    curves = [smoothed_curve(session) for session in together]
    expected = band_of(curves, [stop_of(session) for session in together], plan.steps)
    runs = runs_of(library, room.room, 1)
    found = band(runs, plan)
    assert [run.run.seed for run in runs] == list(range(7, 7 + STUDENTS))
    assert found is not None
    assert expected is not None
    for name in ("steps", "low", "median", "high"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()


def test_a_student_can_change_only_what_the_class_chooses() -> None:
    member = Member("room", 2, "", 1)
    own_seed = TrainingPlan(SHARED, 2_000)
    path, parameters = parameters_of(own_seed, member)
    assert path == "shared_body"
    assert (parameters["lock"], parameters["hide"]) == ("settings", "new_seed,seeds")
    assert opened_by(own_seed, member) == own_seed.config_of(2)
    path, parameters = parameters_of(RATES, member)
    assert (path, parameters["hide"]) == ("shared_body", "new_seed,seeds,settings")
    assert opened_by(RATES, member) == RATES.config_of(2, 0.01)  # the nearest to that of the class


@pytest.mark.parametrize("plan", [replace(RATES, setting=None, low=0, high=0), RATES])
def test_the_last_own_run_is_found_again(library: Library, plan: TrainingPlan) -> None:
    member, own, other = Member("room", 2, "", 1), new_key(), new_key()
    assert stored_run(library, own, plan, member) == ""
    saved_run(library, other, plan.config_of(2, plan.first_value))
    saved_run(library, own, plan.config_of(1, plan.first_value))  # the seed of another member
    saved_run(library, own, replace(SHARED, seed=8, learning_rate=0.5))  # outside the limits
    saved_run(library, own, ReinforceConfig(seed=8))
    assert stored_run(library, own, plan, member) == ""
    if plan.setting is not None:
        saved_run(library, own, plan.config_of(2, 0.01))
    mine = saved_run(library, own, plan.config_of(2, plan.high or None))
    assert stored_run(library, own, plan, member) == mine
    assert f"run={mine}" in training_address(plan, member, "K7M3P", 3, mine)


def test_the_link_keeps_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    member = Member("room", 2, "", 1)
    assert "lang" not in parameters_of(RATES, member)[1]
    monkeypatch.setattr(language, "languages", lambda: ("en", "ru"))
    token = language._language.set("ru")
    try:
        assert parameters_of(RATES, member)[1]["lang"] == "ru"
    finally:
        language._language.reset(token)
