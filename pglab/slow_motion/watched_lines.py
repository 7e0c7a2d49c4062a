"""Lines of a program seen while they run: which of them did what, and with which values.

Python's trace hook sees each line as it is executed. A phase is the line with which a certain
quantity changes: no line number is written down, and the program goes on as it would unwatched.
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
    """What Python executes where this function is called."""
    return cast(FunctionType, function).__code__


@dataclass(frozen=True)
class Phase:
    """One thing that a program does.

    It is the line of `function` with which `quantity` changes; `read` then takes plain copies of
    what the line worked with.
    """

    key: str
    function: Callable[..., Any]
    quantity: Callable[[Locals], Any]
    read: Callable[[Locals], Values]


@dataclass(frozen=True)
class Moment:
    """A phase as it happened: the line that had just run, and its numbers."""

    phase: str
    function: Callable[..., Any]
    line: int  # in its file
    values: Values


class Watcher:
    """Follows the phases of one thread of execution."""

    def __init__(self, phases: Sequence[Phase], on_call: Mapping[CodeType, Callable[..., None]]):
        """`on_call` is told of the locals with which a function begins."""
        self.moments: list[Moment] = []
        self._phases: dict[CodeType, list[Phase]] = {}
        for phase in phases:
            self._phases.setdefault(code_of(phase.function), []).append(phase)
        self._on_call = on_call

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what this thread executes meanwhile."""
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
    """The lines of one call, or of one leg of a generator."""

    def __init__(self, moments: list[Moment], phases: Sequence[Phase], frame: FrameType) -> None:
        self._moments = moments
        self._phases = phases
        self._line = frame.f_lineno
        self._known = [_quantity(phase, frame.f_locals) for phase in phases]

    def trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        """Called before every line, and when the call ends or the generator yields."""
        if event in ("line", "return"):
            self._compare(frame.f_locals)
            self._line = frame.f_lineno
        return self.trace

    def _compare(self, there: Locals) -> None:
        for index, phase in enumerate(self._phases):
            quantity = _quantity(phase, there)
            if not _same(quantity, self._known[index]):
                self._known[index] = quantity
                if quantity is _NOT_YET:  # it was taken away, as a batch that was learned from
                    continue
                self._moments.append(
                    Moment(phase.key, phase.function, self._line, phase.read(there))
                )


_NOT_YET = object()


def _quantity(phase: Phase, there: Locals) -> Any:
    """Its value; a marker of its own where what it needs is not there yet."""
    try:
        return phase.quantity(there)
    except (KeyError, AttributeError):
        return _NOT_YET


def _same(one: Any, other: Any) -> bool:
    """Counts by value, everything else by identity: a new number may equal the old one."""
    if isinstance(one, int) and isinstance(other, int):
        return one == other
    return one is other
