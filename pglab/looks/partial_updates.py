"""Computes a run's next update with only the actor's loss, only the critic's loss, and both."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from torch import nn

from pglab.algorithms.actor_critic import ActorCriticRun, update
from pglab.config import settings_of


def partial_updates(run: ActorCriticRun) -> dict[str, Mapping[str, nn.Module]]:
    """The networks after the next update, for each value of the setting `trained`.

    This setting says whether the actor, the critic, or both learn. The run is not changed: each
    update uses a copy of the run and of its random streams.

    Args:
        run: a run whose rollout is complete, so that an update comes next.
    """
    after: dict[str, Mapping[str, nn.Module]] = {}
    for trained in settings_of(run.config)["trained"].choices:
        twin = copy.deepcopy(run)
        twin.config = run.config.changed(trained=trained)
        update(twin)
        after[trained] = twin.networks
    return after
