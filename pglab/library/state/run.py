"""Converts the state of a run to arrays and JSON, and back.

To continue a stored run, a new run with the same settings gets the stored arrays and counters. So
a file can only set the values that this module names, and nothing in the file is executed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from pglab.algorithms.actor_critic import ActorCriticRun
from pglab.algorithms.agents import AgentConfig, AgentRun, begin
from pglab.algorithms.reinforce import ReinforceRun
from pglab.engine.kernels import dynamics
from pglab.environments import sizes
from pglab.language import _
from pglab.library.contents import Arrays, Facts, RunContents, State
from pglab.library.state.taking import StateError, require_all_taken, take
from pglab.records import StepRecord
from pglab.replay_buffer import ReplayBuffer
from pglab.session.rewinding.transition_blocks import Block, blocks_of, fill
from pglab.stretch import StepColumns, step_records, stretch_of

COUNTERS = ("global_step", "length", "episodes", "updates", "gradient_steps")
ADAM = ("step", "exp_avg", "exp_avg_sq")
MOST_COUNTED = 2**53


def can_be_stored(config: AgentConfig) -> bool:
    """True if the library knows the state of the run's environment and can store it."""
    return config.env_id in dynamics.KINDS


def state_of_run(run: AgentRun, known: Sequence[Block] = ()) -> State:
    """Copy the state of a run; `known` contains blocks of earlier copies of the same run.

    The fields of `run` must belong to the present step; see `Trainer.save`.
    """
    arrays: Arrays = {"observation": np.array(run.observation, np.float32)}
    for name, network in networks_to_store(run).items():
        for key, parameter in network.state_dict().items():
            arrays[f"{name}/{key}"] = parameter.detach().numpy().copy()
    for name, optimizer in _optimizers(run).items():
        for index, parameter in enumerate(optimizer.param_groups[0]["params"]):
            for key in ADAM if optimizer.state[parameter] else ():
                number = optimizer.state[parameter][key]
                arrays[f"adam/{name}/{index}/{key}"] = number.numpy().copy()
    collected = _collected(run)
    if collected:
        for key, column in stretch_of(collected).steps._asdict().items():
            arrays[f"collected/{key}"] = column
    environment: Any = run.environment.unwrapped
    arrays["environment"] = np.array(environment.state, np.float64)
    buffer = None
    if isinstance(run, ActorCriticRun):
        arrays["weights"] = np.array(run.weights, np.float64)
        buffer = run.buffer
    facts: Facts = {
        **{name: getattr(run, name) for name in COUNTERS},
        "episode_return": run.episode_return,
        "solved": run.solved,
        "readings": list(run.reading.returns),
        "elapsed": run.environment.get_wrapper_attr("_elapsed_steps"),
        "transitions": 0 if buffer is None else buffer.added,
        "streams": {name: _stream(stream) for name, stream in _streams(run).items()},
    }
    return State(arrays, facts, () if buffer is None else blocks_of(buffer, known))


def run_from(config: AgentConfig, state: State) -> AgentRun:
    """Make a run that continues from a state.

    Args:
        config: the present settings of the run.
        state: a state that `state_of_run` has copied; everything in it is checked.

    Raises:
        ConfigError: the environment cannot be used.
        StateError: the state does not belong to a run with these settings.
    """
    if not can_be_stored(config):
        raise StateError(_("The state of this environment cannot be stored."))
    run = begin(config)
    arrays, facts = dict(state.arrays), dict(state.facts)
    width, actions = sizes(run.environment)
    for name in COUNTERS:
        setattr(run, name, _count(facts, name))
    run.episode_return = _number(facts, "episode_return")
    run.solved = bool(facts.get("solved"))
    run.observation = take(arrays, "observation", (width,), np.float32)
    for name, network in networks_to_store(run).items():
        for key, parameter in network.state_dict().items():
            stored = take(arrays, f"{name}/{key}", tuple(parameter.shape), np.float32)
            parameter.copy_(torch.from_numpy(stored))
    for name, optimizer in _optimizers(run).items():
        for index, parameter in enumerate(optimizer.param_groups[0]["params"]):
            if f"adam/{name}/{index}/step" in arrays:
                optimizer.state[parameter] = {
                    key: torch.from_numpy(
                        take(
                            arrays,
                            f"adam/{name}/{index}/{key}",
                            () if key == "step" else tuple(parameter.shape),
                            np.float32,
                        )
                    )
                    for key in ADAM
                }
    _restore_collected(run, arrays, width, actions)
    _restore_reading(run, facts)
    _restore_environment(run, arrays, facts)
    for name, stream in _streams(run).items():
        _restore_stream(stream, facts, name)
    buffer = run.buffer if isinstance(run, ActorCriticRun) else None
    _restore_buffer(buffer, state.blocks, _count(facts, "transitions"))
    require_all_taken(arrays)
    return run


def policy_of(contents: RunContents) -> nn.Module:
    """Make the network that chooses the actions.

    The network maps observations [..., D] to log π [..., A].

    Raises:
        ConfigError, StateError: see `run_from`.
    """
    return run_from(contents.config, contents.state).networks["policy"]


def networks_to_store(run: AgentRun) -> dict[str, nn.Module]:
    """Return the networks, or parts of networks, that together hold each parameter once."""
    if isinstance(run, ReinforceRun):
        return run.networks
    critic = run.agent.critic
    if critic.body is run.agent.policy.body:
        return {"policy": run.agent.policy, "critic/head": critic.head}
    return {"policy": run.agent.policy, "critic": critic}


def _optimizers(run: AgentRun) -> dict[str, torch.optim.Adam]:
    if isinstance(run, ReinforceRun):
        pair = {"policy": run.optimizer, "value": run.value_optimizer}
        return {name: optimizer for name, optimizer in pair.items() if optimizer is not None}
    if run.critic_optimizer is run.actor_optimizer:
        return {"agent": run.actor_optimizer}
    return {"actor": run.actor_optimizer, "critic": run.critic_optimizer}


def _collected(run: AgentRun) -> list[StepRecord]:
    """Return the steps from which the next update will learn."""
    return run.batch if isinstance(run, ReinforceRun) else run.rollout


def _streams(run: AgentRun) -> dict[str, np.random.Generator]:
    return {
        "actions": run.streams.actions,
        "replay": run.streams.replay,
        "environment": run.environment.unwrapped.np_random,
    }


def _stream(generator: np.random.Generator) -> list[str]:
    """Return the two numbers of a PCG64 generator as texts, because JSON may lose digits."""
    state: Any = generator.bit_generator.state
    return [str(state["state"]["state"]), str(state["state"]["inc"])]


def _restore_stream(generator: np.random.Generator, facts: Facts, name: str) -> None:
    bits: Any = generator.bit_generator
    known = bits.state
    try:
        state, increment = (int(text) for text in facts["streams"][name])
        bits.state = {
            **known,
            "state": {"state": state, "inc": increment},
            "has_uint32": 0,
            "uinteger": 0,
        }
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise StateError(_("The random numbers of the run are damaged.")) from error


def _restore_collected(run: AgentRun, arrays: Arrays, width: int, actions: int) -> None:
    collected = _collected(run)
    if "collected/action" in arrays:
        count = len(np.atleast_1d(arrays["collected/action"]))
        shapes = {"observation": (width,), "next_observation": (width,)}
        shapes["action_probabilities"] = (actions,)
        empty = stretch_of(()).steps
        columns = {
            key: take(
                arrays,
                f"collected/{key}",
                (count, *shapes.get(key, ())),
                np.float32 if key in shapes else getattr(empty, key).dtype,
            )
            for key in StepColumns._fields
        }
        if not ((columns["action"] >= 0) & (columns["action"] < actions)).all():
            raise StateError(_("The file contains an action that the environment does not have."))
        collected[:] = step_records(StepColumns(**columns))
    if isinstance(run, ActorCriticRun):
        run.weights[:] = take(arrays, "weights", (len(collected),), np.float64).tolist()


def _restore_reading(run: AgentRun, facts: Facts) -> None:
    readings = facts.get("readings")
    if not isinstance(readings, list) or len(readings) > run.config.smoothing_window:
        raise StateError(_damaged("readings"))
    returns = [_finite(number, "readings") for number in readings]
    run.reading.restore(returns, run.global_step, run.length)


def _restore_environment(run: AgentRun, arrays: Arrays, facts: Facts) -> None:
    shape = np.shape(run.environment.unwrapped.state)  # type: ignore[attr-defined]
    state = take(arrays, "environment", shape, np.float64)
    dynamics.restore(run.environment, state, _count(facts, "elapsed"))


def _restore_buffer(buffer: ReplayBuffer | None, blocks: Sequence[Block], added: int) -> None:
    if buffer is None:
        if blocks or added:
            raise StateError(_("The file contains a replay buffer, but this agent has none."))
        return
    _require_whole(buffer, blocks, added)
    try:
        fill(buffer, blocks, added)
    except ValueError as error:
        raise StateError(_("The replay buffer in the file is damaged.")) from error


def _require_whole(buffer: ReplayBuffer, blocks: Sequence[Block], added: int) -> None:
    """Raise a StateError if a transition of the buffer is missing in the blocks."""
    wanted = max(0, added - buffer.capacity)
    for block in blocks:
        if not block.first <= wanted < block.end <= added:
            raise StateError(_("The replay buffer in the file is damaged."))
        wanted = block.end
    if wanted != added:
        raise StateError(_("The replay buffer in the file is not complete."))


def _count(facts: Facts, name: str) -> int:
    value = facts.get(name)
    if type(value) is not int or not 0 <= value < MOST_COUNTED:
        raise StateError(_damaged(name))
    return value


def _number(facts: Facts, name: str) -> float:
    return _finite(facts.get(name), name)


def _finite(value: Any, name: str) -> float:
    if not isinstance(value, int | float) or not abs(value) < MOST_COUNTED:
        raise StateError(_damaged(name))
    return float(value)


def _damaged(name: str) -> str:
    return _("The value of “{name}” in the file is damaged.").format(name=name)
