"""A stored run continues exactly, and damaged bytes are refused with a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ConfigError, ReinforceConfig
from pglab.library.contents import RunContents
from pglab.library.encoding import decoded, encoded
from pglab.library.snapshot import contents_of, session_from
from pglab.library.state.run import policy_of
from pglab.library.state.taking import StateError
from pglab.session.training_session import TrainingSession
from tests.oracles import short_config
from tests.oracles_actor_critic import short_cell

CONFIGS: dict[str, AgentConfig] = {
    "reinforce": ReinforceConfig(),
    "shared": ActorCriticConfig.shared_on_policy(),
    "split": ActorCriticConfig.split_replay(),
    "reference": short_config(baseline="value", engine="reference", hidden_sizes=()),
    "acrobot": short_config(env_id="Acrobot-v1"),
    "shared replay": short_cell(body="shared", critic_data="replay", replay_capacity=300),
    "split reference": short_cell(engine="reference", env_id="MountainCar-v0"),
    "critic only": short_cell(critic_only=True, hidden_sizes=(8, 8)),
}


def session_at(config: AgentConfig, step: int) -> TrainingSession:
    session = TrainingSession(config)
    if step:
        session.advance("step", step)
    return session


def as_bytes(session: TrainingSession) -> tuple[bytes, Any]:
    """Everything that the session consists of, but for the time that training took."""
    contents = replace(contents_of(session), training_seconds=0.0)
    return encoded(contents), contents.state.blocks


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("step", [0, 1, 777])
def test_a_stored_run_continues_exactly(config: AgentConfig, step: int) -> None:
    session = session_at(config, step)
    if step > 1:
        session.change(learning_rate=0.003)
    contents = contents_of(session)
    again = session_from(decoded(encoded(contents), contents.state.blocks))
    for steps in (1, 400):
        session.advance("step", steps)
        again.advance("step", steps)
    assert as_bytes(again) == as_bytes(session)


def test_saving_does_not_change_the_run() -> None:
    looked_at, alone = (session_at(CONFIGS["split"], 500) for _ in range(2))
    for _ in range(5):
        contents_of(looked_at)
        looked_at.advance("step", 37)
    alone.advance("step", 5 * 37)
    assert as_bytes(looked_at) == as_bytes(alone)


@pytest.mark.parametrize("name", ["reinforce", "critic only"])
def test_the_policy_is_that_of_the_run(name: str) -> None:
    import torch

    session = session_at(CONFIGS[name], 600)
    policy = policy_of(contents_of(session))
    observations = torch.linspace(-1, 1, 40).reshape(10, 4)
    with torch.no_grad():
        assert torch.equal(policy(observations), session.networks["policy"](observations))


def test_ended_and_diverged_runs_stay_ended() -> None:
    config = short_config(total_steps=1_000)
    ended = session_from(contents_of(session_at(config, 1_000)))
    assert ended.outcome == "total_steps"
    diverged = session_at(short_config(learning_rate=0.1, total_steps=3_000), 200)
    diverged.outcome, diverged.problem = "diverged", "Training stopped at step 200."
    again = session_from(contents_of(diverged))
    assert (again.outcome, again.problem) == ("diverged", "Training stopped at step 200.")
    assert not again.advance("step", 5)


# --- Damaged bytes


def changed(data: bytes, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> bytes:
    """The file after a change of its facts and arrays."""
    length = int.from_bytes(data[:8], "little")
    facts = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["pglab"])
    arrays = safetensors.numpy.load(data)
    change(facts, arrays)
    return safetensors.numpy.save(arrays, {"pglab": json.dumps(facts)})


def reopen(data: bytes, contents: RunContents) -> TrainingSession:
    return session_from(decoded(data, contents.state.blocks))


DAMAGES: dict[str, Callable[[dict[str, Any], dict[str, Any]], object]] = {
    "newer format": lambda f, a: f.update(format=2),
    "no format": lambda f, a: f.pop("format"),
    "unknown agent": lambda f, a: f.update(agent="dqn"),
    "unknown setting": lambda f, a: f["settings"].update(x=1),
    "refused setting": lambda f, a: f["settings"].update(gamma=7),
    "huge network": lambda f, a: f["settings"].update(hidden_sizes=[10**6]),
    "other network": lambda f, a: f["settings"].update(hidden_sizes=[16]),
    "other environment": lambda f, a: f["settings"].update(env_id="Acrobot-v1"),
    "unknown environment": lambda f, a: f["settings"].update(env_id="os:system"),
    "negative step": lambda f, a: f["state"].update(global_step=-1),
    "step is a text": lambda f, a: f["state"].update(global_step="9"),
    "step is huge": lambda f, a: f["state"].update(global_step=10**30),
    "return is NaN": lambda f, a: f["state"].update(episode_return=float("nan")),
    "streams": lambda f, a: f["state"]["streams"].update(actions=["1", "x"]),
    "stream is too large": lambda f, a: f["state"]["streams"].update(actions=["9" * 99, "1"]),
    "readings": lambda f, a: f["state"].update(readings=[1.0] * 99),
    "transitions": lambda f, a: f["state"].update(transitions=10_000),
    "changes": lambda f, a: f.update(changes=[{"global_step": 1}]),
    "stride": lambda f, a: f["updates"].update(stride=0),
    "rows": lambda f, a: f["episodes"].update(appended=10**12),
    "outcome": lambda f, a: f.update(outcome="won"),
    "missing array": lambda f, a: a.pop("state/observation"),
    "further array": lambda f, a: a.update({"state/x": np.zeros(3)}),
    "NaN parameter": lambda f, a: a["state/policy/head.bias"].fill(np.nan),
    "shape": lambda f, a: a.update({"state/policy/head.bias": np.zeros(9, np.float32)}),
    "type": lambda f, a: a.update({"state/policy/head.bias": np.zeros(2)}),
    "action": lambda f, a: a["state/collected/action"].fill(7),
    "last update": lambda f, a: a["recent/last/updates/batch_end"].fill(10**9),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_facts_and_arrays_are_refused(
    damage: Callable[[dict[str, Any], dict[str, Any]], None],
) -> None:
    contents = contents_of(session_at(CONFIGS["split"], 777))
    data = encoded(contents)
    with pytest.raises((StateError, ConfigError)) as refused:
        reopen(changed(data, damage), contents)
    assert str(refused.value).endswith(".")


def test_random_damage_never_gives_another_error() -> None:
    contents = contents_of(session_at(short_cell(hidden_sizes=(4,)), 300))
    data, random = encoded(contents), np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        damaged = bytearray(data[: random.integers(len(data)) if random.random() < 0.2 else None])
        for place in random.integers(len(damaged), size=random.integers(1, 9)):
            damaged[min(place, random.integers(1, 3_000))] = random.integers(256)
        try:
            reopen(bytes(damaged), contents)
        except (StateError, ConfigError):
            refused += 1
    assert refused > 100
