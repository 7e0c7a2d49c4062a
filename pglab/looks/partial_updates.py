"""What an update would be if only one of the two losses were followed."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from torch import nn

from pglab.algorithms.actor_critic import ActorCriticRun, update
from pglab.config import settings_of


def partial_updates(run: ActorCriticRun) -> dict[str, Mapping[str, nn.Module]]:
    """The networks after the update that is due, for every choice of `trained`.

    The run stays as it is: each update is made in a copy, with the same random streams.

    Args:
        run: with an update due.
    """
    after: dict[str, Mapping[str, nn.Module]] = {}
    for trained in settings_of(run.config)["trained"].choices:
        twin = copy.deepcopy(run)
        twin.config = run.config.changed(trained=trained)
        update(twin)
        after[trained] = twin.networks
    return after
