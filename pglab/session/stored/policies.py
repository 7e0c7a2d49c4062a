"""Trained policies that come with the repository, so that a page can show one at once.

`pglab.studies.example_policies` makes them.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pglab.algorithms.families import begin
from pglab.config import ReinforceConfig, parse_config
from pglab.session.checkpoints import Snapshot
from pglab.session.stored import DATA

FILE = DATA / "policies" / "reinforce.npz"
STEPS = (0, 5_000, 20_000, 60_000)  # of training: untrained, early, improving, nearly solved


@cache
def load(path: Path = FILE) -> dict[int, Snapshot]:
    """The stored policies by their training steps, in that order; to be looked at only.

    Raises:
        ValueError: the file holds anything but the finite weights of `STEPS`.
    """
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    texts = json.loads(str(arrays.pop("settings")))
    config, problems = parse_config(ReinforceConfig(), texts)
    if problems:
        raise ValueError(f"{path.name}: {problems[0]}")
    policies = {step: _policy(config, _parameters(arrays, step), path) for step in STEPS}
    if arrays:
        raise ValueError(
            f"{path.name} holds “{next(iter(arrays))}”, which is no weight of a policy"
        )
    return {step: Snapshot(0, step, config, {"policy": of}) for step, of in policies.items()}


def _parameters(
    arrays: dict[str, NDArray[np.float32]], step: int
) -> dict[str, NDArray[np.float32]]:
    """Take the weights of one policy out of the file's arrays."""
    prefix = f"{step}/"
    names = [name for name in arrays if name.startswith(prefix)]
    return {name.removeprefix(prefix): arrays.pop(name) for name in names}


def _policy(
    config: ReinforceConfig, weights: dict[str, NDArray[np.float32]], path: Path
) -> nn.Module:
    policy = begin(config).networks["policy"]
    shapes = {name: tuple(weight.shape) for name, weight in policy.state_dict().items()}
    if {name: weight.shape for name, weight in weights.items()} != shapes:
        raise ValueError(f"{path.name}: the weights do not have the names and shapes of a policy")
    for name, weight in weights.items():
        if weight.dtype != np.float32 or not np.isfinite(weight).all():
            raise ValueError(f"{path.name}: “{name}” is not made of finite float32 numbers")
    policy.load_state_dict({name: torch.from_numpy(weight) for name, weight in weights.items()})
    return policy
