"""Runs the experiments with several seeds, and checks what the pages claim about the results.

This command checks all experiments of one page, and one experiment of another page:

    python -m pglab.studies.check_experiments reinforce shared_on_policy/rare_updates

The command trains the seeds 0–7 with the settings of each experiment, and with the usual settings
of the page. For each claim, it prints the number of seeds for which the claim is true. Without
names, the command checks all experiments of all pages. With `--write`, the command also writes the
results to `pglab/data/experiments/<page>.json`, which the pages read. Only the results of the named
experiments are replaced. The environment variable `PGLAB_DASK` chooses the workers that train.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pglab.algorithms.agents import AgentConfig
from pglab.config import format_value, settings_of
from pglab.experiments.catalogue import experiments_of
from pglab.experiments.experiment import STEPS, USUAL
from pglab.experiments.results import FOLDER, SEEDS, WINDOWS, Arm, held, load
from pglab.experiments.statistics import STATISTICS, recorded, window_means
from pglab.maps.running.calls import on_workers
from pglab.maps.running.keys import provenance_of
from pglab.networks import use_one_thread
from pglab.session.stored.provenance import KEY
from pglab.session.training_session import TrainingSession
from pglab.studies.arguments import add_write, parser_of
from pglab.studies.outcome import Outcome, changed_versions, number_differences
from pglab.studies.workers import workers_of_command


def measure(config: AgentConfig) -> dict[str, Any]:
    """Train one run. Return its statistics, its learning curve and its outcome."""
    session = TrainingSession(config, can_rewind=False)
    session.advance("step", config.total_steps)
    run = recorded(session)
    return {
        "figures": {name: statistic.of(run) for name, statistic in STATISTICS.items()},
        "curve": window_means(run, config.total_steps, WINDOWS),
        "outcome": session.outcome,
    }


def settings_text(config: AgentConfig) -> dict[str, str]:
    """All settings except the seed, each formatted as a text."""
    return {n: format_value(getattr(config, n)) for n in settings_of(config) if n != "seed"}


def make_arm(configs: Sequence[AgentConfig]) -> Arm:
    """Train one run for each configuration on workers. Return all results as one `Arm`.

    The configurations must differ only in the seed.
    """
    measured = on_workers(measure, configs)
    return Arm(
        settings=settings_text(configs[0]),
        figures={n: np.array([run["figures"][n] for run in measured]) for n in STATISTICS},
        curves=np.stack([run["curve"] for run in measured]),
        outcomes=[run["outcome"] for run in measured],
        made_by=provenance_of(configs[0]),
    )


def save(page: str, arms: dict[str, Arm]) -> Path:
    """Write each `Arm` of a page as one line to the file that the page reads."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{page}.json"
    lines = [f"{json.dumps(name)}: {json.dumps(_stored(arm))}" for name, arm in arms.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return path


def _stored(arm: Arm) -> dict[str, Any]:
    """Convert an `Arm` to JSON values. Statistics that are NaN for all seeds are left out."""
    # For example, the TD error is NaN for all seeds of REINFORCE, which has no critic.
    known = {n: values for n, values in arm.figures.items() if not np.isnan(values).all()}
    return {
        KEY: arm.made_by,
        "settings": arm.settings,
        "figures": {name: _rounded(values, 4) for name, values in known.items()},
        "curves": [_rounded(curve, 1) for curve in arm.curves],
        "outcomes": list(arm.outcomes),
    }


def _rounded(values: NDArray[np.float64], digits: int) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), digits) for value in values]


def check(page: str, keys: Sequence[str], *, write: bool) -> dict[str, Arm]:
    """Return an `Arm` for each experiment of a page, and for the page's usual settings.

    An `Arm` contains the results of runs that differ only in the seed. An `Arm` is trained if
    `keys` names it or if it is not stored yet. All others are loaded. If `write` is true, each
    `Arm` is written to the file as soon as it is trained, because training all of them takes long.
    """
    stored = load(page) if (FOLDER / f"{page}.json").exists() else {}
    arms: dict[str, Arm] = {}
    for key, config in configs_of(page).items():
        arm = stored.get(key)
        if arm is None or key in keys:
            arm = make_arm([config(seed) for seed in range(SEEDS)])
            if write:
                save(page, {**stored, **arms, key: arm})
            print(f"{page}/{key}: {arm.outcomes}", flush=True)
        arms[key] = arm
    return arms


def configs_of(page: str) -> dict[str, Callable[[int], AgentConfig]]:
    """Map the name of each `Arm` of a page to a function that returns the settings for a seed."""
    configs: dict[str, Callable[[int], AgentConfig]] = {}
    for experiment in experiments_of(page):
        configs.setdefault(experiment.usual_arm, experiment.usual_config)
        configs[experiment.key] = experiment.config
    return configs


def recheck(page: str) -> Outcome:
    """Run all experiments of a page again, and compare the results with the stored results."""
    stored = load(page)
    arms = {
        key: make_arm([config(seed) for seed in range(SEEDS)])
        for key, config in configs_of(page).items()
    }
    versions = (
        changed_versions(stored[key].made_by, arm.made_by)
        for key, arm in arms.items()
        if key in stored
    )
    return Outcome(
        numbers=[
            text
            for key, arm in arms.items()
            for text in (
                differences(key, arm, stored[key]) if key in stored else [f"{key}: not stored"]
            )
        ],
        claims=refuted(page, arms),
        versions="; ".join(dict.fromkeys(filter(None, versions))),
    )


def differences(key: str, arm: Arm, stored: Arm) -> list[str]:
    """Say how a new `Arm`, rounded to the stored digits, differs from the stored `Arm`."""
    new, known = _stored(arm), _stored(stored)
    nothing = [None] * len(arm.outcomes)
    found = [
        text
        for name in STATISTICS
        for text in number_differences(
            f"{key}, {name}",
            new["figures"].get(name, nothing),
            known["figures"].get(name, nothing),
        )
    ]
    found += number_differences(f"{key}, curves", new["curves"], known["curves"])
    if new["outcomes"] != known["outcomes"]:
        found.append(f"{key}: the runs end otherwise")
    return found


def refuted(page: str, arms: dict[str, Arm]) -> list[str]:
    """The claims of a page that are true for at most half of the seeds."""
    return [text for text, count in _counts(page, arms) if count <= SEEDS / 2]


def report(page: str, arms: dict[str, Arm]) -> str:
    """List the claims of a page, each with the number of seeds for which the claim is true."""
    return "\n".join(text for text, _count in _counts(page, arms))


def _counts(page: str, arms: dict[str, Arm]) -> Iterator[tuple[str, int]]:
    """Yield each claim of a page in words, with the number of seeds that confirm the claim."""
    for e in experiments_of(page):
        for claim in (e.right_claim, *e.further):
            count = held(claim, arms[e.key], arms[e.usual_arm])
            yield f"{page}/{e.key}: {claim.sentence()}: {count} of {SEEDS}", count


def parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    of_command = parser_of("pglab.studies.check_experiments", __doc__)
    of_command.add_argument("names", nargs="*", type=_name, metavar="page or page/experiment")
    add_write(of_command, "the stored results of the experiments")
    return of_command


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    use_one_thread()
    chosen = parser().parse_args(arguments)
    for page in STEPS:
        asked = [n for n in chosen.names or STEPS if n.split("/")[0] == page]
        if asked:
            everything = _names(page) if page in asked else asked
            keys = [n.split("/")[1] for n in everything]
            with workers_of_command():
                arms = check(page, keys, write=chosen.write)
            if chosen.write:
                print(save(page, arms))
            print(report(page, arms))


def _name(text: str) -> str:
    """Return an argument if it names a page, an experiment, or the usual runs of a page.

    Raises:
        argparse.ArgumentTypeError: there is no such name; the message lists all names.
    """
    names = [name for page in STEPS for name in (page, *_names(page))]
    if text not in names:
        raise argparse.ArgumentTypeError(f"“{text}” is not one of {', '.join(names)}")
    return text


def _names(page: str) -> list[str]:
    offered = experiments_of(page)
    keys = (USUAL, *(e.usual_arm for e in offered), *(e.key for e in offered))
    return [f"{page}/{key}" for key in dict.fromkeys(keys)]


if __name__ == "__main__":
    main()
