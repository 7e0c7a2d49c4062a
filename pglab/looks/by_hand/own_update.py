"""Computes one update from a visitor's own episode, on a copy of the run."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from pglab.algorithms import actor_critic, reinforce
from pglab.algorithms.actor_critic import ActorCriticRun
from pglab.algorithms.agents import AgentRun
from pglab.algorithms.reinforce import ReinforceRun
from pglab.looks.by_hand.own_episode import OwnEpisode
from pglab.looks.forward import outputs_of
from pglab.looks.probes import action_values
from pglab.records import Floats, StepRecord, UpdateRecord
from pglab.returns import discounted_returns, policy_signals
from pglab.session.training_session import TrainingSession


@dataclass(frozen=True)
class OwnUpdate:
    """One update of an agent from an episode of T steps that the agent did not play itself.

    `returns` are the rewards-to-go Gₜ with the agent's discount γ. `weights` are the wₜ that the
    agent would use. `change` is log π(aₜ|sₜ) after the update, minus log π(aₜ|sₜ) before it.
    """

    returns: Floats  # [T]
    weights: Floats  # [T]
    change: Floats  # [T]
    before: Mapping[str, nn.Module]
    after: Mapping[str, nn.Module]


def own_update(session: TrainingSession, episode: OwnEpisode) -> OwnUpdate:
    """Let a copy of the run learn from only this episode, in one update.

    REINFORCE takes the episode as its whole batch. An actor-critic takes the episode as its whole
    rollout. If the agent has a replay buffer, the episode is added to the copy of this buffer.

    Raises:
        TrainingDiverged: a number is no longer finite.
    """
    twin = session.copy_of_run()
    before = copy.deepcopy(twin.networks)
    log_pi = _log_policy(before["policy"], episode.observations[:-1])
    steps = _records(twin, episode, log_pi)
    record = _update(twin, steps)
    taken = np.arange(len(steps)), episode.actions
    after = _log_policy(twin.networks["policy"], episode.observations[:-1])
    ends = [step.ended for step in steps]
    rewards = [step.reward for step in steps]
    return OwnUpdate(
        returns=discounted_returns(rewards, ends, twin.config.gamma),
        weights=record.weights,
        change=after[taken] - log_pi[taken],
        before=before,
        after=twin.networks,
    )


def _log_policy(policy: nn.Module, observations: Floats) -> Floats:
    """Compute log π of every action: [N, D] → [N, A]."""
    with torch.inference_mode():
        found: Floats = outputs_of(policy, observations).numpy()
    return found


def _records(run: AgentRun, episode: OwnEpisode, log_pi: Floats) -> list[StepRecord]:
    """The records that training would have made if the run had played this episode next."""
    last = len(episode.actions) - 1
    return [
        StepRecord(
            global_step=run.global_step + t + 1,
            episode=run.episodes + 1,
            observation=episode.observations[t],
            action=int(action),
            action_probabilities=np.exp(log_pi[t]),
            log_prob=float(log_pi[t, action]),
            reward=1.0,
            terminated=t == last and episode.terminated,
            truncated=t == last and not episode.terminated,
            next_observation=episode.observations[t + 1],
        )
        for t, action in enumerate(episode.actions)
    ]


def _update(run: AgentRun, steps: list[StepRecord]) -> UpdateRecord:
    """Replace the stored steps of the run by `steps`, and make one update."""
    run.global_step += len(steps)
    match run:
        case ReinforceRun():
            run.batch = list(steps)  # the update empties this list
            return reinforce.update(run)
        case ActorCriticRun():
            run.rollout = list(steps)
            run.weights = _weights(run, steps)
            for step in steps if run.buffer is not None else ():
                assert run.buffer is not None
                run.buffer.add(step)
            return actor_critic.update(run)


def _weights(run: ActorCriticRun, steps: list[StepRecord]) -> list[float]:
    """The weights wₜ that the critic gives to the actions, before the update."""
    weights = policy_signals(
        run.config.policy_signal,
        action_values(run.agent.critic, np.array([step.observation for step in steps])),
        np.array([step.action_probabilities for step in steps]),
        np.array([step.action for step in steps]),
    )
    found: list[float] = weights.tolist()
    return found
