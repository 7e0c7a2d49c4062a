"""One run, trained twice: by the PyTorch reference and by the compiled engine."""

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
    """The largest error of a number: relative to the largest number of an array, and absolute."""

    relative: float
    absolute: float


DOUBLE = Tolerance(1e-6, 1e-9)  # the engine's tanh has an error of 1e-9
SINGLE = Tolerance(1e-3, 1e-5)


class Pair:
    """A run that the reference trains, and a copy of it that the engine trains."""

    def __init__(self, run: AgentRun, tolerance: Tolerance = DOUBLE) -> None:
        self.reference = run
        self.compiled = copy.deepcopy(run)
        self.engine = Engine(self.compiled)
        self._tolerance = tolerance

    def advance(self, steps: int) -> None:
        """Train both for some steps that cause no update."""
        for _ in range(steps):
            list(records_of_step(self.reference))
        self.engine.advance(steps)

    def change(self, **settings: Any) -> None:
        """Change settings of both runs."""
        self.reference.config = self.compiled.config = self.reference.config.changed(**settings)

    def update(self) -> UpdateRecord:
        """Train both up to their next update, compare the records, and return the reference's."""
        expected: list[Record] = []
        while not expected or not isinstance(expected[-1], UpdateRecord):
            expected += records_of_step(self.reference)
        found: list[Record] = []
        while not found or not isinstance(found[-1], UpdateRecord):
            found += records_in(self.engine.advance(NO_LIMIT, updates=1))
        assert_alike(found, expected, self._tolerance)
        return expected[-1]

    def finish(self) -> str | None:
        """Train both to their end, compare the records, and return why the reference diverged."""
        expected, problem = until_the_end(records_of_reference(self.reference))
        found: list[Record] = []
        while not self.engine.over and self.engine.diverged is None:
            found += records_in(self.engine.advance())
        assert_alike(found, expected, self._tolerance)
        assert problem_of(self.engine) == problem
        return problem

    def compare(self) -> None:
        """Compare all that the two runs contain."""
        self.engine.save()
        tolerance = self._tolerance._replace(absolute=self._tolerance.absolute / 1000)
        assert_alike(state_of(self.compiled), state_of(self.reference), tolerance)


def records_in(stretch: Stretch) -> list[Record]:
    """The records of a stretch, whose mean TD errors are those of its targets and estimates."""
    records = list(records_of(stretch))
    updates = [record for record in records if isinstance(record, UpdateRecord)]
    expected = [np.nan if (mean := mean_td_error(u)) is None else mean for u in updates]
    np.testing.assert_allclose(stretch.updates.td_error, expected, rtol=1e-5, atol=1e-9)
    return records


def until_the_end(records: Iterable[Record]) -> tuple[list[Record], str | None]:
    """All records of a run, and the sentence if it diverged."""
    found: list[Record] = []
    try:
        for record in records:
            found.append(record)
    except TrainingDiverged as diverged:
        return found, str(diverged)
    return found, None


def problem_of(engine: Engine) -> str | None:
    """The engine's sentence about a number that is no longer finite; None if all are."""
    try:
        engine.require_finite()
    except TrainingDiverged as diverged:
        return str(diverged)
    return None


def state_of(run: AgentRun) -> dict[str, Any]:
    """All that a run contains, as numbers and arrays."""
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
    """Number of steps and both moments of each parameter; all are 0 before its first step."""
    states = [(p, optimizer.state.get(p, {})) for p in optimizer.param_groups[0]["params"]]
    return [
        [
            int(state.get("step", 0)),
            *(state.get(name, torch.zeros_like(p)).numpy() for name in ("exp_avg", "exp_avg_sq")),
        ]
        for p, state in states
    ]


def assert_alike(actual: Any, expected: Any, tolerance: Tolerance, name: str = "") -> None:
    """Check that numbers are close, and that observations and everything else are equal.

    Raises:
        AssertionError: the message says where the two differ.
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
    """Check the shape of an array and its numbers, of any precision; NaN must meet NaN."""
    one, other = np.asarray(actual), np.asarray(expected)
    assert (one.dtype.kind, one.shape) == (other.dtype.kind, other.shape), name
    if other.dtype.kind != "f":
        assert np.array_equal(one, other), f"{name}: {actual} instead of {expected}"
        return
    largest = np.abs(other[np.isfinite(other)]).max(initial=0.0)
    limit = tolerance.relative * largest + tolerance.absolute
    if not np.all(np.abs(one - other) <= limit):  # NumPy's own check is slow, but it reports
        np.testing.assert_allclose(one, other, rtol=0, atol=limit, err_msg=name)
