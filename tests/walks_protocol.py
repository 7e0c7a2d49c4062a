"""A visitor over Streamlit's own protocol: what is on the page, and requests as a browser's."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

CONTROLS = (
    "button",
    "button_group",
    "checkbox",
    "number_input",
    "radio",
    "selectbox",
    "slider",
    "page_link",
)
ANSWER_SECONDS = 60.0
SELECT_SLIDER = 2  # Slider.Type


@dataclass
class Control:
    """An element that a visitor can act on, and the fragment that it belongs to."""

    kind: str
    element: Any
    fragment: str

    @property
    def disabled(self) -> bool:
        return bool(self.element.disabled)


@dataclass
class Visitor:
    """One tab. Its `controls` are those on the page, its `values` what it says they hold."""

    url: str
    path: str
    query: str
    controls: dict[str, Control] = field(default_factory=dict)
    values: dict[str, WidgetState] = field(default_factory=dict)
    stage: tuple[str, str] = ("", "")  # id and fragment
    sequence: int | None = None
    running: bool = False
    problems: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _of_fragments: list[str] = field(default_factory=list)
    _unanswered: int = 0
    _socket: Any = None

    async def open(self) -> None:
        """Connect and load the page, as at a first visit or a reload."""
        await self.close()
        self.controls.clear()
        self.values.clear()
        self.sequence, self.running = None, False
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket = await websockets.connect(
            address, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None
        )
        await self.send(page=self.path)
        await self.settle()

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def send(
        self, *changed: WidgetState, fragment: str = "", page: str | None = None
    ) -> None:
        """One request, which carries the values of all controls."""
        message = BackMsg()
        request = message.rerun_script
        request.query_string = self.query
        if page is not None:
            request.page_name = page
        if fragment:
            request.fragment_id = fragment
        said = {**self.values, **{state.id: state for state in changed}}
        for identity, state in said.items():
            known = self.controls.get(identity)
            if known is not None or identity not in self.values:
                request.widget_states.widgets.append(state)
            if state.WhichOneof("value") not in ("trigger_value", "json_trigger_value"):
                self.values[identity] = state
        await self._socket.send(message.SerializeToString())

    async def settle(self, quiet: float = 0.15) -> None:
        """Read until a script run has finished and nothing more comes for a while."""
        finished = False
        deadline = asyncio.get_running_loop().time() + ANSWER_SECONDS
        while True:
            left = deadline - asyncio.get_running_loop().time()
            if left < 0:
                if not finished:
                    self.problems.append(f"no answer within {ANSWER_SECONDS:g} seconds")
                return
            try:
                raw = await asyncio.wait_for(self._socket.recv(), quiet if finished else left)
            except TimeoutError:
                if finished:
                    return
                continue
            message = ForwardMsg()
            message.ParseFromString(raw)
            finished = self.take(message) or finished

    def take(self, message: ForwardMsg) -> bool:
        """Note what a message puts on the page; whether it ends a script run."""
        match message.WhichOneof("type"):
            case "new_session":
                self._seen = set()
            case "delta" if message.delta.WhichOneof("type") == "new_element":
                self._take_element(message.delta.new_element, message.delta.fragment_id)
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "script_finished":
                status = message.script_finished
                self._of_fragments = list(message.metadata.run.fragment_ids)
                if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    self.problems.append("a script does not compile")
                if status != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    self._forget_stale()
                    return True
        return False

    def _take_element(self, element: Any, fragment: str) -> None:
        kind = element.WhichOneof("type")
        shown: Any = getattr(element, kind) if kind else None
        if kind == "exception":
            self.problems.append(f"{shown.type}: {shown.message}")
        elif kind == "bidi_component":
            self._take_stage(shown, fragment)
        elif kind in CONTROLS:
            identity = shown.page if kind == "page_link" else shown.id
            self._seen.add(identity)
            fresh = identity not in self.controls
            self.controls[identity] = Control(kind, shown, fragment)
            if kind not in ("button", "page_link") and (fresh or shown.set_value):
                self.values[identity] = value_shown(kind, shown)

    def _take_stage(self, shown: Any, fragment: str) -> None:
        if shown.WhichOneof("data") != "bytes":
            return
        length = int.from_bytes(shown.bytes[:4], "little")
        content = json.loads(shown.bytes[4 : 4 + length])
        if "sequence" in content and content["stage"].endswith((".stage", ".page")):
            if shown.component_name.endswith("stage"):
                self.stage = shown.id, fragment
            self.sequence, self.running = content["sequence"], content["running"]

    def _forget_stale(self) -> None:
        of = self._of_fragments
        stale = [
            identity
            for identity, control in self.controls.items()
            if identity not in self._seen and (not of or control.fragment in of)
        ]
        for identity in stale:
            del self.controls[identity]
            self.values.pop(identity, None)


def value_shown(kind: str, shown: Any) -> WidgetState:
    """What a browser says that a control holds when it has just been drawn."""
    state = WidgetState(id=shown.id)
    match kind:
        case "checkbox":
            state.bool_value = shown.value if shown.set_value else shown.default
        case "number_input":
            state.double_value = shown.value if shown.set_value else shown.default
        case "selectbox" | "radio":
            if shown.set_value:
                state.string_value = shown.raw_value
            elif shown.HasField("default"):
                state.string_value = shown.options[shown.default]
        case "button_group":
            options = [option.content for option in shown.options]
            chosen = shown.raw_values if shown.set_value else [options[i] for i in shown.default]
            state.string_array_value.data[:] = chosen
        case "slider" if shown.type == SELECT_SLIDER:
            chosen = [shown.options[int(index)] for index in shown.default]
            state.string_array_value.data[:] = shown.raw_value if shown.set_value else chosen
        case "slider":
            state.double_array_value.data[:] = shown.value if shown.set_value else shown.default
    return state
