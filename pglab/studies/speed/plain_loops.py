"""Trains the seminar's three agents with plain loops, as in a notebook.

The benchmark compares the speed of these loops with the speed of the app. The app itself does not
use this module. PyTorch keeps the computation graph of every step until the update. `Categorical`
samples the actions. Each transition is a tuple in a list. The agents follow the definitions of the
seminar.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.environments import make_environment


def body(hidden_sizes: Sequence[int], activation: type[nn.Module]) -> tuple[list[nn.Module], int]:
    """The hidden layers of a network for CartPole, and the width of the last hidden layer."""
    layers: list[nn.Module] = []
    width = 4
    for size in hidden_sizes:
        layers += [nn.Linear(width, size), activation()]
        width = size
    return layers, width


def reinforce(config: ReinforceConfig) -> Iterator[None]:
    """Train REINFORCE without end. The iterator yields after each environment step."""
    torch.manual_seed(config.seed)
    environment = make_environment(config.env_id)
    layers, width = body(config.hidden_sizes, nn.ReLU)
    policy = nn.Sequential(*layers, nn.Linear(width, 2), nn.Softmax(dim=-1))
    optimizer = torch.optim.Adam(policy.parameters(), lr=config.learning_rate)
    observation, _info = environment.reset(seed=config.seed)
    log_probs: list[Tensor] = []
    rewards: list[float] = []
    ends: list[bool] = []
    while True:
        distribution = Categorical(policy(torch.as_tensor(observation)))
        action = distribution.sample()
        observation, reward, terminated, truncated, _info = environment.step(action.item())
        log_probs.append(distribution.log_prob(action))
        rewards.append(float(reward))
        ends.append(terminated or truncated)
        if ends[-1]:
            observation, _info = environment.reset()
            if len(rewards) >= config.min_batch_steps:
                returns: list[float] = []
                after = 0.0
                for r, end in zip(reversed(rewards), reversed(ends), strict=True):
                    after = r + config.gamma * (0.0 if end else after)
                    returns.insert(0, after)
                loss = -(torch.stack(log_probs) * torch.tensor(returns)).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                log_probs, rewards, ends = [], [], []
        yield


class Agent(nn.Module):
    """An actor and a critic with a shared body or with split bodies."""

    def __init__(self, config: ActorCriticConfig) -> None:
        """Draw the parameters with PyTorch's global random generator, as a notebook does."""
        super().__init__()
        layers, width = body(config.hidden_sizes, nn.Tanh)
        self.actor_body = nn.Sequential(*layers)
        split = config.body == "split"
        layers, width = body(config.hidden_sizes, nn.Tanh) if split else (layers, width)
        self.critic_body = nn.Sequential(*layers) if split else self.actor_body
        self.actor_head = nn.Sequential(nn.Linear(width, 2), nn.Softmax(dim=-1))
        self.critic_head = nn.Linear(width, 2)

    def probabilities(self, observations: Tensor) -> Tensor:
        """The probability π(·|s) of each action, for each observation."""
        return self.actor_head(self.actor_body(observations))  # type: ignore[no-any-return]

    def values(self, observations: Tensor) -> Tensor:
        """The value Q(s,·) of each action, for each observation."""
        return self.critic_head(self.critic_body(observations))  # type: ignore[no-any-return]


Transition = tuple[Tensor, int, float, bool, Tensor]


def critic_loss(config: ActorCriticConfig, agent: Agent, batch: Sequence[Transition]) -> Tensor:
    """The mean squared TD error, plus `config.q_regularization` times the mean Q."""
    observations, actions, rewards, terminated, following = zip(*batch, strict=True)
    with torch.no_grad():
        best = agent.values(torch.stack(following)).max(dim=1).values
        target = torch.tensor(rewards) + config.gamma * best * (
            1 - torch.tensor(terminated).float()
        )
    values = agent.values(torch.stack(observations))
    estimates = values.gather(1, torch.tensor(actions)[:, None]).squeeze(1)
    return ((target - estimates) ** 2).mean() + config.q_regularization * estimates.mean()


def descend(optimizer: torch.optim.Adam, loss: Tensor) -> None:
    """Take one optimiser step on a loss."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def actor_critic(config: ActorCriticConfig) -> Iterator[None]:
    """Train an actor-critic of the seminar without end.

    The iterator yields after each environment step.
    """
    torch.manual_seed(config.seed)
    chance = random.Random(config.seed)
    environment = make_environment(config.env_id)
    agent = Agent(config)
    replay = config.critic_data == "replay"
    actor_parts = nn.ModuleList([agent.actor_body, agent.actor_head]) if replay else agent
    actor_optimizer = torch.optim.Adam(actor_parts.parameters(), lr=config.learning_rate)
    critic_parts = nn.ModuleList([agent.critic_body, agent.critic_head])
    critic_optimizer = torch.optim.Adam(critic_parts.parameters(), lr=config.critic_learning_rate)
    buffer: deque[Transition] = deque(maxlen=config.replay_capacity)
    rollout: list[Transition] = []
    log_probs: list[Tensor] = []
    signals: list[Tensor] = []
    observation = torch.as_tensor(environment.reset(seed=config.seed)[0])
    while True:
        distribution = Categorical(agent.probabilities(observation))
        action = distribution.sample()
        with torch.no_grad():
            values = agent.values(observation)
            signals.append(values[action] - values.max())
        answer, reward, terminated, truncated, _info = environment.step(action.item())
        following = torch.as_tensor(answer)
        log_probs.append(distribution.log_prob(action))
        rollout.append((observation, int(action), float(reward), terminated, following))
        buffer.append(rollout[-1])
        observation = following
        if terminated or truncated:
            observation = torch.as_tensor(environment.reset()[0])
        if len(rollout) >= config.rollout_steps:
            loss = -(torch.stack(log_probs) * torch.stack(signals)).mean()
            if replay:
                size = config.batch_size
                for _draw in range(min(config.critic_updates, len(buffer) // size)):
                    batch = chance.sample(buffer, size)
                    descend(critic_optimizer, critic_loss(config, agent, batch))
                descend(actor_optimizer, loss)
            else:
                descend(actor_optimizer, loss + critic_loss(config, agent, rollout))
            rollout, log_probs, signals = [], [], []
        yield


def plain_loop(config: ReinforceConfig | ActorCriticConfig) -> Iterator[None]:
    """The training loop of the agent that `config` describes."""
    if isinstance(config, ReinforceConfig):
        return reinforce(config)
    return actor_critic(config)
