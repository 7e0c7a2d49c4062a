"""The measurement of the gradient lab, compared with naive computations."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import astuple, replace
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from pglab.algorithms.agents import AgentConfig
from pglab.algorithms.run import sample_action
from pglab.config import ReinforceConfig
from pglab.environments import make_environment
from pglab.gradient_noise import estimators as gradient_estimators
from pglab.gradient_noise.estimators import (
    ESTIMATORS,
    Estimator,
    Values,
    cosine,
    episode_gradients,
    episode_weights,
    fitted_values,
    group_sizes,
    known_values,
    means_of_others,
    returns_to_go,
)
from pglab.gradient_noise.intervals import bootstrap_counts, ratio_interval
from pglab.gradient_noise.measurement import (
    finished,
    make_survey,
    measure,
    most_episodes,
    problem_with,
)
from pglab.gradient_noise.results import Report, Survey
from pglab.looks.fresh_episodes import lockstep
from pglab.looks.fresh_episodes.evaluation import PlayedEpisode, play
from pglab.looks.fresh_episodes.lockstep import draw_episodes, sample_actions
from pglab.losses import policy_gradient_loss
from pglab.networks import Body, PolicyNetwork
from pglab.records import Floats
from pglab.session.rewinding.checkpoints import Snapshot
from pglab.session.training_session import TrainingSession
from pglab.studies.example_policies import trained
from tests.oracles import SHORT_CARTPOLE, naive_returns, short_config
from tests.oracles_actor_critic import short_cell

GAMMA = 0.9
K, SEED = 20, 5


def snapshot_of(config: AgentConfig, steps: int = 0) -> Snapshot:
    session = TrainingSession(config, can_rewind=False)
    if steps:
        session.advance("step", steps)
    return Snapshot(1, steps, config, session.networks)


def network(hidden: tuple[int, ...] = (8,)) -> PolicyNetwork:
    generator = torch.Generator().manual_seed(0)
    return PolicyNetwork(Body(4, hidden, "tanh", generator), 2, generator)


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    """A policy after 500 training steps, in an environment that truncates some episodes."""
    return snapshot_of(short_config(gamma=GAMMA, learning_rate=0.01), steps=500)


@pytest.fixture(scope="module")
def survey(snapshot: Snapshot) -> Survey:
    return finished(make_survey(snapshot, SEED, episodes=50))


@pytest.fixture(scope="module")
def report(snapshot: Snapshot, survey: Survey) -> Report:
    return finished(measure(snapshot, K, SEED, survey))


def drawn(snapshot: Snapshot, pool: int = 0, count: int = K) -> list[PlayedEpisode]:
    policy, env_id = snapshot.networks["policy"], snapshot.config.env_id
    return finished(draw_episodes(policy, env_id, count, SEED, pool))


# --- Naive versions


def naive_weights(
    episodes: Sequence[PlayedEpisode], values: Values, gamma: float = GAMMA
) -> list[dict[Estimator, Floats]]:
    """Compute the weights wₜ directly from their definition as sums."""
    returns = [
        naive_returns(list(e.rewards), [*[False] * (len(e.rewards) - 1), True], gamma)
        for e in episodes
    ]
    rows: list[dict[Estimator, Floats]] = []
    for k, (episode, G) in enumerate(zip(episodes, returns, strict=True)):  # noqa: N806
        others = np.concatenate([other for j, other in enumerate(returns) if j != k])
        rows.append(
            {
                "whole_episode": np.full(len(G), G[0]),
                "reward_to_go": G,
                "mean": G - others.mean(),
                "value": G - values(episode.observations),
            }
        )
    return rows


def naive_gradient(policy: nn.Module, episode: PlayedEpisode, weights: Floats) -> Floats:
    """Compute the gradient of an episode with `.grad`, in double precision, step by step."""
    copied = copy.deepcopy(policy).double()
    for observation, action, weight in zip(
        episode.observations, episode.actions, weights, strict=True
    ):
        log_probabilities = copied(torch.as_tensor(observation, dtype=torch.float64))
        (float(weight) * log_probabilities[int(action)]).backward()
    gradients = [p.grad for p in copied.parameters()]
    return np.concatenate([g.flatten().numpy() for g in gradients if g is not None])


@pytest.fixture(scope="module")
def naive(snapshot: Snapshot, survey: Survey) -> dict[Estimator, Floats]:
    """The gradients of K episodes for each estimator, as arrays [K, parameters]."""
    episodes, policy = drawn(snapshot), snapshot.networks["policy"]
    weights = naive_weights(episodes, survey.values)
    return {
        name: np.stack(
            [naive_gradient(policy, e, w[name]) for e, w in zip(episodes, weights, strict=True)]
        )
        for name in ESTIMATORS
    }


# --- The measurement


@pytest.mark.parametrize("name", ESTIMATORS)
def test_mean_and_variances_agree_with_naive_ones(
    name: Estimator, report: Report, naive: dict[Estimator, Floats]
) -> None:
    found, gradients = report.estimators[name], naive[name]
    scale = np.linalg.norm(gradients.mean(axis=0))
    np.testing.assert_allclose(found.mean / scale, gradients.mean(axis=0) / scale, atol=1e-5)
    assert found.variance == pytest.approx(np.trace(np.cov(gradients.T)), rel=1e-5)
    assert report.group_sizes == (1, 2, 5)
    for size, variance in zip(report.group_sizes, found.group_variances, strict=True):
        groups = gradients.reshape(-1, size, gradients.shape[1]).mean(axis=1)
        assert variance == pytest.approx(np.trace(np.cov(groups.T)), rel=1e-4)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_mean_is_the_gradient_of_the_pooled_batch(
    name: Estimator, snapshot: Snapshot, survey: Survey, report: Report
) -> None:
    """The mean gradient is −(steps / K) · ∇loss, where the loss is REINFORCE's mean over steps."""
    episodes, policy = drawn(snapshot), snapshot.networks["policy"]
    weights = np.concatenate([w[name] for w in naive_weights(episodes, survey.values)])
    observations = torch.as_tensor(np.concatenate([e.observations for e in episodes]))
    actions = torch.as_tensor(np.concatenate([e.actions for e in episodes]))
    log_probs = policy(observations).gather(1, actions[:, None])[:, 0]
    loss = policy_gradient_loss(log_probs, torch.as_tensor(weights, dtype=torch.float32))
    derivatives = torch.autograd.grad(-loss * len(weights) / K, list(policy.parameters()))
    pooled = torch.cat([d.flatten() for d in derivatives]).numpy()
    difference = np.linalg.norm(report.estimators[name].mean - pooled)
    assert difference < 1e-5 * np.linalg.norm(pooled)


def test_ratios_of_variances_come_with_the_intervals_of_the_naive_gradients(
    report: Report, naive: dict[Estimator, Floats]
) -> None:
    distances = {n: ((g - g.mean(axis=0)) ** 2).sum(axis=1) for n, g in naive.items()}
    counts = bootstrap_counts(K, np.random.default_rng([SEED, 4]))
    expected = {
        name: ratio_interval(of, distances["whole_episode"], counts)
        for name, of in distances.items()
    }
    for name, found in report.estimators.items():
        assert astuple(found.ratio) == pytest.approx(astuple(expected[name]), rel=1e-3)
    over_mean = ratio_interval(distances["value"], distances["mean"], counts)
    assert astuple(report.value_over_mean) == pytest.approx(astuple(over_mean), rel=1e-3)
    over_to_go = ratio_interval(distances["value"], distances["reward_to_go"], counts)
    assert astuple(report.value_over_to_go) == pytest.approx(astuple(over_to_go), rel=1e-3)


def test_a_signal_is_found_if_it_is_positive_and_noise_hardly_looks_like_it(survey: Survey) -> None:
    unlikely, likely = (dict.fromkeys(ESTIMATORS, p) for p in (0.01, 0.2))
    none: dict[Estimator, float] = dict.fromkeys(ESTIMATORS, -1.0)
    assert survey.signals["mean"] > 0
    assert replace(survey, p_values=unlikely).has_signal("mean")
    assert not replace(survey, p_values=likely).has_signal("mean")
    assert not replace(survey, p_values=unlikely, signals=none).has_signal("mean")
    alone = replace(survey, p_values=likely | {"whole_episode": 0.01})
    assert not alone.has_signal("whole_episode"), "needs a clear mean gradient, too"


def test_the_plane_and_the_arrows_agree_with_a_naive_decomposition(
    survey: Survey, report: Report, naive: dict[Estimator, Floats]
) -> None:
    x, y = report.plane
    np.testing.assert_allclose(x, survey.direction / np.linalg.norm(survey.direction))
    centred = naive["whole_episode"] - naive["whole_episode"].mean(axis=0)
    _u, _s, components = np.linalg.svd(centred - np.outer(centred @ x, x))
    assert abs(components[0] @ y) == pytest.approx(1, abs=1e-5)
    assert x @ y == pytest.approx(0, abs=1e-6)
    for name, gradients in naive.items():
        found = report.estimators[name]
        expected = gradients @ report.plane.T
        np.testing.assert_allclose(found.arrows, expected, atol=1e-4 * np.abs(expected).max())
        share = expected.var(axis=0, ddof=1).sum() / np.trace(np.cov(gradients.T))
        assert found.shown == pytest.approx(share, rel=1e-4)
        assert found.cosine == pytest.approx(
            cosine(gradients.mean(axis=0), survey.direction), abs=1e-5
        )


def test_the_survey_is_the_mean_of_separate_episodes(snapshot: Snapshot, survey: Survey) -> None:
    episodes, policy = drawn(snapshot, pool=1, count=50), snapshot.networks["policy"]
    rows = [w["mean"] for w in naive_weights(episodes, survey.values)]
    gradients = np.stack(
        [naive_gradient(policy, e, row) for e, row in zip(episodes, rows, strict=True)]
    )
    mean = gradients.mean(axis=0)
    np.testing.assert_allclose(survey.direction, mean, atol=float(1e-5 * np.linalg.norm(mean)))
    groups = gradients.reshape(10, 5, -1).mean(axis=1)
    noise = np.trace(np.cov(groups.T)) / 10
    assert survey.noise == pytest.approx(noise, rel=1e-4)
    assert survey.signals["mean"] == pytest.approx(mean @ mean - noise, rel=1e-4)
    assert survey.snr == pytest.approx((mean @ mean - noise) / noise, rel=1e-4)
    discounted = np.stack(
        [
            naive_gradient(policy, e, GAMMA ** np.arange(len(row)) * row)
            for e, row in zip(episodes, rows, strict=True)
        ]
    ).mean(axis=0)
    assert survey.aims.estimate == pytest.approx(cosine(discounted, mean), abs=1e-5)


def test_a_baseline_lowers_the_variance_on_a_trained_policy() -> None:
    """Measured shares of the variance with whole-episode returns: 0.31, 0.09 and 0.04."""
    policy = trained(ReinforceConfig(hidden_sizes=(16,), learning_rate=0.01), 3_000)
    survey = finished(make_survey(policy, 0, episodes=50))
    report = finished(measure(policy, 50, 0, survey))
    to_go, mean, value = (report.estimators[name].ratio.estimate for name in ESTIMATORS[1:])
    assert report.totals.mean() > 30
    assert to_go < 0.7
    assert mean < 0.7 * to_go
    assert value < 0.7 * to_go
    assert min(report.estimators[name].cosine for name in ("mean", "value")) > 0.8


# --- Bias of the estimators: exact expectations over all possible episodes


class Bandit(nn.Module):
    """A policy that ignores the observation. It has three logits."""

    def __init__(self) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor([0.3, -0.5, 0.1]))

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        return torch.log_softmax(self.logits, 0).expand(*observations.shape[:-1], -1)

    @property
    def probabilities(self) -> Floats:
        return torch.softmax(self.logits, 0).detach().double().numpy()


def arm(*actions: int) -> PlayedEpisode:
    """Make an episode. Each reward depends on the current and on the former action."""
    rewards = [float(a + 3 * before) for a, before in zip(actions, [0, *actions], strict=False)]
    return PlayedEpisode(
        np.zeros((len(actions), 1)), np.array(actions), np.array(rewards), truncated=False
    )


def expected_gradients(episodes: int, steps: int, gamma: float) -> Floats:
    """Compute the expected gradient of the first episode: [estimators, 3]."""
    bandit = Bandit()
    total = np.zeros((len(ESTIMATORS), 3))
    for actions in product(range(3), repeat=episodes * steps):
        games = [arm(*actions[n * steps : (n + 1) * steps]) for n in range(episodes)]
        weights = episode_weights(games, gamma, lambda observations: np.full(len(observations), 7))
        probability = bandit.probabilities[list(actions)].prod()
        total += probability * next(iter(episode_gradients(bandit, games, weights)))
    return total


def test_every_estimator_expects_the_gradient_of_the_return() -> None:
    """Here, γ = 1. A mean baseline that includes the episode itself would cause a bias."""
    bandit = Bandit()
    pi = torch.softmax(bandit.logits, 0)
    aim = sum(
        pi[a] * pi[b] * float(arm(a, b).rewards.sum()) for a, b in product(range(3), repeat=2)
    )
    assert isinstance(aim, torch.Tensor)
    (exact,) = torch.autograd.grad(aim, [bandit.logits])
    for found in expected_gradients(episodes=2, steps=2, gamma=1.0):
        np.testing.assert_allclose(found, exact.numpy(), atol=1e-5)


def test_with_a_discount_whole_episode_returns_aim_elsewhere() -> None:
    whole, to_go, mean, value = expected_gradients(episodes=2, steps=2, gamma=0.5)
    np.testing.assert_allclose(mean, to_go, atol=1e-5)
    np.testing.assert_allclose(value, to_go, atol=1e-5)
    assert not np.allclose(whole, to_go, atol=1e-2)


# --- Weights and values


def test_a_mean_of_the_others_needs_others() -> None:
    assert means_of_others([np.ones(1), np.array([3.0, 5.0])]).tolist() == [4.0, 1.0]
    with pytest.raises(ValueError, match="at least two"):
        means_of_others([np.ones(3)])


def test_fitted_values_solve_the_least_squares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradient_estimators, "RIDGE", 0.0)
    policy = network()
    episodes = finished(draw_episodes(policy, SHORT_CARTPOLE, 30, 0))
    returns = [returns_to_go(episode, GAMMA) for episode in episodes]
    values = finished(fitted_values(policy, episodes, returns))
    observations = np.concatenate([episode.observations for episode in episodes])
    with torch.no_grad():
        body = policy.body(torch.as_tensor(observations)).double().numpy()
    inputs = np.column_stack([body, np.ones(len(body))])
    coefficients = np.linalg.lstsq(inputs, np.concatenate(returns), rcond=None)[0]
    np.testing.assert_allclose(values(observations), inputs @ coefficients, rtol=1e-4)


def test_a_run_with_a_critic_or_a_baseline_brings_its_own_values() -> None:
    observations = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    with_critic = snapshot_of(short_cell(), steps=50)
    found = known_values(with_critic)
    assert found is not None
    with torch.no_grad():
        log_pi, q = with_critic.networks["agent"](torch.as_tensor(observations))
    expected = (log_pi.exp() * q).sum(dim=1).numpy()
    np.testing.assert_allclose(found[0](observations), expected, rtol=1e-5)
    with_baseline = known_values(snapshot_of(short_config(baseline="value")))
    assert with_baseline is not None
    assert (found[1], with_baseline[1]) == ("critic", "value")
    assert known_values(snapshot_of(short_config())) is None
    survey = finished(make_survey(with_critic, 0, episodes=20))
    np.testing.assert_allclose(survey.values(observations), expected, rtol=1e-5)


# --- Drawing of episodes


def test_drawn_episodes_are_what_the_environment_answers(snapshot: Snapshot) -> None:
    starts, _actions = np.random.SeedSequence([SEED, 3, 0]).spawn(2)
    episodes = drawn(snapshot)
    for start, episode in zip(starts.generate_state(K), episodes, strict=True):
        environment = make_environment(SHORT_CARTPOLE)
        observation = environment.reset(seed=int(start))[0]
        for t, action in enumerate(episode.actions):
            np.testing.assert_array_equal(observation, episode.observations[t])
            observation, reward, terminated, truncated, _info = environment.step(int(action))
            assert reward == episode.rewards[t]
            assert (terminated or truncated) == (t == len(episode.actions) - 1)
        assert episode.truncated == (not terminated)
    assert len({episode.truncated for episode in episodes}) == 2


def test_actions_follow_the_probabilities_of_their_rows() -> None:
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(3), size=200)
    expected = [sample_action(row, np.random.default_rng(n)) for n, row in enumerate(probabilities)]
    draws = np.array([np.random.default_rng(n).random() for n in range(200)])
    assert sample_actions(probabilities, draws).tolist() == expected
    # These probabilities sum to 0.9, and the random number is larger.
    assert sample_actions(np.array([[0.3, 0.6]]), np.array([0.95])).tolist() == [1]


def test_pools_and_seeds_are_apart(snapshot: Snapshot) -> None:
    first, again, other = drawn(snapshot), drawn(snapshot), drawn(snapshot, pool=1)
    evaluated = play(snapshot.networks["policy"], SHORT_CARTPOLE, K, SEED, greedy=False)
    starts = [[e.observations[0].tolist() for e in pool] for pool in (first, other, evaluated)]
    assert [e.actions.tolist() for e in first] == [e.actions.tolist() for e in again]
    assert starts[0] != starts[1]
    assert starts[0] != starts[2]


def test_a_drawing_that_is_stopped_closes_its_environments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = []

    def noted(env_id: str) -> object:
        environment = make_environment(env_id)
        monkeypatch.setattr(environment, "close", lambda: closed.append(env_id))
        return environment

    monkeypatch.setattr(lockstep, "make_environment", noted)
    drawing = draw_episodes(network(), SHORT_CARTPOLE, 4, 0)
    for _ in range(6):
        next(drawing)
    drawing.close()
    assert closed == [SHORT_CARTPOLE] * 4


# --- Determinism, side effects and special cases


def test_the_same_measurement_however_it_is_driven(
    snapshot: Snapshot, survey: Survey, report: Report
) -> None:
    """During the measurement, another measurement runs, and global random numbers are drawn."""
    work, other = measure(snapshot, K, SEED, survey), measure(snapshot, 10, 1, survey)
    seen = []
    while True:
        next(other, None)
        torch.rand(1)
        try:
            seen.append(next(work))
        except StopIteration as done:
            again = done.value
            break
    for name in ESTIMATORS:
        np.testing.assert_array_equal(again.estimators[name].arrows, report.estimators[name].arrows)
        np.testing.assert_array_equal(again.estimators[name].mean, report.estimators[name].mean)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1
    assert list(dict.fromkeys(p.task for p in seen)) == ["draw", "gradients", "project"]


def test_measuring_leaves_network_and_global_streams_as_they_are(survey: Survey) -> None:
    looked_at = snapshot_of(short_config())
    policy = looked_at.networks["policy"]
    before = copy.deepcopy(policy.state_dict())
    torch_state = torch.get_rng_state()
    numpy_state = str(np.random.get_state())  # noqa: NPY002
    finished(measure(looked_at, 10, 0, survey))
    finished(make_survey(looked_at, 0, episodes=20))
    assert all(torch.equal(before[name], now) for name, now in policy.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in policy.parameters())
    assert torch.equal(torch_state, torch.get_rng_state())
    assert numpy_state == str(np.random.get_state())  # noqa: NPY002


def test_parameters_that_the_actor_does_not_reach_get_nothing() -> None:
    blocked = snapshot_of(short_cell(stop_gradient="actor"))
    survey = finished(make_survey(blocked, 0, episodes=20))
    report = finished(measure(blocked, 10, 0, survey))
    policy = blocked.networks["policy"]
    assert isinstance(policy, PolicyNetwork)
    of_body = sum(p.numel() for p in policy.body.parameters())
    for found in report.estimators.values():
        assert not found.mean[:of_body].any()
        assert found.mean[of_body:].any()
    assert not report.plane[:, :of_body].any()


def test_a_policy_that_is_certain_has_no_gradient() -> None:
    certain = snapshot_of(short_config())
    policy = certain.networks["policy"]
    assert isinstance(policy, PolicyNetwork)
    with torch.no_grad():
        policy.head.bias[0] += 1e4
    report = finished(measure(certain, 10, 0, finished(make_survey(certain, 0, episodes=20))))
    for name, found in report.estimators.items():
        assert found.variance == 0
        assert not found.arrows.any()
        assert np.isnan([found.snr, found.cosine, found.shown, found.ratio.estimate]).all()
        assert not report.survey.has_signal(name)


# --- Limits


def test_large_networks_and_slow_environments_get_fewer_episodes(snapshot: Snapshot) -> None:
    of_size = {
        hidden: most_episodes(replace(snapshot, networks={"policy": network(hidden)}))
        for hidden in ((128, 128), (512, 512), (512,) * 4)
    }
    assert list(of_size.values()) == [500, 100, 50]
    slow = replace(snapshot, config=snapshot.config.changed(env_id="Acrobot-v1"))
    assert most_episodes(slow) == 200
    huge = replace(snapshot, networks={"policy": network((512,) * 4)})
    with pytest.raises(ValueError, match="100 episodes"):
        next(measure(huge, 100, 0))


@pytest.mark.parametrize("episodes", [0, 1, 11, 1000])
def test_other_numbers_of_episodes_are_refused(snapshot: Snapshot, episodes: int) -> None:
    with pytest.raises(ValueError, match="not a choice"):
        next(measure(snapshot, episodes, 0))


def test_a_policy_without_a_gradient_gets_a_sentence(snapshot: Snapshot) -> None:
    assert problem_with(snapshot) is None
    greedy = problem_with(snapshot_of(short_cell(critic_only=True)))
    assert greedy is not None
    assert "Act greedily on Q" in greedy
    broken = snapshot_of(short_config())
    with torch.no_grad():
        next(broken.networks["policy"].parameters()).fill_(float("nan"))
    diverged = problem_with(broken)
    assert diverged is not None
    assert "earlier checkpoint" in diverged


def test_groups_divide_the_episodes_without_a_rest() -> None:
    assert group_sizes(10) == (1, 2)
    assert group_sizes(50) == (1, 2, 5, 10)
    assert group_sizes(500) == (1, 2, 5, 10, 20, 50, 100)
