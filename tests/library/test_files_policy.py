"""The policy as safetensors, as ONNX, and in `play.py`: all give the probabilities of the run."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import safetensors
import torch
from safetensors.numpy import load

from pglab.library.policy_files.onnx_file import policy_onnx
from pglab.library.policy_files.play_script import play_script
from pglab.library.policy_files.policy import exported_policy, policy_safetensors
from pglab.library.state.run import policy_of
from tests.library.example_runs import RUNS, contents

EVERY_RUN = pytest.mark.parametrize("name", RUNS)


def observations(name: str) -> Any:
    """Random observations: [N, D]."""
    size = exported_policy(contents(name)).observation_size
    return np.random.default_rng(1).normal(size=(500, size)).astype(np.float32)


def log_probabilities(name: str) -> Any:
    """Log π of the run's own network: [N, A]."""
    with torch.no_grad():
        return policy_of(contents(name))(torch.from_numpy(observations(name))).numpy()


def tolerance(name: str) -> float:
    """1e-6; if the parameters have exploded, the error of single precision itself, and a little."""
    if name != "diverged":
        return 1e-6
    network = policy_of(contents(name)).double()
    with torch.no_grad():
        exact = network(torch.from_numpy(observations(name)).double()).exp().numpy()
    error: float = np.abs(exact - np.exp(log_probabilities(name))).max()
    assert error < 1e-4
    return 4 * error


@EVERY_RUN
def test_onnx_gives_the_probabilities_of_the_policy(name: str) -> None:
    model = onnxruntime.InferenceSession(policy_onnx(exported_policy(contents(name))))
    inputs = {"observation": observations(name)}
    outputs = ["log_probabilities", "action_probabilities"]
    logs, probabilities = model.run(outputs, inputs)
    expected = log_probabilities(name)
    # e^|x| multiplies a rounding error of x by |x|, and symexp makes log π as large as e^|x|.
    worse = np.log1p(np.abs(expected)).max() if exported_policy(contents(name)).symexp else 1.0
    np.testing.assert_allclose(logs, expected, rtol=1e-6 * max(1.0, worse), atol=1e-6)
    np.testing.assert_allclose(probabilities, np.exp(expected), rtol=0, atol=tolerance(name))
    (one,) = model.run(["action_probabilities"], {"observation": inputs["observation"][:1]})
    np.testing.assert_allclose(one, probabilities[:1], rtol=0, atol=tolerance(name))


def by_hand(data: bytes, seen: Any, folder: Path) -> Any:
    """π from the file alone: its parameters, and what its metadata say."""
    file = folder / "policy.safetensors"
    file.write_bytes(data)
    with safetensors.safe_open(file, "numpy") as opened:
        facts = opened.metadata()
    parameters = load(data)
    x = seen.astype(np.float64)
    for number, size in enumerate(json.loads(facts["hidden_sizes"]), 1):
        x = x @ parameters[f"hidden_{number}.weight"].T + parameters[f"hidden_{number}.bias"]
        assert x.shape[1] == size
        x = np.tanh(x) if facts["activation"] == "tanh" else np.maximum(x, 0)
    x = x @ parameters["output.weight"].T + parameters["output.bias"]
    if json.loads(facts["symexp"]):
        x = np.sign(x) * np.expm1(np.abs(x))
    assert x.shape[1] == len(facts["actions"].split(", "))
    if facts["output"] == "action values":
        epsilon = float(facts["epsilon"])
        return np.eye(x.shape[1])[x.argmax(axis=1)] * (1 - epsilon) + epsilon / x.shape[1]
    odds = np.exp(x - x.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


@EVERY_RUN
def test_safetensors_has_all_that_a_program_needs(name: str, tmp_path: Path) -> None:
    data = policy_safetensors(exported_policy(contents(name)))
    found = by_hand(data, observations(name), tmp_path)
    np.testing.assert_allclose(found, np.exp(log_probabilities(name)), rtol=0, atol=tolerance(name))


def test_the_files_are_the_same_each_time() -> None:
    policy = exported_policy(contents("symexp"))
    assert len({policy_safetensors(policy) for _ in range(20)}) == 1
    assert len({policy_onnx(policy) for _ in range(5)}) == 1


@EVERY_RUN
def test_play_computes_the_probabilities_of_the_policy(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = exported_policy(contents(name))
    script = play_script(policy)
    assert len(script.splitlines()) <= 40
    assert max(map(len, script.splitlines())) <= 100
    (tmp_path / "play.py").write_text(script, encoding="utf-8")
    (tmp_path / "policy.safetensors").write_bytes(policy_safetensors(policy))
    monkeypatch.setattr(sys, "argv", ["play.py", "0"])
    program = runpy.run_path(str(tmp_path / "play.py"))
    found = [program["action_probabilities"](seen) for seen in observations(name)]
    np.testing.assert_allclose(found, np.exp(log_probabilities(name)), rtol=0, atol=tolerance(name))


def test_play_shows_an_episode_without_this_package(tmp_path: Path) -> None:
    policy = exported_policy(contents("greedy with symexp"))
    (tmp_path / "play.py").write_text(play_script(policy), encoding="utf-8")
    (tmp_path / "policy.safetensors").write_bytes(policy_safetensors(policy))
    environment = {**os.environ, "SDL_VIDEODRIVER": "dummy"}
    done = subprocess.run(
        # -I: neither this folder nor PYTHONPATH, so that the script cannot import pglab.
        [sys.executable, "-I", tmp_path / "play.py", "1"],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(tmp_path.anchor),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Episode 1: return " in done.stdout
    assert "pglab" not in play_script(policy)
