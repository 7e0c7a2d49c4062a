"""A run's figures that leave the app show what the run holds."""

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from numpy.typing import NDArray

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.environments import ENVIRONMENTS
from pglab.figures_of_run import run_figures
from pglab.library.contents import RunContents
from pglab.library.snapshot import contents_of
from pglab.library.state.run import policy_of
from pglab.looks.probes import action_probabilities
from pglab.plots.figures import unpacked
from pglab.session.training_session import TrainingSession


def contents(config: AgentConfig, steps: int) -> RunContents:
    session = TrainingSession(config)
    session.advance("step", steps)
    return contents_of(session)


def trace(figure: dict[str, Any], number: int) -> tuple[NDArray[Any], NDArray[Any]]:
    shown = figure["data"][number]
    return unpacked(shown["x"]), unpacked(shown["y"])


PLAIN = ["returns", "entropy", "gradient_norm", "actor_loss", "policy"]
BASELINE = ["returns", "entropy", "gradient_norm", "actor_loss", "critic_loss", "policy"]
CRITIC = ["returns", "entropy", "gradient_norms", "actor_loss", "critic_loss", "policy"]


@pytest.mark.parametrize(
    ("config", "names"),
    [
        (ReinforceConfig(), PLAIN),
        (ReinforceConfig(baseline="value", hidden_sizes=()), BASELINE),
        (ActorCriticConfig(), CRITIC),
        (ActorCriticConfig().changed(env_id="Acrobot-v1"), CRITIC),
        (ReinforceConfig().changed(env_id="MountainCar-v0"), PLAIN),
    ],
)
def test_plotly_accepts_all_figures_of_a_run(config: AgentConfig, names: list[str]) -> None:
    figures = run_figures(contents(config, 2_200))
    assert list(figures) == names
    for figure in figures.values():
        layout = go.Figure(figure).layout
        assert layout.title.text
        assert config.env_id in layout.title.subtitle.text
        assert layout.xaxis.title.text
        assert layout.yaxis.title.text


def test_the_figures_show_the_numbers_of_the_run() -> None:
    run = contents(ReinforceConfig(), 3_000)
    figures = run_figures(run)
    steps, returns = trace(figures["returns"], 0)
    np.testing.assert_array_equal(steps, run.episodes.columns["global_step"])
    np.testing.assert_array_equal(returns, run.episodes.columns["episode_return"])
    _steps, smoothed = trace(figures["returns"], 1)
    assert smoothed[-1] == pytest.approx(returns[-20:].mean())
    columns = {"entropy": "entropy", "gradient_norm": "actor_gradient_norm"}
    for name, column in (columns | {"actor_loss": "actor_loss"}).items():
        _steps, values = trace(figures[name], 0)
        np.testing.assert_allclose(values, run.updates.columns[column], rtol=1e-6)
    assert figures["returns"]["layout"]["xaxis"]["range"] == pytest.approx([0, 1.01 * 3_000])


def test_the_heatmap_shows_the_policy() -> None:
    run = contents(ReinforceConfig(), 3_000)
    figure = run_figures(run)["policy"]
    heatmap = figure["data"][0]
    x, y = unpacked(heatmap["x"]), unpacked(heatmap["y"])
    shown = unpacked({**heatmap["z"]}).reshape(len(y), len(x))
    corner = np.array([0.0, 0.0, x[-1], y[0]], np.float32)  # angle and angular velocity
    (expected,) = action_probabilities(policy_of(run), corner[None])
    assert shown[0, -1] == pytest.approx(expected[1], abs=1e-6)
    assert (
        "at cart position 0.00, cart velocity 0.00" in figure["layout"]["title"]["subtitle"]["text"]
    )
    assert "right" in figure["layout"]["title"]["text"]


def test_a_change_of_settings_is_marked() -> None:
    session = TrainingSession(ReinforceConfig())
    session.advance("step", 1_000)
    session.change(gamma=0.9)
    session.advance("step", 1_000)
    (label,) = run_figures(contents_of(session))["returns"]["layout"]["annotations"]
    assert label["text"] == "γ 0.9"
    assert label["x"] == session.history.changes[0].global_step


def test_figures_without_numbers_are_left_out() -> None:
    assert list(run_figures(contents(ReinforceConfig(), 0))) == ["policy"]
    before_an_update = contents(ReinforceConfig().changed(env_id="Acrobot-v1"), 10)
    assert list(run_figures(before_an_update)) == ["policy"]


def test_a_diverged_run_has_figures_without_its_policy() -> None:
    run = contents(ReinforceConfig(), 2_000)
    columns = {name: column.copy() for name, column in run.updates.columns.items()}
    for name in columns.keys() - {"global_step"}:
        columns[name][-3:] = np.nan
    arrays = {
        name: np.full_like(array, np.nan) if name.startswith("policy/") else array
        for name, array in run.state.arrays.items()
    }
    diverged = replace(
        run,
        outcome="diverged",
        problem="Training stopped.",
        updates=replace(run.updates, columns=columns),
        state=replace(run.state, arrays=arrays),
    )
    figures = run_figures(diverged)
    assert list(figures) == PLAIN[:-1]
    steps, values = trace(figures["entropy"], 0)
    assert len(steps) == len(columns["entropy"]) - 3
    assert np.isfinite(values).all()


def test_each_environment_says_where_its_plane_lies() -> None:
    for env_id in ENVIRONMENTS:
        told = run_figures(contents(ReinforceConfig().changed(env_id=env_id), 0))["policy"]
        subtitle = told["layout"]["title"]["subtitle"]["text"]
        assert ("<br>at " in subtitle) == (len(ENVIRONMENTS[env_id].axes) > 2)
