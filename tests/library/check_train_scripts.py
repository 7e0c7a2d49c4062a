"""Checks that `train.py` of random configurations gives the returns of the reference engine.

Each script runs by itself, as `python train.py`, with the interpreter that `--python` names. This
interpreter needs PyTorch, Gymnasium and NumPy, but not this project.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import NamedTuple

from pglab.algorithms.agents import AgentConfig
from pglab.algorithms.run import TrainingDiverged
from pglab.library.scripts.train_script import train_script
from pglab.networks import use_one_thread
from pglab.records import EpisodeRecord
from pglab.session.train import train
from tests.library.drawn_configs import drawn_config

MOST_WORK = 5e10  # multiplications of a run, which take about a minute
EPISODE = re.compile(r"episode +\d+ +step +(\d+) +return (\S+)")


class Course(NamedTuple):
    """How a run went: the last step and the return of each episode, and whether it diverged."""

    episodes: list[tuple[int, float]]
    diverged: bool


def course_of_reference(config: AgentConfig) -> Course:
    """Train with the reference engine."""
    episodes = []
    try:
        for record in train(config.changed(engine="reference")):
            if isinstance(record, EpisodeRecord):
                episodes.append((record.global_step, record.episode_return))
    except TrainingDiverged:
        return Course(episodes, diverged=True)
    return Course(episodes, diverged=False)


def course_of_script(config: AgentConfig, python: str, folder: Path) -> Course:
    """Run `train.py` and read what it prints.

    Raises:
        RuntimeError: the script failed.
    """
    (folder / "train.py").write_text(train_script(config), encoding="utf-8")
    command = [python, "-I", "train.py"]  # -I: without PYTHONPATH
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    diverged = "Training diverged" in ran.stderr
    if ran.returncode and not diverged:
        raise RuntimeError(ran.stderr)
    return Course([(int(s), float(r)) for s, r in EPISODE.findall(ran.stdout)], diverged)


def main() -> int:
    """Compare the scripts with the reference. Return 1 if any of them differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scripts", type=int, nargs="?", default=40)
    parser.add_argument("--steps", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0, help="of the random configurations")
    parser.add_argument("--python", default=sys.executable)
    arguments = parser.parse_args()
    use_one_thread()
    dice = Random(arguments.seed)
    equal = diverged = episodes = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.scripts):
            config = drawn_config(dice, arguments.steps, MOST_WORK)
            expected = course_of_reference(config)
            same = course_of_script(config, arguments.python, Path(folder)) == expected
            equal += same
            diverged += expected.diverged
            episodes += len(expected.episodes)
            sys.stdout.write(
                f"script {number}: {len(expected.episodes)} episodes\n"
                if same
                else f"script {number} differs: {config}\n"
            )
            sys.stdout.flush()
    sys.stdout.write(
        f"{equal} of {arguments.scripts} scripts give the returns of the reference in "
        f"{arguments.steps:,} steps: {episodes:,} episodes; {diverged} runs diverged\n"
    )
    return int(equal < arguments.scripts)


if __name__ == "__main__":
    sys.exit(main())
