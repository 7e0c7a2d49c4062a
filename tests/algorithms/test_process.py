"""PyTorch's global state does not change a run, and the library does not change this state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import torch

from pglab.algorithms.agents import AgentConfig, begin, records_of
from pglab.config import settings_of
from pglab.config.fixed import ADAM_BETAS, ADAM_EPSILON, EPSILON
from pglab.records import Record
from tests.oracles import same_records, short_config, take
from tests.oracles_actor_critic import CELLS, short_cell

CONFIGS: dict[str, AgentConfig] = {
    "reinforce": short_config(baseline="value"),
    "critic only": short_cell(critic_only=True),
    **{name: short_cell(**cell) for name, cell in CELLS.items()},
}


@contextmanager
def double_by_default() -> Iterator[None]:
    """Make double precision PyTorch's default type for new tensors."""
    former = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(former)


def records_and_parameters(config: AgentConfig) -> tuple[list[Record], list[torch.Tensor]]:
    """Return the first records of a new run, and the network parameters after these records."""
    run = begin(config)
    records = take(records_of(run), 200)
    assert run.updates >= 2
    return records, [p for network in run.networks.values() for p in network.parameters()]


@pytest.mark.parametrize("state", [torch.no_grad, double_by_default])
@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_run_does_not_depend_on_the_state_of_pytorch(
    config: AgentConfig, state: Callable[[], AbstractContextManager[None]]
) -> None:
    expected, parameters = records_and_parameters(config)
    with state():
        found, others = records_and_parameters(config)
    assert same_records(found, expected)
    assert all(one.dtype == torch.float32 for one in others)
    assert all(map(torch.equal, others, parameters))


def test_adam_has_the_defaults_of_pytorch_and_the_help_names_epsilon() -> None:
    defaults = torch.optim.Adam([torch.zeros(1)]).defaults
    assert (defaults["betas"], defaults["eps"]) == (ADAM_BETAS, ADAM_EPSILON)
    assert f"probability {100 * EPSILON:.0f} %" in settings_of(short_cell())["critic_only"].help
