"""The chapter *Code* shows every function between an agent's formula and the optimiser's step."""

from __future__ import annotations

import ast
import inspect
import runpy
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from pglab.algorithms.descent import descend

from pglab.algorithms import actor_critic, reinforce
from pglab.algorithms.gradients import gradient
from pglab.losses import policy_gradient_loss
from pglab.ui.chapters import code
from pglab.ui.pages import actor_critic_page, agent_page

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "pages"

Function = Callable[..., Any]

# Functions that `update` calls but that do not compute its step, and why.
NOT_SHOWN = {
    "acting_entropy": "only recorded",
    "norm": "only recorded, and the bound of a gradient's length",
    "conflict_between": "only recorded",
    "require_finite": "stops a run that has diverged",
    "_check_steps": "refuses wrong shapes",
    "_same_length": "refuses wrong shapes",
    "tensor": "from NumPy to PyTorch",
    "transitions": "from steps to arrays",
}
COMPILED_TWIN = "_fast"  # the engine's version: other tests compare it with the shown function


@pytest.mark.parametrize(
    ("page", "update"),
    [
        ("reinforce", reinforce.update),
        ("shared_body", actor_critic.update),
        ("split_bodies", actor_critic.update),
    ],
)
def test_code_shows_all_that_an_update_calls(
    page: str, update: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = functions_shown(page, monkeypatch)
    called = called_by(update)
    assert {function.__qualname__ for function in called - shown} == set()
    assert {update, gradient, descend, policy_gradient_loss} <= called  # the whole way is in it


def test_every_exception_is_needed() -> None:
    everything = called_by(reinforce.update, {}) | called_by(actor_critic.update, {})
    assert set(NOT_SHOWN) <= {function.__qualname__ for function in everything}


def functions_shown(page: str, monkeypatch: pytest.MonkeyPatch) -> set[Function]:
    """The functions that the page's chapter passes to `formulas_and_code`."""
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
    """The function, and the project's functions that it calls, directly or indirectly."""
    found: set[Function] = set()
    waiting = [function]
    while waiting:
        one = waiting.pop()
        if one.__qualname__ in not_shown or one.__name__.endswith(COMPILED_TWIN) or one in found:
            continue
        found.add(one)
        waiting += calls_in(one)
    return found


def calls_in(function: Function) -> Iterator[Function]:
    """The project's functions that the source of a function calls, by name or as a method.

    A method is found if a parameter of the function is annotated with its class.
    """
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    hints = get_type_hints(function)
    for node in ast.walk(definition):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(name):
                called = function.__globals__.get(name)
            case ast.Attribute(ast.Name(name), attribute):
                called = getattr(hints.get(name, function.__globals__.get(name)), attribute, None)
            case _:
                continue
        if inspect.isfunction(called) and called.__module__.startswith("pglab"):
            yield called
