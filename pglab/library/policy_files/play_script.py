"""Writes `play.py`, a short program that shows a policy in its environment."""

from __future__ import annotations

from string import Template

from pglab.library.model_card.words import agent_name
from pglab.library.policy_files.policy import Policy

_SCRIPT = Template('''\
"""Shows episodes of $environment with a trained policy.

Agent: $agent
Install: pip install "gymnasium[classic-control]" numpy safetensors
Start: python play.py, or for 20 episodes: python play.py 20
"""

import sys
from pathlib import Path

import gymnasium
import numpy as np
from safetensors.numpy import load_file

parameters = load_file(Path(__file__).with_name("policy.safetensors"))
environment = gymnasium.make("$environment", render_mode="human")
random = np.random.default_rng()


def action_probabilities(observation):
    x = observation.astype(np.float64)
$network


for episode in range(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
    observation, _ = environment.reset()
    episode_return, ended = 0.0, False
    while not ended:
        action = random.choice($actions, p=action_probabilities(observation))
        observation, reward, terminated, truncated, _ = environment.step(action)
        episode_return += reward
        ended = terminated or truncated
    print(f"Episode {episode + 1}: return {episode_return:g}")
environment.close()
''')
_ACTIVATIONS = {"relu": "np.maximum({}, 0)", "tanh": "np.tanh({})"}


def play_script(policy: Policy) -> str:
    """Return the text of `play.py`, which plays episodes with the file `policy.safetensors`.

    The program contains only what this policy needs. It has at most 40 lines.
    """
    return _SCRIPT.substitute(
        agent=agent_name(policy.config),
        environment=policy.config.env_id,
        network="\n".join(f"    {line}" for line in _network(policy)),
        actions=policy.actions,
    )


def _network(policy: Policy) -> list[str]:
    """Return the lines of code that compute the probabilities from the observation x."""
    lines = []
    if policy.hidden:
        names = ", ".join(f'"{layer.name}"' for layer in policy.hidden)
        outputs = 'parameters[layer + ".weight"] @ x + parameters[layer + ".bias"]'
        lines.append(f"for layer in [{names}]:")
        lines.append(f"    x = {_ACTIVATIONS[policy.config.activation].format(outputs)}")
    outputs = "logits" if policy.epsilon is None else "values"
    lines.append(f'{outputs} = parameters["output.weight"] @ x + parameters["output.bias"]')
    if policy.symexp:
        lines.append(f"{outputs} = np.sign({outputs}) * np.expm1(np.abs({outputs}))  # symexp")
    if policy.epsilon is None:
        return [
            *lines,
            "odds = np.exp(logits - logits.max())",
            "return odds / odds.sum()  # softmax",
        ]
    epsilon, actions = policy.epsilon, policy.actions
    return [
        *lines,
        f"probabilities = np.full({actions}, {epsilon} / {actions})  # ε-greedy",
        f"probabilities[values.argmax()] += 1 - {epsilon}",
        "return probabilities",
    ]
