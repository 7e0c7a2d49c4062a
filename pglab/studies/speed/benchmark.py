"""Measures the speed of training.

The command `python -m pglab.studies.speed.benchmark` prints the results. With `--json FILE`, it
also writes the results to a file.

The benchmark trains each agent in four ways: with a plain loop as in a notebook, with the PyTorch
reference, with compiled code that yields every record, and with compiled code as the pages use it.
The pages also keep the history and the checkpoints of a run. The four ways take turns in one
process on one core. Compare only the ratios within one benchmark, because the steps per second
depend on the machine and on its load.

The memory use and the cost of redrawing a page are measured in separate processes. The benchmark
also prints how many steps the page trains in the time of one redraw. For compiled code as the pages
use it, the benchmark prints the share of the training time that is spent outside this code.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.networks import use_one_thread
from pglab.records import StepRecord
from pglab.session.bench import Bench
from pglab.session.pacing import FULL_SPEED
from pglab.session.sharing.threads import usable_cores
from pglab.session.train import train
from pglab.session.training_session import TrainingSession
from pglab.studies.arguments import number_above_zero, parser_of, whole_number
from pglab.studies.speed.plain_loops import plain_loop

AGENTS: dict[str, Callable[..., AgentConfig]] = {
    "REINFORCE": ReinforceConfig,
    "shared on-policy": ActorCriticConfig.shared_on_policy,
    "split replay": ActorCriticConfig.split_replay,
}
PLAIN, REFERENCE, RECORDS, PAGES = WAYS = ("plain loop", "reference", "all records", "as pages")
TICK_SECONDS = 0.15  # the pages, too, train for this time between two redraws
SIZES = ((128, 128), (32, 32), (256, 256))
SHORTEST_RUN, LONGEST_RUN = 1_000, 1_000_000  # environment steps
STEPS_AT_ONCE = 50  # environment steps between two readings of the clock
WARM_UP_SECONDS = 0.5
MEMORY_STEPS = 3_000


@dataclass(frozen=True)
class Result:
    """The results for one agent, one network size and one way of training."""

    agent: str
    hidden_sizes: tuple[int, ...]
    way: str
    steps_per_second: float  # median over the rounds
    ratio: float  # speed divided by the plain loop's speed: median over the rounds
    megabytes: float  # peak memory of the process, minus its peak before the training
    outside: float  # share of the time outside compiled code; NaN without compiled code


class Way:
    """One way of training an agent. The method `train` continues the training."""

    def __init__(self, config: AgentConfig, way: str) -> None:
        """`way` is one of `WAYS`."""
        self._config = config
        self._way = way
        self._begin()

    def train(self, seconds: float) -> tuple[int, float]:
        """Train for about `seconds`.

        Returns:
            The number of environment steps, and the share of the time outside compiled code.
        """
        begun, taken, computing = time.perf_counter(), 0, 0.0
        while time.perf_counter() - begun < seconds:
            if self._session.finished or self._left < STEPS_AT_ONCE:
                self._begin()
            if self._way == PAGES:
                before, computed = self._session.global_step, self._session.compiled_seconds
                self._session.advance(seconds=TICK_SECONDS)
                taken += self._session.global_step - before
                computing += self._session.compiled_seconds - computed
            else:
                take(self._steps, STEPS_AT_ONCE)
                self._left -= STEPS_AT_ONCE
                taken += STEPS_AT_ONCE
        share = 1 - computing / (time.perf_counter() - begun) if computing else math.nan
        return taken, share

    def _begin(self) -> None:
        """Begin the first run, or the next run after a run has ended."""
        self._session = TrainingSession(self._config)
        self._steps = steps_of(self._config, self._way)
        self._left = self._config.total_steps


def steps_of(config: AgentConfig, way: str) -> Iterator[object]:
    """An iterator that trains an agent. Each item stands for exactly one environment step."""
    if way == PLAIN:
        return plain_loop(config)
    records = train(config.changed(engine="reference" if way == REFERENCE else "fast"))
    return (record for record in records if isinstance(record, StepRecord))


def take(steps: Iterator[object], count: int) -> None:
    """Take `count` environment steps.

    Raises:
        RuntimeError: the training ended before it had taken all these steps.
    """
    if sum(1 for _step in islice(steps, count)) < count:
        raise RuntimeError("the training ended before the measurement")


def measure(agent: str, hidden_sizes: tuple[int, ...], rounds: int, seconds: float) -> list[Result]:
    """Train an agent in each of the `WAYS`, and measure the speed and the memory.

    In each of `rounds` rounds, each way of training has one turn of about `seconds`.
    """
    config = AGENTS[agent](
        seed=0, hidden_sizes=hidden_sizes, total_steps=LONGEST_RUN, stop_when_solved=False
    )
    ways = {way: Way(config, way) for way in WAYS}
    for way in ways.values():
        way.train(min(seconds, WARM_UP_SECONDS))
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    shares: dict[str, list[float]] = {way: [] for way in WAYS}
    for _round in range(rounds):
        for name, way in ways.items():
            begun = time.perf_counter()
            taken, share = way.train(seconds)
            rates[name].append(taken / (time.perf_counter() - begun))
            shares[name].append(share)
    return [
        Result(
            agent,
            hidden_sizes,
            way,
            statistics.median(rates[way]),
            statistics.median(
                own / plain for own, plain in zip(rates[way], rates[PLAIN], strict=True)
            ),
            _output_of("--memory", agent, way, *map(str, hidden_sizes)),
            statistics.median(shares[way]),
        )
        for way in WAYS
    ]


def memory(agent: str, way: str, hidden_sizes: Sequence[int]) -> float:
    """The growth of this process's peak memory during training, in megabytes."""
    config = AGENTS[agent](seed=0, hidden_sizes=tuple(hidden_sizes), stop_when_solved=False)
    before = _most_memory()
    if way == PAGES:
        TrainingSession(config).advance("step", MEMORY_STEPS)
    else:
        take(steps_of(config, way), MEMORY_STEPS)
    return _most_memory() - before


def _most_memory() -> float:
    """The peak memory of this process in megabytes; NaN if the system does not report it."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return math.nan
    (kilobytes,) = re.findall(r"VmHWM:\s*(\d+) kB", status)
    return int(kilobytes) / 1024


def _output_of(*arguments: str, module: str = "pglab.studies.speed.benchmark") -> Any:
    """Run a module in another process with these arguments, and return the JSON that it prints."""
    command = [sys.executable, "-m", module, *arguments]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def seeds_ratio(agent: str, seconds: float) -> float:
    """The time to train eight seeds together, divided by the mean time to train one seed alone.

    Four seeds are trained one by one before the common training, and four seeds after it, because
    the speed of the machine may change. `seconds` is the approximate time to train one seed.
    """
    config = AGENTS[agent](total_steps=LONGEST_RUN, stop_when_solved=False)
    trial = TrainingSession(config)
    trial.advance("step", seconds=seconds)
    config = config.changed(total_steps=max(trial.global_step, SHORTEST_RUN))
    alone = [_seconds_of(config.changed(seed=seed), 1) for seed in range(4)]
    together = _seconds_of(config, 8)
    alone += [_seconds_of(config.changed(seed=seed), 1) for seed in range(4, 8)]
    return together / statistics.mean(alone)


def _seconds_of(config: AgentConfig, seeds: int) -> float:
    """The training time in seconds. `seeds` is the number of seeds trained together."""
    bench = Bench(config)
    bench.seeds, bench.speed = seeds, FULL_SPEED
    bench.run()
    begun = time.perf_counter()
    while bench.busy:
        bench.take_turn()
    return time.perf_counter() - begun


def table(results: Iterable[Result]) -> Iterator[str]:
    """Format the results as lines of text."""
    yield (
        f"{'agent':18}{'layers':>10}  {'way':12}{'steps/s':>10}{'ratio':>8}{'MB':>8}{'outside':>9}"
    )
    for r in results:
        layers = "×".join(map(str, r.hidden_sizes))
        rate = f"{r.steps_per_second:10,.0f}{r.ratio:8.1f}{r.megabytes:8,.0f}"
        rate += "" if math.isnan(r.outside) else f"{r.outside:9.0%}"
        yield f"{r.agent:18}{layers:>10}  {r.way:12}{rate}"


def redraw_table(costs: dict[str, dict[str, float]], results: Iterable[Result]) -> Iterator[str]:
    """Format the cost of one redraw of each page as lines of text.

    The column `steps` says how many environment steps the page trains in the time that one redraw
    of the page takes.
    """
    yield f"{'one redraw':18}{'ms':>10}{'kB sent':>10}{'steps':>10}"
    rates = {
        r.agent: r.steps_per_second
        for r in results
        if r.way == PAGES and r.hidden_sizes == SIZES[0]
    }
    for agent, cost in costs.items():
        steps = rates.get(agent, math.nan) * cost["milliseconds"] / 1000
        yield f"{agent:18}{cost['milliseconds']:10.1f}{cost['kilobytes']:10.0f}{steps:10.0f}"


def machine() -> dict[str, str | int]:
    """The date, the machine and the software versions of the measurement."""
    return {
        "date": datetime.date.today().isoformat(),
        "processor": platform.machine(),
        "cores": usable_cores(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    of_command = parser_of("pglab.studies.speed.benchmark", __doc__)
    of_command.add_argument("--rounds", type=whole_number(1, 1_000), default=5)
    of_command.add_argument(
        "--seconds", type=number_above_zero(600), default=2.0, help="length of each turn in seconds"
    )
    of_command.add_argument("--agent", choices=tuple(AGENTS), action="append")
    of_command.add_argument("--quick", action="store_true", help="only networks of 128×128")
    of_command.add_argument(
        "--seeds", action="store_true", help="also compare the times for eight seeds and one"
    )
    of_command.add_argument("--json", type=_new_file, help="file for the results")
    # The option --memory takes the agent, the way of training and the layer sizes.
    of_command.add_argument("--memory", nargs="+", help=argparse.SUPPRESS)
    return of_command


def _new_file(text: str) -> Path:
    """Check, before the long measurement, that a file can be written. Return the file's path."""
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"a file “{text}” cannot be written")
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the speed, print the tables, and write the JSON file if `--json` is given."""
    use_one_thread()
    chosen = parser().parse_args(arguments)
    if chosen.memory:
        agent, way, *layers = chosen.memory
        json.dump(memory(agent, way, [int(units) for units in layers]), sys.stdout)
        return
    agents = chosen.agent or tuple(AGENTS)
    results = [
        result
        for hidden_sizes in (SIZES[:1] if chosen.quick else SIZES)
        for agent in agents
        for result in measure(agent, hidden_sizes, chosen.rounds, chosen.seconds)
    ]
    redraws = _output_of(module="pglab.ui.redraw_cost")
    show([str(machine()), *table(results), *redraw_table(redraws, results)])
    if chosen.seeds:
        for agent in agents:
            ratios = [seeds_ratio(agent, 2 * chosen.seconds) for _round in range(3)]
            ratio = statistics.median(ratios)
            show([f"{agent}: eight seeds take {ratio:.2f} times as long as one"])
    if chosen.json:
        rows = [asdict(result) for result in results]
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump({"machine": machine(), "results": rows, "redraws": redraws}, file, indent=1)


def show(lines: Iterable[str]) -> None:
    """Print lines of text."""
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
