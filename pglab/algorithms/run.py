"""What the runs of all algorithms are made of: random streams, counters, divergence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from pglab.language import _


class TrainingDiverged(ArithmeticError):
    """Training produced numbers that are not finite; the message says what to change."""


@dataclass(frozen=True)
class RandomStreams:
    """A run's own random streams, so that nothing else in the process can disturb it."""

    environment_seed: int
    weights: torch.Generator
    actions: np.random.Generator


def random_streams(seed: int) -> RandomStreams:
    """Independent streams for the environment, the initial weights and the actions."""
    environment, weights, actions = np.random.SeedSequence(seed).spawn(3)
    return RandomStreams(
        environment_seed=int(environment.generate_state(1)[0]),
        weights=torch.Generator().manual_seed(int(weights.generate_state(1, np.uint64)[0] >> 1)),
        actions=np.random.default_rng(actions),
    )


def require_finite(global_step: int, **quantities: float) -> None:
    """Stop the run where a quantity is infinite or not a number.

    Raises:
        TrainingDiverged: names the quantity and the step.
    """
    for name, quantity in quantities.items():
        if not math.isfinite(quantity):
            raise TrainingDiverged(
                _(
                    "Training stopped at step {step:,}: the {quantity} is no longer a finite "
                    "number. Choose a smaller learning rate, then reset."
                ).format(step=global_step, quantity=name.replace("_", " "))
            )
