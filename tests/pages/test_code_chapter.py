"""The chapter *Code* shows every function that computes a training step, down to Adam's step."""

from __future__ import annotations

import ast
import inspect
import runpy
import textwrap
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from torch import nn

from pglab.algorithms import actor_critic, reinforce, run
from pglab.algorithms.gradients import gradient
from pglab.losses import policy_gradient_loss, td_loss
from pglab.networks import (
    ActionNetwork,
    ActionValueNetwork,
    ActorCriticNetwork,
    PolicyNetwork,
    ValueNetwork,
    symexp,
)
from pglab.replay_buffer import ReplayBuffer
from pglab.returns import discounted_returns, policy_signal, td_targets
from pglab.ui.chapters import code
from pglab.ui.pages import actor_critic_page, agent_page

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "pages"

Function = Callable[..., Any]

# The training loop also calls these functions, but they do not compute a step. The text says what
# they do instead.
NOT_SHOWN = {
    "acting_entropy": "only recorded",
    "gradient_of": "only recorded",
    "norm": "only recorded, and used to clip gradients",
    "conflict_between": "only recorded",
    "require_finite": "stops a run that has diverged",
    "_check_steps": "refuses wrong shapes",
    "_same_length": "refuses wrong shapes",
    "tensor": "converts NumPy arrays to PyTorch tensors",
    "transitions": "converts steps to arrays",
    "end_episode": "counts episodes, and resets the environment",
    "ReplayBuffer.add": "storage",
    "ReplayBuffer.rows": "storage",
}
LOOPS: dict[str, Function] = {
    "reinforce": reinforce.reinforce,
    "shared_body": actor_critic.actor_critic,
    "split_bodies": actor_critic.actor_critic,
}
# The search must find these functions, from the choice of an action to Adam's step.
OF_REINFORCE = {
    run.take_step,
    run.sample_action,
    PolicyNetwork.of_features,
    ActionNetwork.of_features,
    ValueNetwork.forward,
    discounted_returns,
    reinforce.baseline,
    policy_gradient_loss,
    reinforce.learn,
    reinforce.fit_value,
}
OF_ACTOR_CRITIC = {
    run.sample_action,
    ActorCriticNetwork.forward,
    PolicyNetwork.of_features,
    policy_signal,
    ReplayBuffer.sample,
    td_targets,
    td_loss,
    policy_gradient_loss,
    gradient,
    actor_critic.adam_step,
}


@pytest.mark.parametrize("page", LOOPS)
def test_code_shows_all_that_the_training_loop_calls(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chapter shows exactly these functions. REINFORCE never uses `symexp`."""
    shown = functions_shown(page, monkeypatch)
    called = called_by(LOOPS[page]) - ({symexp} if page == "reinforce" else set())
    assert {function.__qualname__ for function in called - shown} == set()
    assert {function.__qualname__ for function in shown - called} == set()


def test_the_search_finds_the_whole_way() -> None:
    assert called_by(reinforce.reinforce) >= OF_REINFORCE
    assert called_by(actor_critic.actor_critic) >= OF_ACTOR_CRITIC


def test_every_exception_is_needed() -> None:
    everything = called_by(reinforce.reinforce, {}) | called_by(actor_critic.actor_critic, {})
    assert set(NOT_SHOWN) <= {function.__qualname__ for function in everything}


@pytest.mark.parametrize(
    ("functions", "calls"),
    [
        ([reinforce.learn], ["policy_gradient_loss(", ".backward()", ".step()"]),
        ([reinforce.fit_value], ["value_loss(", ".backward()", ".step()"]),
        (
            [actor_critic.actor_gradient, actor_critic.adam_step],
            ["policy_gradient_loss(", "loss_gradient = gradient(", ".step()"],
        ),
    ],
)
def test_loss_gradient_and_step_stand_on_one_screen(
    functions: list[Function], calls: list[str]
) -> None:
    (first, begin), (last, start) = (
        inspect.getsourcelines(function) for function in (functions[0], functions[-1])
    )
    assert start + len(last) - begin <= 60
    text = "".join(first if len(functions) == 1 else first + last)
    places = [text.index(call) for call in calls]
    assert places == sorted(places)


def functions_shown(page: str, monkeypatch: pytest.MonkeyPatch) -> set[Function]:
    """Return the functions that the page's chapter *Code* passes to `formulas_and_code`."""
    pages: list[agent_page.AgentPage] = []
    parts: list[code.Part] = []
    for module in (agent_page, actor_critic_page):
        monkeypatch.setattr(module, "agent_page", pages.append)
    for module in (code, actor_critic_page):
        monkeypatch.setattr(module, "formulas_and_code", lambda *given: parts.extend(given))
    runpy.run_path(str(PAGES / f"{page}.py"))
    (opened,) = pages
    opened.code()
    return {function for part in parts for function in part.functions}


def called_by(function: Function, not_shown: dict[str, str] = NOT_SHOWN) -> set[Function]:
    """Return a function, and all functions of the project that it calls, also indirectly."""
    found: set[Function] = set()
    waiting = [function]
    while waiting:
        one = waiting.pop()
        if one.__qualname__ in not_shown or one in found:
            continue
        found.add(one)
        waiting += calls_in(one)
    return found


def calls_in(function: Function) -> Iterator[Function]:
    """Yield the functions of the project that a function calls directly.

    A call of a network counts as a call of its `forward`. A called method is found if annotations
    give the class of its object. These are annotations of parameters and of class fields.
    """
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    known = {**function.__globals__, **get_type_hints(function)}
    outer = function.__qualname__.rpartition(".")[0]
    if outer:
        known["self"] = function.__globals__[outer]
        known["super"] = function.__globals__[outer].__base__
    for node in ast.walk(definition):
        called: Any = meaning(node.func, known) if isinstance(node, ast.Call) else None
        if inspect.isclass(called) and issubclass(called, nn.Module):
            called = called.forward
        if inspect.isfunction(called) and called.__module__.startswith("pglab"):
            yield called
            yield from overrides_of(called)


def overrides_of(method: Function) -> Iterator[Function]:
    """Yield the methods of subclasses that override this method."""
    owner = method.__globals__[method.__qualname__.partition(".")[0]]
    for subclass in owner.__subclasses__() if inspect.isclass(owner) else ():
        if method.__name__ in vars(subclass):
            yield vars(subclass)[method.__name__]


def meaning(node: ast.expr, known: dict[str, Any]) -> Any:
    """Return what an expression such as `run.agent.policy` is: a function, or an object's class."""
    match node:
        case ast.Name(name):
            return only_class(known.get(name))
        case ast.Call(ast.Name("super")):
            return known["super"]
        case ast.Attribute(value, attribute):
            owner = meaning(value, known)
            if not inspect.isclass(owner):
                return None
            found = getattr(owner, attribute, None)
            if found is not None and not isinstance(found, property):
                return found
            return only_class(OF_MODULES.get(attribute) or hints_of(owner).get(attribute))
        case _:
            return None


# These parts of networks have no annotations.
OF_MODULES = {"policy": PolicyNetwork, "critic": ActionValueNetwork}


def hints_of(owner: type) -> dict[str, Any]:
    """Return the annotations of a class if it belongs to the project."""
    return get_type_hints(owner) if owner.__module__.startswith("pglab") else {}


def only_class(annotation: Any) -> Any:
    """Return the class in an annotation such as `ValueNetwork | None`."""
    classes = [one for one in typing.get_args(annotation) if one is not type(None)]
    return classes[0] if len(classes) == 1 else annotation
