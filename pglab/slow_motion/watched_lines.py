"""Watches the training code while it runs, and records the line and the values of each phase.

Python calls a trace function for each line that runs. A phase is complete when a line changes a
certain quantity, such as the loss. So the definitions of the phases need no line numbers.
Watching does not change the results of the training code.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType
from typing import Any, cast

Locals = Mapping[str, Any]
Values = Mapping[str, Any]


def code_of(function: Callable[..., Any]) -> CodeType:
    """The code object of a function."""
    return cast(FunctionType, function).__code__


@dataclass(frozen=True)
class Phase:
    """One part of a step or of an update.

    The phase ends with the line of `function` that changes a certain quantity. `quantity` and
    `read` receive the local variables of `function`. `quantity` returns the current value of the
    quantity. `read` returns copies of the values that Slow motion needs to show the phase.
    """

    key: str
    function: Callable[..., Any]
    quantity: Callable[[Locals], Any]
    read: Callable[[Locals], Values]


@dataclass(frozen=True)
class Moment:
    """One recorded phase: the line that completed it, and the values that Slow motion shows."""

    phase: str
    function: Callable[..., Any]
    line: int  # line number in the file of `function`
    values: Values


class Watcher:
    """Records the phases that one thread executes."""

    def __init__(self, phases: Sequence[Phase], on_call: Mapping[CodeType, Callable[..., None]]):
        """Create a watcher.

        Args:
            phases: the phases to record, in any order.
            on_call: maps the code object of a function to a callback. When the function starts, the
                callback receives the local variables of the function.
        """
        self.moments: list[Moment] = []
        self._phases: dict[CodeType, list[Phase]] = {}
        for phase in phases:
            self._phases.setdefault(code_of(phase.function), []).append(phase)
        self._on_call = on_call

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Record all phases that this thread executes within the `with` block."""
        former = sys.gettrace()
        sys.settrace(self._called)
        try:
            yield
        finally:
            sys.settrace(former)

    def _called(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        if frame.f_code in self._on_call:
            self._on_call[frame.f_code](frame.f_locals)
        phases = self._phases.get(frame.f_code)
        return None if phases is None else _Lines(self.moments, phases, frame).trace


class _Lines:
    """Watches the lines of one function call. A generator is watched until its next `yield`."""

    def __init__(self, moments: list[Moment], phases: Sequence[Phase], frame: FrameType) -> None:
        self._moments = moments
        self._phases = phases
        self._line = frame.f_lineno
        self._known = [_quantity(phase, frame.f_locals) for phase in phases]

    def trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        """Record each phase whose quantity has changed.

        Python calls this method before each line and at the end of the function call.
        """
        if event in ("line", "return"):
            self._compare(frame.f_locals)
            self._line = frame.f_lineno
        return self.trace

    def _compare(self, there: Locals) -> None:
        for index, phase in enumerate(self._phases):
            quantity = _quantity(phase, there)
            if not _same(quantity, self._known[index]):
                self._known[index] = quantity
                if quantity is _NOT_YET:  # the quantity is gone, such as a batch after an update
                    continue
                self._moments.append(
                    Moment(phase.key, phase.function, self._line, phase.read(there))
                )


_NOT_YET = object()


def _quantity(phase: Phase, there: Locals) -> Any:
    """The value of a phase's quantity; `_NOT_YET` if a variable is missing."""
    try:
        return phase.quantity(there)
    except (KeyError, AttributeError):
        return _NOT_YET


def _same(one: Any, other: Any) -> bool:
    """True if a quantity is the same before and after a line."""
    # Integers are compared by value. All other objects are compared by identity: a newly computed
    # loss is a change even if it equals the old loss.
    if isinstance(one, int) and isinstance(other, int):
        return one == other
    return one is other
