"""A run depends only on its configuration. Nothing else in the process changes a run."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.environments import ENVIRONMENTS
from pglab.looks.by_hand.own_episode import checked_episode
from pglab.looks.by_hand.own_update import own_update
from pglab.looks.by_hand.policy_data import policy_data
from pglab.looks.by_hand.same_world import same_world_returns, usual_returns
from pglab.looks.fresh_episodes.demonstration import Demonstration
from pglab.looks.fresh_episodes.evaluation import play
from pglab.looks.layer_gradients import fresh_gradients, layer_gradients
from pglab.looks.probes import Slice, maps_of, probability_map
from pglab.looks.render import shared_renderer
from pglab.networks import ActorCriticNetwork
from pglab.records import EpisodeRecord, Record, StepRecord, UpdateRecord
from pglab.replay_buffer import transitions
from pglab.session.train import train
from pglab.session.training_session import TrainingSession, Unit
from pglab.stretch import Stretch, records_of, step_records
from tests.looks.by_hand.browser_episodes import sent_episode
from tests.oracles import advance_records, of_type, same_records, take
from tests.oracles_actor_critic import CELLS

CONFIG = ReinforceConfig(
    seed=5, total_steps=1000, hidden_sizes=(16,), baseline="value", stop_when_solved=False
)
CONFIGS: dict[str, AgentConfig] = {"reinforce": CONFIG} | {
    name: ActorCriticConfig(
        **cell,
        seed=5,
        hidden_sizes=(16,),
        rollout_steps=4,
        batch_size=16,
        critic_updates=2,
        replay_capacity=100,
        stop_when_solved=False,
    )
    for name, cell in CELLS.items()
}
CONFIGS |= {
    f"{name}, reference": CONFIGS[name].changed(engine="reference")
    for name in ("reinforce", "split replay")
}
LENGTH = 250  # number of records to compare; a run may end earlier

Undisturbed = tuple[AgentConfig, list[Record]]


@pytest.fixture(scope="module", params=list(CONFIGS.values()), ids=list(CONFIGS))
def undisturbed(request: pytest.FixtureRequest) -> Undisturbed:
    """The configuration and the first records of an undisturbed run; one run per algorithm."""
    return request.param, take(train(request.param), LENGTH)


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """All records of an undisturbed run of REINFORCE."""
    return list(train(CONFIG))


def test_the_runs_hold_what_the_tests_need(undisturbed: Undisturbed) -> None:
    """The runs contain updates before the last steps, so a wrong update changes later steps."""
    config, records = undisturbed
    updates = of_type(UpdateRecord, records)
    assert len(updates) >= 3
    assert of_type(EpisodeRecord, records)
    if isinstance(config, ActorCriticConfig) and config.critic_data == "replay":
        assert sum(update.critic is not None for update in updates) > 10


def test_twice_the_same(undisturbed: Undisturbed) -> None:
    config, records = undisturbed
    assert same_records(records, take(train(config), LENGTH))


def test_another_seed_is_another_run_of_every_algorithm(undisturbed: Undisturbed) -> None:
    config, records = undisturbed
    assert not same_records(records, take(train(config.changed(seed=6)), LENGTH))


@pytest.mark.parametrize("changes", [{"seed": 6}, {"gamma": 0.98}, {"learning_rate": 1.001e-3}])
def test_another_configuration_is_another_run(
    records: list[Record], changes: dict[str, Any]
) -> None:
    assert not same_records(records, train(CONFIG.changed(**changes)))


def test_another_seed_changes_weights_starts_and_actions() -> None:
    first, second = (TrainingSession(CONFIG.changed(seed=seed)) for seed in (5, 6))
    for name in ("policy", "value"):
        weights = (next(session.networks[name].parameters()) for session in (first, second))
        assert not torch.equal(*weights)
    steps, others = (
        of_type(StepRecord, advance_records(session, "step", 50)) for session in (first, second)
    )
    assert not np.array_equal(steps[0].observation, others[0].observation)
    assert [step.action for step in steps] != [step.action for step in others]


def test_interleaved_with_another_run(undisturbed: Undisturbed) -> None:
    config, records = undisturbed
    other = config.changed(seed=6)
    both = take(zip(train(config), train(other), strict=False), LENGTH)
    assert same_records(records, [first for first, _ in both])
    assert same_records(take(train(other), LENGTH), [second for _, second in both])


def test_all_at_once_in_two_threads() -> None:
    configs = list(CONFIGS.values())
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda config: take(train(config), LENGTH), configs))
    for config, result in zip(configs, results, strict=True):
        assert same_records(take(train(config), LENGTH), result)


def disturb_global_streams(number: int) -> None:
    """Seed all global random generators, and draw from them."""
    random.seed(number)
    random.random()
    np.random.seed(number)  # noqa: NPY002
    np.random.random()  # noqa: NPY002
    torch.manual_seed(number)
    torch.rand(3)


def test_with_global_random_streams_disturbed(undisturbed: Undisturbed) -> None:
    config, records = undisturbed
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    try:
        disturbed = []
        disturb_global_streams(1)
        for number, record in enumerate(islice(train(config), LENGTH)):
            disturbed.append(record)
            disturb_global_streams(number)
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        torch.set_rng_state(states[2])
    assert same_records(records, disturbed)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_global_random_streams_are_left_alone(config: AgentConfig) -> None:
    def states() -> str:
        with np.printoptions(threshold=10_000), torch.random.fork_rng():
            legacy = np.random.get_state()  # noqa: NPY002
            return f"{random.getstate()} {legacy} {torch.get_rng_state().tolist()}"

    before = states()
    session = TrainingSession(config)
    session.advance("step", 200)
    look(session, Demonstration(config.env_id, seed=0))
    assert states() == before
    torch.rand(1)
    assert states() != before


def look(session: TrainingSession, demonstration: Demonstration) -> None:
    """Do everything that a page does to show a run."""
    policy = session.networks["policy"]
    info = ENVIRONMENTS[session.config.env_id]
    plane = Slice(info, *info.heatmap_axes, fixed=(0.0,) * len(info.axes))
    probability_map(policy, plane, action=0, resolution=5)
    scene = demonstration.scenes(policy, 3)[-1]
    demonstration.episode(policy, 4)
    shared_renderer(session.config.env_id).frame(scene.observation)
    play(policy, session.config.env_id, episodes=1, seed=0, greedy=False)
    play_by_hand(session)
    if isinstance(session.config, ActorCriticConfig):
        look_at_the_critic(session, session.config, plane)


def play_by_hand(session: TrainingSession) -> None:
    """Do everything that a page does when a visitor has played an episode."""
    policy = session.networks["policy"]
    policy_data(policy, session.config)
    episode = checked_episode(sent_episode(lambda _state: 1))
    own_update(session, episode)
    same_world_returns(policy, episode, 1, session.config.seed)
    usual_returns(policy, 1, session.config.seed)


def look_at_the_critic(session: TrainingSession, config: ActorCriticConfig, plane: Slice) -> None:
    """Compute everything else that the page of an actor-critic shows."""
    agent = session.networks["agent"]
    maps_of(session.networks, plane, resolution=5)
    assert isinstance(agent, ActorCriticNetwork)
    steps = list(step_records(session.history.steps))[-20:]
    layer_gradients(agent, *fresh_gradients(agent, config, transitions(steps)))
    if session.buffer is not None and len(session.buffer):
        session.buffer.thinned(50)


def test_looking_changes_nothing(undisturbed: Undisturbed) -> None:
    config, records = undisturbed

    def watched() -> Iterator[Record]:
        session = TrainingSession(config)
        demonstration = Demonstration(config.env_id, seed=config.seed)
        look(session, demonstration)
        while not session.finished:
            yield from advance_records(session, "step", 23)
            look(session, demonstration)

    assert same_records(records, take(watched(), LENGTH))


@pytest.mark.parametrize(
    "advance",
    [
        pytest.param(lambda session: session.advance(), id="step"),
        pytest.param(lambda session: session.advance("step", 37), id="37 steps"),
        pytest.param(lambda session: session.advance("episode", 3), id="episodes"),
        pytest.param(lambda session: session.advance("update", 2), id="updates"),
        pytest.param(lambda session: session.advance(seconds=0.01), id="seconds"),
    ],
)
@pytest.mark.parametrize("success_return", [500.0, 20.0], ids=["total_steps", "solved"])
def test_however_it_is_advanced(
    advance: Callable[[TrainingSession], list[Stretch]], success_return: float
) -> None:
    config = CONFIG.changed(
        stop_when_solved=True, success_return=success_return, smoothing_window=1, eval_interval=100
    )
    session = TrainingSession(config)
    advanced: list[Record] = []
    while not session.finished:
        for stretch in advance(session):
            advanced += records_of(stretch)
    assert same_records(advanced, train(config))
    assert session.outcome == ("total_steps" if success_return == 500 else "solved")


@pytest.mark.parametrize("unit", ["step", "episode", "update"])
def test_every_algorithm_however_it_is_advanced(undisturbed: Undisturbed, unit: Unit) -> None:
    config, records = undisturbed
    session = TrainingSession(config)
    advanced: list[Record] = []
    while len(advanced) < LENGTH and not session.finished:
        advanced += advance_records(session, unit, 3)
    assert same_records(records, advanced[:LENGTH])


def test_kept_records_of_every_algorithm_stay_as_they_were(undisturbed: Undisturbed) -> None:
    config, _records = undisturbed
    run = train(config)
    kept = list(islice(run, 150))
    frozen = [repr(record) for record in kept]
    list(islice(run, 150))
    assert [repr(record) for record in kept] == frozen


@pytest.mark.parametrize("steps", [90, 200])
def test_going_back_and_on_repeats_the_run(undisturbed: Undisturbed, steps: int) -> None:
    """After a rewind, training repeats the run exactly, also from the second checkpoint."""
    config, _records = undisturbed
    alone = TrainingSession(config)
    alone.advance("step", 2 * steps)
    session = TrainingSession(config)
    first = advance_records(session, "step", steps)
    session.rewind(session.checkpoints[0])  # the current state becomes a checkpoint
    assert session.global_step == 0
    assert not len(session.history.episodes)
    assert same_records(first, advance_records(session, "step", steps))
    session.advance("step", steps)
    session.rewind(session.checkpoints[1])
    assert session.global_step == steps
    again = advance_records(session, "step", steps)
    expected = TrainingSession(config)
    expected.advance("step", steps)
    assert same_records(again, advance_records(expected, "step", steps))
    assert state_of(session) == state_of(alone)


def state_of(session: TrainingSession) -> str:
    """Return all numbers of the networks, the optimisers, the buffer and the history as text."""
    run = session.copy_of_run()
    optimizers = [part for part in vars(run).values() if isinstance(part, torch.optim.Adam)]
    buffer = session.buffer.thinned(10_000) if session.buffer is not None else None
    with np.printoptions(threshold=100_000, precision=17):
        return repr(
            [
                *(
                    [p.detach().numpy().tolist() for p in n.parameters()]
                    for n in session.networks.values()
                ),
                *(
                    {name: value.tolist() for name, value in state.items()}
                    for optimizer in optimizers
                    for state in optimizer.state.values()
                ),
                buffer,
                vars(run.reading),
                run.updates,
                run.gradient_steps,
                session.history.episodes["episode_return"].tolist(),
                session.history.updates["entropy"].tolist(),
                session.history.mark(),
            ]
        )
