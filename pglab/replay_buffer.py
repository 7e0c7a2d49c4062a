"""The replay buffer. It stores recent transitions for a critic that learns off-policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pglab.records import Floats, StepRecord


class Transitions(NamedTuple):
    """A batch of transitions, with one array for each quantity."""

    observations: Floats  # [B, D]
    actions: NDArray[np.int64]  # [B]
    rewards: Floats  # [B]
    terminated: NDArray[np.bool_]  # [B]
    next_observations: Floats  # [B, D], of the same episode, even at the end of the episode
    collected: NDArray[np.int64]  # [B], `global_step` of the step that gave each transition


def transitions(steps: Sequence[StepRecord]) -> Transitions:
    """Convert the records of steps to one batch of transitions, in the same order."""
    return Transitions(
        np.array([step.observation for step in steps]),
        np.array([step.action for step in steps]),
        np.array([step.reward for step in steps]),
        np.array([step.terminated for step in steps]),
        np.array([step.next_observation for step in steps]),
        np.array([step.global_step for step in steps]),
    )


class ReplayBuffer:
    """Stores the last `capacity` transitions.

    If the buffer is full, a new transition replaces the oldest transition.

    Source: Lin (1992); Mnih et al. (2015).
    """

    def __init__(self, capacity: int, observation_size: int) -> None:
        self.columns = Transitions(
            observations=np.empty((capacity, observation_size), np.float32),
            actions=np.empty(capacity, np.int64),
            rewards=np.empty(capacity),
            terminated=np.empty(capacity, np.bool_),
            next_observations=np.empty((capacity, observation_size), np.float32),
            collected=np.empty(capacity, np.int64),
        )
        self.capacity = capacity
        self.added = 0  # number of transitions stored so far, including those replaced later

    def __len__(self) -> int:
        """Number of transitions in the buffer."""
        return min(self.added, self.capacity)

    @property
    def size(self) -> int:
        """Memory of the transitions in the buffer, in bytes."""
        return sum(column[: len(self)].nbytes for column in self.columns)

    def __getstate__(self) -> dict[str, object]:
        """Return the state for a copy of the buffer, without the unused rows of the arrays."""
        held = [column[: len(self)] for column in self.columns]
        return {"capacity": self.capacity, "added": self.added, "held": held}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a copied state, in arrays with room for `capacity` transitions."""
        self.__init__(state["capacity"], state["held"][0].shape[1])  # type: ignore[misc]
        self.added = state["added"]
        for column, held in zip(self.columns, state["held"], strict=True):
            column[: len(held)] = held

    def add(self, step: StepRecord) -> None:
        """Store a step. If the buffer is full, the new step replaces the oldest transition."""
        place = self.added % self.capacity
        store = self.columns
        store.observations[place] = step.observation
        store.actions[place] = step.action
        store.rewards[place] = step.reward
        store.terminated[place] = step.terminated
        store.next_observations[place] = step.next_observation
        store.collected[place] = step.global_step
        self.added += 1

    def sample(self, size: int, generator: np.random.Generator) -> Transitions:
        """Draw `size` different transitions at random. All transitions have the same probability.

        Raises:
            ValueError: the buffer holds fewer than `size` transitions.

        Source: Floyd's algorithm (Bentley & Floyd 1987).
        """
        held = len(self)
        if held < size:
            raise ValueError(f"a buffer of {held} transitions holds no batch of {size} transitions")
        chosen: dict[int, None] = {}
        for last, number in enumerate(generator.random(size), start=held - size):
            place = int(number * (last + 1))  # an integer from 0 to `last`
            chosen[last if place in chosen else place] = None
        return self.rows(np.array(list(chosen)))

    def thinned(self, most: int) -> Transitions:
        """Choose evenly spaced transitions for a figure. `most` is their largest number."""
        return self.rows(np.arange(0, len(self), max(1, -(-len(self) // most))))

    def rows(self, places: NDArray[np.int64]) -> Transitions:
        """Copy the transitions in these rows of the arrays. `places` [B] holds the row numbers."""
        store = self.columns
        return Transitions(
            store.observations[places],
            store.actions[places],
            store.rewards[places],
            store.terminated[places],
            store.next_observations[places],
            store.collected[places],
        )
