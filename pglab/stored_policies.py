"""Trained policies that come with the repository, so that a page can show one at once.

    python -m pglab.stored_policies

trains REINFORCE with its default settings and writes the weights of its policy after each number
of steps in `STEPS`, with the settings, to `pglab/data/policies/reinforce.npz`.
"""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pglab.algorithms.families import AgentConfig, begin
from pglab.checkpoints import Snapshot
from pglab.config import ReinforceConfig, format_value, parse_config, settings_of
from pglab.session import TrainingSession

FILE = Path(__file__).parent / "data" / "policies" / "reinforce.npz"
STEPS = (0, 5_000, 20_000, 60_000)  # of training: untrained, early, improving, nearly solved


def trained(config: AgentConfig, steps: int) -> Snapshot:
    """Train an agent for so many environment steps, also beyond the point where it is solved.

    Raises:
        ConfigError: the environment cannot be used.
    """
    session = TrainingSession(
        config.changed(total_steps=max(steps, 1000), stop_when_solved=False), can_rewind=False
    )
    if steps:
        session.advance("step", steps)
    return Snapshot(0, session.global_step, config, copy.deepcopy(session.networks))


def save(path: Path, snapshots: list[Snapshot]) -> None:
    """Write policies of one configuration: float32 weights by step and name, settings as JSON."""
    config = snapshots[0].config
    settings = {name: format_value(getattr(config, name)) for name in settings_of(config)}
    arrays = {
        f"{snapshot.global_step}/{name}": weight.numpy()
        for snapshot in snapshots
        for name, weight in snapshot.networks["policy"].state_dict().items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, allow_pickle=False, settings=np.array(json.dumps(settings)), **arrays)


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
    policies = {step: _policy(config, _weights(arrays, step), path) for step in STEPS}
    if arrays:
        raise ValueError(
            f"{path.name} holds “{next(iter(arrays))}”, which is no weight of a policy"
        )
    return {step: Snapshot(0, step, config, {"policy": of}) for step, of in policies.items()}


def _weights(arrays: dict[str, NDArray[np.float32]], step: int) -> dict[str, NDArray[np.float32]]:
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


def main() -> None:
    """Command line."""
    save(FILE, [trained(ReinforceConfig(), steps) for steps in STEPS])


if __name__ == "__main__":
    main()
