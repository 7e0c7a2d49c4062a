"""Trains the same run twice: with the PyTorch reference and with the compiled engine."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch

from pglab.algorithms.agents import AgentRun, records_of_step
from pglab.algorithms.agents import records_of as records_of_reference
from pglab.algorithms.reinforce import ReinforceRun
from pglab.algorithms.run import TrainingDiverged
from pglab.engine.engine import NO_LIMIT, Engine
from pglab.records import Record, UpdateRecord
from pglab.stretch import Stretch, mean_td_error, records_of


class Tolerance(NamedTuple):
    """The largest allowed error, relative to an array's largest number, and absolute."""

    relative: float
    absolute: float


DOUBLE = Tolerance(1e-6, 1e-9)  # the engine's tanh has an error of 1e-9
SINGLE = Tolerance(1e-3, 1e-5)


class Pair:
    """Two equal runs. The PyTorch reference trains one run, and the compiled engine the other."""

    def __init__(self, run: AgentRun, tolerance: Tolerance = DOUBLE) -> None:
        self.reference = run
        self.compiled = copy.deepcopy(run)
        self.engine = Engine(self.compiled)
        self._tolerance = tolerance

    def advance(self, steps: int) -> None:
        """Train both runs for some steps. These steps must not cause an update."""
        for _ in range(steps):
            list(records_of_step(self.reference))
        self.engine.advance(steps)

    def change(self, **settings: Any) -> None:
        """Change settings of both runs."""
        self.reference.config = self.compiled.config = self.reference.config.changed(**settings)

    def update(self) -> UpdateRecord:
        """Train both runs to their next update. Compare the records, and return the last record."""
        expected: list[Record] = []
        while not expected or not isinstance(expected[-1], UpdateRecord):
            expected += records_of_step(self.reference)
        found: list[Record] = []
        while not found or not isinstance(found[-1], UpdateRecord):
            found += records_in(self.engine.advance(NO_LIMIT, updates=1))
        assert_alike(found, expected, self._tolerance)
        return expected[-1]

    def finish(self) -> str | None:
        """Train both runs to their end. Compare the records, and return why the runs diverged."""
        expected, problem = until_the_end(records_of_reference(self.reference))
        found: list[Record] = []
        while not self.engine.over and self.engine.diverged is None:
            found += records_in(self.engine.advance())
        assert_alike(found, expected, self._tolerance)
        assert problem_of(self.engine) == problem
        return problem

    def compare(self) -> None:
        """Compare the complete states of the two runs."""
        self.engine.save()
        tolerance = self._tolerance._replace(absolute=self._tolerance.absolute / 1000)
        assert_alike(state_of(self.compiled), state_of(self.reference), tolerance)


def records_in(stretch: Stretch) -> list[Record]:
    """Return the records of a stretch. Check the stretch's mean TD errors against the records."""
    records = list(records_of(stretch))
    updates = [record for record in records if isinstance(record, UpdateRecord)]
    expected = [np.nan if (mean := mean_td_error(u)) is None else mean for u in updates]
    np.testing.assert_allclose(stretch.updates.td_error, expected, rtol=1e-5, atol=1e-9)
    return records


def until_the_end(records: Iterable[Record]) -> tuple[list[Record], str | None]:
    """Return all records of a run, and the error message if the run diverged."""
    found: list[Record] = []
    try:
        for record in records:
            found.append(record)
    except TrainingDiverged as diverged:
        return found, str(diverged)
    return found, None


def problem_of(engine: Engine) -> str | None:
    """Return the engine's message about a number that is not finite, or None."""
    try:
        engine.require_finite()
    except TrainingDiverged as diverged:
        return str(diverged)
    return None


def state_of(run: AgentRun) -> dict[str, Any]:
    """Return the complete state of a run as numbers and arrays."""
    own: list[Any]
    if isinstance(run, ReinforceRun):
        optimizers, own = [run.optimizer, run.value_optimizer], [run.batch, run.ended_episodes]
    else:
        optimizers, own = [run.actor_optimizer, run.critic_optimizer], [run.rollout, run.weights]
        if run.buffer is not None:
            held = [column[: len(run.buffer)].tobytes() for column in run.buffer.columns]
            own += [run.buffer.added, held]
    environment: Any = run.environment
    streams = (run.streams.actions, run.streams.replay, environment.unwrapped.np_random)
    return {
        "parameters": {
            name: [parameter.detach().numpy() for parameter in network.parameters()]
            for name, network in run.networks.items()
        },
        "Adam": [adam_of(optimizer) for optimizer in optimizers if optimizer is not None],
        "own": own,
        "counts": (run.global_step, run.episodes, run.updates, run.gradient_steps, run.length),
        "episode": (run.episode_return, run.solved, run.update_due, run.observation.tobytes()),
        "reading": (run.reading.returns, run.reading._due),
        "environment": np.array(environment.unwrapped.state, np.float64).tobytes(),
        "elapsed": environment.get_wrapper_attr("_elapsed_steps"),
        "streams": [stream.bit_generator.state["state"] for stream in streams],
    }


def adam_of(optimizer: torch.optim.Adam) -> list[Any]:
    """Return Adam's step count and moments for each parameter; before the first step, zeros."""
    states = [(p, optimizer.state.get(p, {})) for p in optimizer.param_groups[0]["params"]]
    return [
        [
            int(state.get("step", 0)),
            *(state.get(name, torch.zeros_like(p)).numpy() for name in ("exp_avg", "exp_avg_sq")),
        ]
        for p, state in states
    ]


def assert_alike(actual: Any, expected: Any, tolerance: Tolerance, name: str = "") -> None:
    """Check that floating-point numbers are close, and that all other values are equal.

    Observations must also be exactly equal.

    Raises:
        AssertionError: the message names the place of the difference.
    """
    if isinstance(expected, Mapping):
        assert actual.keys() == expected.keys(), name
        for key, value in expected.items():
            assert_alike(actual[key], value, tolerance, f"{name} {key}")
    elif isinstance(expected, list | tuple):
        assert type(actual) is type(expected), f"{name}: {actual} instead of {expected}"
        names = getattr(expected, "_fields", range(len(expected)))
        for key, one, other in zip(names, actual, expected, strict=False):
            assert_alike(one, other, tolerance, f"{name} {type(expected).__name__} {key}")
        assert len(actual) == len(expected), f"{name}: {len(actual)} instead of {len(expected)}"
    elif isinstance(expected, float | np.ndarray) and "observation" not in name:
        assert_close(actual, expected, tolerance, name)
    elif isinstance(expected, np.ndarray):
        np.testing.assert_array_equal(actual, expected, err_msg=name, strict=True)
    else:
        assert actual == expected, f"{name}: {actual} instead of {expected}"


def assert_close(actual: Any, expected: Any, tolerance: Tolerance, name: str) -> None:
    """Check that two arrays have equal shapes and close numbers. The precision may differ."""
    one, other = np.asarray(actual), np.asarray(expected)
    assert (one.dtype.kind, one.shape) == (other.dtype.kind, other.shape), name
    if other.dtype.kind != "f":
        assert np.array_equal(one, other), f"{name}: {actual} instead of {expected}"
        return
    largest = np.abs(other[np.isfinite(other)]).max(initial=0.0)
    limit = tolerance.relative * largest + tolerance.absolute
    if not np.all(np.abs(one - other) <= limit):  # the check below is slow
        np.testing.assert_allclose(one, other, rtol=0, atol=limit, err_msg=name)
