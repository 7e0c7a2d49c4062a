"""Trained policies that are stored in the repository.

A page can show a stored policy at once, without any training. The command
`pglab.studies.example_policies` trains and stores these policies.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pglab.algorithms.agents import begin
from pglab.config import ReinforceConfig, parse_config
from pglab.session.rewinding.checkpoints import Snapshot
from pglab.session.stored import DATA
from pglab.session.stored.provenance import KEY

FILE = DATA / "policies" / "reinforce.npz"
STEPS = (0, 5_000, 20_000, 60_000)  # training steps: untrained, early, improving, nearly solved


@cache
def load(path: Path = FILE) -> dict[int, Snapshot]:
    """Load the stored policies; the key of each policy is its number of training steps.

    The result is cached, so the caller must not change the policies.

    Raises:
        ValueError: the file lacks a parameter, or a parameter is unknown, not finite, or has a
            wrong shape.
    """
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    arrays.pop(KEY, None)
    texts = json.loads(str(arrays.pop("settings")))
    config, problems = parse_config(ReinforceConfig(), texts)
    if problems:
        raise ValueError(f"{path.name}: {problems[0]}")
    policies = {step: _policy(config, _parameters(arrays, step), path) for step in STEPS}
    if arrays:
        raise ValueError(
            f"{path.name} contains “{next(iter(arrays))}”, which is not a parameter of a policy"
        )
    return {step: Snapshot(0, step, config, {"policy": of}) for step, of in policies.items()}


def stored_provenance(path: Path = FILE) -> dict[str, str]:
    """The provenance of the stored policies."""
    with np.load(path, allow_pickle=False) as file:
        provenance: dict[str, str] = json.loads(str(file[KEY]))
    return provenance


def _parameters(
    arrays: dict[str, NDArray[np.float32]], step: int
) -> dict[str, NDArray[np.float32]]:
    """Remove one policy's parameters from the file's arrays, and return these parameters."""
    prefix = f"{step}/"
    names = [name for name in arrays if name.startswith(prefix)]
    return {name.removeprefix(prefix): arrays.pop(name) for name in names}


def _policy(
    config: ReinforceConfig, parameters: dict[str, NDArray[np.float32]], path: Path
) -> nn.Module:
    policy = begin(config).networks["policy"]
    shapes = {name: tuple(known.shape) for name, known in policy.state_dict().items()}
    if {name: array.shape for name, array in parameters.items()} != shapes:
        raise ValueError(f"{path.name}: the parameters have wrong names or shapes for a policy")
    for name, array in parameters.items():
        if array.dtype != np.float32 or not np.isfinite(array).all():
            raise ValueError(f"{path.name}: “{name}” is not made of finite float32 numbers")
    policy.load_state_dict({name: torch.from_numpy(array) for name, array in parameters.items()})
    return policy
