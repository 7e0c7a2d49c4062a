"""Runs whose files the tests open: each agent, each environment, and the unusual cases."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.library.bundle import opened_bundle
from pglab.library.contents import RunContents
from pglab.library.snapshot import contents_of
from pglab.session.training_session import TrainingSession


def run_in(bundle: bytes) -> RunContents:
    """The run in a bundle of one run."""
    return opened_bundle(bundle).run("")


def trained(config: AgentConfig, steps: int) -> TrainingSession:
    session = TrainingSession(config)
    session.advance("step", steps)
    return session


def changed_reinforce() -> TrainingSession:
    """Settings change twice, once together with the end of the smoothing window."""
    session = trained(ReinforceConfig(seed=3, baseline="value", hidden_sizes=(24, 12)), 1_500)
    session.change(learning_rate=0.01)
    session.advance("step", 700)
    session.change(gamma=0.9, learning_rate=0.002)
    session.advance("step", 800)
    return session


RUNS: dict[str, Callable[[], TrainingSession]] = {
    "reinforce": changed_reinforce,
    "shared": lambda: trained(ActorCriticConfig(seed=1), 2_000),
    "split with replay": lambda: trained(
        ActorCriticConfig.split_replay(env_id="Acrobot-v1", match_parameters=True), 1_500
    ),
    "greedy": lambda: trained(
        ActorCriticConfig(critic_only=True, hidden_sizes=(), env_id="MountainCar-v0"), 600
    ),
    "symexp": lambda: trained(
        ActorCriticConfig(symexp_heads=True, hidden_sizes=(32, 16, 8, 8), activation="relu"), 800
    ),
    "greedy with symexp": lambda: trained(
        ActorCriticConfig(symexp_heads=True, critic_only=True, hidden_sizes=(9,) * 4), 300
    ),
    "reference": lambda: trained(ReinforceConfig(engine="reference", hidden_sizes=(8,)), 300),
    "solved": lambda: trained(
        ReinforceConfig(success_return=10.0, smoothing_window=1, eval_interval=100), 1_000
    ),
    "diverged": lambda: trained(
        ActorCriticConfig(
            learning_rate=1.0, critic_learning_rate=1.0, symexp_heads=True, hidden_sizes=(8,)
        ),
        1_000,
    ),
    "no episode": lambda: trained(ReinforceConfig(env_id="Acrobot-v1"), 20),
    "not begun": lambda: trained(ActorCriticConfig(), 0),
}


@cache
def session_of(name: str) -> TrainingSession:
    """One of the runs; no test may train it further."""
    return RUNS[name]()


@cache
def contents(name: str) -> RunContents:
    return contents_of(session_of(name))
