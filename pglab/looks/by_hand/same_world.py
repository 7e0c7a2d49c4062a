"""Lets a policy play from the start of a visitor's episode, in the same changing world."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pglab.looks.by_hand.own_episode import (
    RANDOM_START,
    OwnEpisode,
    World,
    noise_scale,
    usual_world,
)
from pglab.looks.fresh_episodes.lockstep import sample_actions
from pglab.looks.probes import action_probabilities
from pglab.records import Floats


def same_world_returns(
    policy: nn.Module, episode: OwnEpisode, count: int, seed: int
) -> NDArray[np.float64]:
    """Returns of a policy with the start, the world and the pushes of `episode`: [count].

    If the policy plays more steps than `episode` has, these have its last world and no pushes.
    """
    starts = np.repeat(episode.states[:1], count, axis=0)
    return _returns(policy, starts, episode.worlds, episode.pushes, _generator(seed, 0))


def usual_returns(policy: nn.Module, count: int, seed: int) -> NDArray[np.float64]:
    """Returns of a policy from random starts in the usual world, as in training: [count]."""
    generator = _generator(seed, 1)
    starts = generator.uniform(-RANDOM_START, RANDOM_START, (count, len(noise_scale())))
    return _returns(policy, starts, np.array([usual_world()]), np.zeros((1, 2)), generator)


def _generator(seed: int, stream: int) -> np.random.Generator:
    # Training, demonstrations, evaluation and the gradient lab use other streams of the seed.
    return np.random.default_rng(np.random.SeedSequence([seed, 4, stream]))


def _returns(
    policy: nn.Module,
    starts: Floats,
    worlds: Floats,
    pushes: Floats,
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """The returns of episodes from N starts [N, 4], played in parallel: [N]."""
    world, scale = World(), noise_scale()
    states = np.array(starts, np.float64)
    returns = np.zeros(len(states))
    playing = np.arange(len(states))
    for t in range(world.physics.most_steps):
        constants = worlds[min(t, len(worlds) - 1)]
        push = pushes[t] if t < len(pushes) else np.zeros(2)
        errors = generator.uniform(-1, 1, (len(playing), len(scale))) * constants[2] * scale
        probabilities = action_probabilities(policy, (states[playing] + errors).astype(np.float32))
        actions = sample_actions(probabilities, generator.random(len(playing)))
        over = np.zeros(len(playing), np.bool_)
        for place, (game, action) in enumerate(zip(playing, actions.tolist(), strict=True)):
            states[game], over[place] = world.step(states[game], action, constants, push)
        returns[playing] += 1.0
        playing = playing[~over]
        if not len(playing):
            break
    return returns
