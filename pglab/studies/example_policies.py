"""Trains the example policies of the gradient lab.

This command trains REINFORCE with its default settings:

    python -m pglab.studies.example_policies

For each number of steps in `STEPS`, the command says whether the trained parameters equal the
stored parameters. With `--write`, the command instead writes the parameters and the settings to
`pglab/data/policies/reinforce.npz`. The gradient lab reads this file.
"""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pglab.algorithms.agents import AgentConfig
from pglab.config import ReinforceConfig, format_value, settings_of
from pglab.maps.running.keys import provenance_of
from pglab.networks import use_one_thread
from pglab.session.rewinding.checkpoints import Snapshot
from pglab.session.stored.policies import FILE, STEPS, load, stored_provenance
from pglab.session.stored.provenance import KEY
from pglab.session.training_session import TrainingSession
from pglab.studies.arguments import add_write, parser_of
from pglab.studies.outcome import Outcome, changed_versions, number_differences


def trained(config: AgentConfig, steps: int) -> Snapshot:
    """Train an agent for `steps` environment steps, and return its networks.

    Training does not stop when the task is solved.

    Raises:
        ConfigError: the environment of `config` cannot be used.
    """
    session = TrainingSession(
        config.changed(total_steps=max(steps, 1000), stop_when_solved=False), can_rewind=False
    )
    if steps:
        session.advance("step", steps)
    return Snapshot(0, session.global_step, config, copy.deepcopy(session.networks))


def save(path: Path, snapshots: list[Snapshot]) -> None:
    """Write policies to a file. All policies must have the same settings.

    The file contains the settings and the provenance as JSON, and each parameter under the key
    `step/name`.
    """
    config = snapshots[0].config
    settings = {name: format_value(getattr(config, name)) for name in settings_of(config)}
    arrays = {
        f"{snapshot.global_step}/{name}": parameter.numpy()
        for snapshot in snapshots
        for name, parameter in snapshot.networks["policy"].state_dict().items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {"settings": settings, KEY: provenance_of(config)}
    texts = {name: np.array(json.dumps(content)) for name, content in facts.items()}
    np.savez_compressed(path, allow_pickle=False, **texts, **arrays)


def same_parameters(one: Snapshot, other: Snapshot) -> bool:
    """True if the parameters of two policies are equal bit for bit."""
    own, others = (of.networks["policy"].state_dict() for of in (one, other))
    return all(torch.equal(parameter, others[name]) for name, parameter in own.items())


def recheck() -> Outcome:
    """Train the policies again, and compare their parameters with the stored parameters."""
    config = ReinforceConfig()
    stored = load()
    pairs = ((stored[steps], trained(config, steps)) for steps in STEPS)
    return Outcome(
        numbers=[
            text
            for known, new in pairs
            if not same_parameters(new, known)
            for text in number_differences(
                f"parameters after {new.global_step:,} steps", _vector(new), _vector(known)
            )
        ],
        versions=changed_versions(stored_provenance(), provenance_of(config)),
    )


def _vector(snapshot: Snapshot) -> NDArray[np.float32]:
    """All parameters of a policy as one vector."""
    parameters = snapshot.networks["policy"].state_dict().values()
    return np.concatenate([parameter.numpy().ravel() for parameter in parameters])


def parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    of_command = parser_of("pglab.studies.example_policies", __doc__)
    add_write(of_command, "the stored policies")
    return of_command


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    use_one_thread()
    chosen = parser().parse_args(arguments)
    snapshots = [trained(ReinforceConfig(), steps) for steps in STEPS]
    if chosen.write:
        save(FILE, snapshots)
        return
    for snapshot in snapshots:
        same = same_parameters(snapshot, load()[snapshot.global_step])
        print(f"after {snapshot.global_step:,} steps:", "as stored" if same else "other parameters")


if __name__ == "__main__":
    main()
