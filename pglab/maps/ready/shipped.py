"""The maps that come with the repository.

The command `python -m pglab.studies.maps.make_maps --write` makes these maps. Each map contains the
cell with the usual settings of its agent.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.maps.plan import Axis, MapPlan
from pglab.maps.ready.table import read_map
from pglab.maps.run_result import RunResult
from pglab.session.stored import DATA

if TYPE_CHECKING:
    from pglab.maps.running.map_run import Run

FOLDER = DATA / "maps"
SEEDS = 10
STEPS = 30_000  # of each run

_WIDTHS = Axis("hidden_sizes", tuple((width, width) for width in (8, 32, 64, 128, 256)))
_RATES = Axis("learning_rate", (5e-5, 2e-4, 1e-3, 5e-3, 2e-2))
_SPLIT_RATES = Axis("learning_rate", (2e-5, 1e-4, 5e-4, 2e-3, 1e-2))
_SPLIT_CRITIC = Axis("critic_learning_rate", (1e-5, 5e-5, 2.5e-4, 1e-3, 5e-3))


def _maps(
    agent: str, config: AgentConfig, rates: Axis, others: Mapping[str, Axis]
) -> dict[str, MapPlan]:
    """The maps of one agent by name; each map varies the learning rate and one other setting."""
    return {
        f"{agent}_{name}": MapPlan(config, (axis, rates), SEEDS, STEPS)
        for name, axis in others.items()
    }


PLANS: Mapping[str, MapPlan] = {
    **_maps(
        "reinforce",
        ReinforceConfig(),
        _RATES,
        {
            "gamma": Axis("gamma", (0.8, 0.9, 0.95, 0.99, 1.0)),
            "width": _WIDTHS,
            "updates": Axis("min_batch_steps", (1, 64, 256, 1_024)),
        },
    ),
    **_maps(
        "shared_on_policy",
        ActorCriticConfig.shared_on_policy(),
        _RATES,
        {
            "gamma": Axis("gamma", (0.8, 0.9, 0.98, 0.995, 1.0)),
            "width": _WIDTHS,
            "updates": Axis("rollout_steps", (1, 4, 16, 64, 256)),
        },
    ),
    **_maps(
        "split_replay",
        ActorCriticConfig.split_replay(),
        _SPLIT_RATES,
        {
            "gamma": Axis("gamma", (0.8, 0.9, 0.98, 0.995, 1.0)),
            "width": _WIDTHS,
            # An update after every step would take longer than all other maps together.
            "updates": Axis("rollout_steps", (4, 16, 64, 256)),
            "critic": _SPLIT_CRITIC,
        },
    ),
}


@cache
def load(name: str) -> tuple[MapPlan, dict[Run, RunResult]]:
    """Load a stored map; `name` is its name in `PLANS`.

    Raises:
        MapFileError: the file is missing or damaged.
    """
    return read_map(FOLDER / f"{name}.parquet")
