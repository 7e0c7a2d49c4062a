"""Makes the trained policies that come with the repository.

    python -m pglab.studies.example_policies

trains REINFORCE with its default settings and writes the weights of its policy after each number
of steps in `STEPS`, with the settings, to `pglab/data/policies/reinforce.npz`.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np

from pglab.algorithms.families import AgentConfig
from pglab.config import ReinforceConfig, format_value, settings_of
from pglab.session.checkpoints import Snapshot
from pglab.session.stored.policies import FILE, STEPS
from pglab.session.training_session import TrainingSession


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


def main() -> None:
    """Command line."""
    save(FILE, [trained(ReinforceConfig(), steps) for steps in STEPS])


if __name__ == "__main__":
    main()
