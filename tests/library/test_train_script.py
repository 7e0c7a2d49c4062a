"""`train.py` trains exactly as the reference engine, and contains no name that it does not need."""

from __future__ import annotations

import ast
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from pglab.algorithms.agents import AgentConfig, begin, records_of
from pglab.algorithms.run import TrainingDiverged
from pglab.config import ActorCriticConfig, ConfigError, ReinforceConfig
from pglab.library.scripts.train_script import train_script
from pglab.records import EpisodeRecord
from tests.library.check_train_scripts import EPISODE
from tests.library.drawn_configs import drawn_config

STEPS = 1_000
PRESETS: dict[str, AgentConfig] = {
    "reinforce": ReinforceConfig(total_steps=STEPS),
    "shared_on_policy": ActorCriticConfig.shared_on_policy(total_steps=STEPS),
    "split_replay": ActorCriticConfig.split_replay(total_steps=STEPS),
}
SOLVED = ReinforceConfig(success_return=5, smoothing_window=1, eval_interval=400)
MEASURED = ReinforceConfig(total_steps=STEPS, eval_interval=100, smoothing_window=5)
DIVERGES = ActorCriticConfig(
    learning_rate=0.1, symexp_heads=True, policy_signal="q", rollout_steps=16
)


def drawn(count: int, steps: int, most_work: float = math.inf) -> list[AgentConfig]:
    """Draw configurations, the same ones each time."""
    dice = Random(1)
    return [drawn_config(dice, steps, most_work) for _ in range(count)]


TRAINED = PRESETS | {f"drawn {n}": c for n, c in enumerate(drawn(10, STEPS, most_work=2e8))}
WRITTEN = [*PRESETS.values(), *drawn(60, STEPS)]


# --- The script and the reference, side by side


def course_of_script(script: str) -> Iterator[tuple[Any, ...]]:
    """Train; yield each episode with the parameters of the networks, then how the run ended."""
    namespace: dict[str, Any] = {"__name__": "train"}
    exec(compile(script, "train.py", "exec"), namespace)
    training = namespace["train"]()
    with torch.random.fork_rng(), np.errstate(all="ignore"):
        try:
            for episode in training:
                names = training.gi_frame.f_locals
                networks = [names[n] for n in ("policy", "actor", "critic", "value") if n in names]
                yield *episode, bytes_of(networks)
        except FloatingPointError:
            yield ("diverged",)


def course_of_reference(config: AgentConfig) -> Iterator[tuple[Any, ...]]:
    """Train with the reference engine; yield the same as `course_of_script`."""
    run = begin(config)
    networks = [run.networks[n] for n in ("policy", "critic", "value") if n in run.networks]
    if isinstance(config, ActorCriticConfig) and config.critic_only:
        del networks[0]  # the script has no policy, only a critic
    try:
        for record in records_of(run):
            if isinstance(record, EpisodeRecord):
                yield record.global_step, record.episode_return, bytes_of(networks)
    except TrainingDiverged:
        yield ("diverged",)


def bytes_of(networks: list[nn.Module]) -> bytes:
    """All parameters, bit for bit."""
    return b"".join(p.detach().numpy().tobytes() for n in networks for p in n.parameters())


@pytest.mark.parametrize("config", TRAINED.values(), ids=TRAINED)
def test_the_script_trains_as_the_reference(config: AgentConfig) -> None:
    expected = list(course_of_reference(config))
    assert expected
    assert list(course_of_script(train_script(config))) == expected


def test_the_script_ends_as_the_reference_when_the_task_is_solved() -> None:
    expected = list(course_of_reference(SOLVED))
    assert 400 <= expected[-1][0] < 1_000
    assert list(course_of_script(train_script(SOLVED))) == expected


def test_the_script_ends_as_the_reference_when_training_diverges() -> None:
    expected = list(course_of_reference(DIVERGES))
    assert len(expected) > 1
    assert expected[-1] == ("diverged",)
    assert list(course_of_script(train_script(DIVERGES))) == expected


@pytest.mark.parametrize(
    ("line", "changed"),
    [("reward + GAMMA * G", "reward + G"), ("rng(action_seed)", "rng(net_seed)")],
)
def test_a_script_that_trains_differently_is_found(line: str, changed: str) -> None:
    script = train_script(PRESETS["reinforce"])
    assert line in script
    expected = list(course_of_reference(PRESETS["reinforce"]))
    assert list(course_of_script(script.replace(line, changed))) != expected


def test_the_script_prints_each_return_exactly(capsys: pytest.CaptureFixture[str]) -> None:
    namespace = {"__name__": "__main__"}
    with torch.random.fork_rng():
        exec(compile(train_script(MEASURED), "train.py", "exec"), namespace)
    printed = capsys.readouterr().out
    episodes = [(int(step), float(of)) for step, of in EPISODE.findall(printed)]
    expected = list(course_of_reference(MEASURED))
    assert episodes == [episode[:2] for episode in expected]
    last = [episode_return for _step, episode_return in episodes][-100:]
    mean = f"mean of the last {len(last)} returns: {np.mean(last):.1f}"
    assert printed.splitlines()[-1] == mean


@pytest.mark.parametrize(
    "settings",
    [
        {"stop_when_solved": False},
        {"eval_interval": STEPS + 1},  # no check in the run
        {"smoothing_window": 11},  # ten checks
        {"env_id": "Acrobot-v1", "success_return": 1.0},  # each step of Acrobot costs 1
    ],
)
def test_the_script_of_a_run_that_cannot_stop_early_measures_no_progress(
    settings: dict[str, Any],
) -> None:
    words = "solved", "SUCCESS_RETURN", "deque"
    assert all(word in train_script(MEASURED) for word in words)
    config = MEASURED.changed(**settings)
    script = train_script(config)
    assert not any(word in script for word in words)
    assert list(course_of_script(script)) == list(course_of_reference(config))


# --- The text of the script


def test_the_script_needs_only_pytorch_gymnasium_and_numpy() -> None:
    known = {"torch", "gymnasium", "numpy", *sys.stdlib_module_names}
    for script in map(train_script, WRITTEN):
        assert "pglab" not in script
        imported = {
            name.partition(".")[0]
            for node in ast.walk(ast.parse(script))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else names_of(node)
            )
        }
        assert {"torch", "gymnasium", "numpy"} <= imported <= known


def names_of(node: ast.Import) -> list[str]:
    return [alias.name for alias in node.names]


def test_the_script_uses_all_its_constants_functions_and_classes() -> None:
    for script in map(train_script, WRITTEN):
        assert unused_names(script) == set()
    assert unused_names("A = 1\nB = 2\ndef f(): return A\nclass C: pass") == {"B", "f", "C"}


def unused_names(script: str) -> set[str]:
    """The names that a script defines at its top level, but never reads."""
    tree = ast.parse(script)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    read = {name.id for name in names if isinstance(name.ctx, ast.Load)}
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    constants = [node for node in tree.body if isinstance(node, ast.Assign)]
    return (defined | {ast.unparse(node.targets[0]) for node in constants}) - read


def test_the_script_is_formatted(tmp_path: Path) -> None:
    for number, config in enumerate(WRITTEN):
        (tmp_path / f"train_{number}.py").write_text(train_script(config), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    checks = (["format", "--check"], ["check", "--select", "F,E,W,B,SIM"])
    for check in checks:
        ran = subprocess.run(
            [*ruff, *check, "--isolated", tmp_path], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        train_script(ReinforceConfig(env_id='CartPole-v1"\nimport os'))
