"""A simulated visitor, who reads pages and sends requests with Streamlit's own protocol."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.walks.messages import Parts, follow, read, steps_in
from tests.walks.values import BEARERS, KINDS, Control, name_in, shown_value

PAINT_SECONDS = 0.03  # time that a browser needs to paint a picture
DROPPED_SECONDS = 2.0  # a server that is idle for longer has dropped the request
ASK_SECONDS = 0.06  # first delay before the stage asks for the page
MOST_UNCONFIRMED = 200  # presses.js keeps at most so many presses


@dataclass
class Presses:
    """The state of the script presses.js: the buttons it handles, and the unconfirmed presses."""

    identity: str = ""
    fragment: str = ""
    page: str = ""
    buttons: frozenset[str] = frozenset()
    logs: dict[str, list[list[Any]]] = field(default_factory=dict)  # page: list of [number, key]
    last: int = 0

    def listen(self, identity: str, fragment: str, data: dict[str, Any]) -> None:
        """Update the buttons of the page and the number of the last confirmed press."""
        self.identity, self.fragment, self.page = identity, fragment, data["page"]
        self.buttons = frozenset(data["buttons"])
        self.last = max(self.last, data["last"])
        unconfirmed = [press for press in self.logs.get(self.page, []) if press[0] > data["last"]]
        self.logs[self.page] = unconfirmed

    def press(self, key: str) -> WidgetState:
        """Number a press. Return the script's message: this press and all unconfirmed presses."""
        self.last += 1
        log = [*self.logs[self.page], [self.last, key]][-MOST_UNCONFIRMED:]
        self.logs[self.page] = log
        return WidgetState(id=self.identity, json_value=json.dumps({"log": log}))


@dataclass
class Visitor:
    """A simulated browser tab, with the `controls` on its page and their `values`.

    Like a browser, the open tab follows the live channel and requests timed redraws. The tab also
    numbers the presses of buttons, and adds each page and address to its history.
    """

    url: str
    path: str
    query: str
    cookie: str = ""  # the header with the browser's cookies
    patience: float = 60.0  # seconds; longest wait for an answer or a picture
    controls: dict[str, Control] = field(default_factory=dict)
    values: dict[str, WidgetState] = field(default_factory=dict)
    running: bool = False
    problems: list[str] = field(default_factory=list)
    watch_link: str = ""  # the link for watchers of the run
    pictures: int = 0  # number of pictures from the live channel
    bytes_received: int = 0  # size of these pictures
    redraws: int = 0  # number of redraws requested by timers of the page
    answers: int = 0  # number of finished script runs
    dropped: int = 0  # number of requests for fragments that no longer existed
    steps: int = 0  # environment steps trained during this visit
    history: list[tuple[str, str]] = field(default_factory=list)  # path and query, oldest first
    _stage: tuple[str, str] = ("", "")  # identity and fragment of the stage
    _presses: Presses = field(default_factory=lambda: Presses())
    _channel: str = ""
    _link: asyncio.Task[None] | None = None
    _asking: asyncio.Task[None] | None = None
    _steps_shown: int = 0
    _seen: set[str] = field(default_factory=set)
    _of_fragments: list[str] = field(default_factory=list)
    _answered: asyncio.Event = field(default_factory=asyncio.Event)
    _timers: dict[str, asyncio.Task[None]] = field(default_factory=dict)  # key: fragment
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _page_hash: str = ""
    _hashes: dict[str, str] = field(default_factory=dict)  # key: path of a page
    _goes_back: bool = False  # true if the last request went back in the history
    _at_work: bool = False  # true while the server runs a script
    _for_fragment: bool = False  # true if the last request was for a fragment
    _sent: float = 0.0
    _socket: Any = None

    async def open(self) -> None:
        """Connect to the server and load the page, as a first visit or a reload does."""
        await self.close()
        self.controls.clear()
        self.values.clear()
        self._presses, self._page_hash = Presses(), ""
        self.history = self.history or [(self.path, self.query)]
        self._leave_page()
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket = await websockets.connect(
            address,
            additional_headers={"Cookie": self.cookie} if self.cookie else None,
            subprotocols=[websockets.Subprotocol("streamlit")],
            max_size=None,
            open_timeout=self.patience,
        )
        self._tasks = [asyncio.create_task(self._read())]
        await self._send([], page=self.path)

    async def close(self) -> None:
        """Close the tab."""
        tasks = [*self._tasks, *self._timers.values()]
        tasks += [task for task in (self._link, self._asking) if task is not None]
        self._channel, self._link, self._asking = "", None, None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._timers.clear()
        if self._socket is not None:
            await self._socket.close()

    async def go(self, page: str) -> None:
        """Follow a link to a page. This may be the current page."""
        if page != self.path:
            self._leave_page()
            self.query = ""
        await self._change_page(page, back=False)

    async def go_back(self) -> None:
        """Go back to the previous address: another page, or an earlier state of the same page."""
        if len(self.history) > 1:
            self.history.pop()
        page, self.query = self.history[-1]
        if page != self.path:
            self._leave_page()
        await self._change_page(page, back=True)

    async def _change_page(self, page: str, *, back: bool) -> None:
        """Request a page. The request contains no values from the page that the visitor leaves.

        Until the server answers, further requests still name the old page.
        """
        self._stop_timers()
        await self._send([], page_hash=self._hashes.get(page, self._page_hash), back=back)

    async def press(self, button: Control) -> None:
        """Press a button. If presses.js handles the button, the press gets a number."""
        key = name_in(button.element.id)
        if key in self._presses.buttons:
            await self.send(self._presses.press(key), fragment=self._presses.fragment)
        else:
            state = WidgetState(id=button.element.id, trigger_value=True)
            await self.send(state, fragment=button.fragment)

    async def send(
        self, *changed: WidgetState, fragment: str = "", by_itself: bool = False
    ) -> None:
        """Send a request with the values of all controls. A timer sets `by_itself`."""
        for state in changed:
            if state.WhichOneof("value") not in ("trigger_value", "json_trigger_value"):
                self.values[state.id] = state
        triggers = [state for state in changed if state.id not in self.values]
        await self._send([*self.values.values(), *triggers], fragment, by_itself=by_itself)

    async def _send(
        self,
        states: list[WidgetState],
        fragment: str = "",
        *,
        page: str = "",
        page_hash: str | None = None,
        by_itself: bool = False,
        back: bool = False,
    ) -> None:
        message = BackMsg()
        request = message.rerun_script
        request.query_string = self.query
        request.is_auto_rerun = by_itself
        request.is_history_navigation = back
        request.page_script_hash = self._page_hash if page_hash is None else page_hash
        request.page_name = page
        request.fragment_id = fragment
        request.widget_states.widgets.extend(states)
        self._answered.clear()
        self._goes_back = back
        self._for_fragment = bool(fragment)
        self._sent = asyncio.get_running_loop().time()
        await self._socket.send(message.SerializeToString())

    async def settle(self) -> None:
        """Wait until a script run has finished since the last request.

        Streamlit drops a request for a fragment that no longer exists. For example, the visitor may
        have left the fragment's page.
        """
        clock = asyncio.get_running_loop().time
        begun = clock()
        while not self._answered.is_set():
            await asyncio.sleep(0.02)
            if self._for_fragment and not self._at_work and clock() - self._sent > DROPPED_SECONDS:
                self.dropped += 1
                return
            if clock() - begun > self.patience:
                self.problems.append(f"no answer within {self.patience:g} seconds")
                return

    async def look_on(self, pictures: int) -> None:
        """Wait for some pictures of the run. Stop waiting if the run stops."""
        wanted = self.pictures + pictures
        while self.running and self.pictures < wanted and not self.problems:
            await asyncio.sleep(0.05)

    async def _read(self) -> None:
        try:
            async for raw in self._socket:
                message = ForwardMsg()
                message.ParseFromString(raw)
                self.take(message)
        except Exception as error:  # the walk must report every kind of error
            self.problems.append(f"the visitor cannot read on: {error!r}")
            self._answered.set()
            raise

    def _use_channel(self, name: str) -> None:
        """Follow only the live channel with this name. An empty name means no channel."""
        if name == self._channel:
            return
        if self._link is not None:
            self._link.cancel()
        self._channel = name
        self._link = (
            asyncio.create_task(follow(self.url, name, PAINT_SECONDS, self._take_live))
            if name
            else None
        )

    def _take_live(self, head: dict[str, Any], parts: Parts | None, length: int) -> None:
        """Process a message of the live channel."""
        self.bytes_received += length
        if head.get("outdated") and self._asking is None:
            self._asking = asyncio.create_task(self._ask("outdated"))
        if parts is not None:
            self.pictures += 1
            self._note_steps(parts)

    def _note_steps(self, parts: Parts) -> None:
        steps = steps_in(parts)
        self.steps += max(steps - self._steps_shown, 0) if self.running else 0
        self._steps_shown = steps

    async def _ask(self, trigger: str) -> None:
        """Send a trigger of the stage. Repeat it with longer delays until the stage is drawn."""
        delay = ASK_SECONDS
        while True:
            await asyncio.sleep(delay)
            state = WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{self._stage[0]}__events")
            state.json_trigger_value = json.dumps([{"event": trigger, "value": delay}])
            await self.send(state, fragment=self._stage[1])
            delay = max(2 * delay, 4.0)

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    async def _redraw(self, seconds: float, fragment: str) -> None:
        while True:
            await asyncio.sleep(seconds)
            self.redraws += 1
            await self.send(fragment=fragment, by_itself=True)

    def take(self, message: ForwardMsg) -> None:
        """Update the tab with a message from the server."""
        match message.WhichOneof("type"):
            case "new_session":
                self._at_work = True
                self._seen = set()
                if not message.metadata.run.fragment_ids:
                    self._page_hash = message.new_session.page_script_hash
                    self._stop_timers()
            case "navigation":
                self._take_navigation(message.navigation)
            case "delta":
                self._take_delta(message.delta)
            case "page_info_changed":
                self._take_address(self.path, message.page_info_changed.query_string)
            case "auto_rerun":
                timer = message.auto_rerun
                if timer.fragment_id not in self._timers:
                    redraw = self._redraw(timer.interval, timer.fragment_id)
                    self._timers[timer.fragment_id] = asyncio.create_task(redraw)
            case "stop_auto_rerun":
                self._forget_fragments(list(message.stop_auto_rerun.fragment_ids))
            case "script_finished":
                self._finish(message)

    def _take_navigation(self, navigation: Any) -> None:
        """Note which page the script shows. A link, an address or the script may have chosen it."""
        self._page_hash = navigation.page_script_hash
        self._hashes = {
            "" if page.is_default else page.url_pathname: page.page_script_hash
            for page in navigation.app_pages
        }
        paths = {page_hash: path for path, page_hash in self._hashes.items()}
        path = paths[self._page_hash]
        if path != self.path:
            self._leave_page()
        self._take_address(path, self.query)

    def _take_address(self, path: str, query: str) -> None:
        self.path, self.query = path, query
        if self._goes_back:
            self.history[-1] = path, query
        elif self.history[-1] != (path, query):
            self.history.append((path, query))

    def _take_delta(self, delta: Any) -> None:
        if delta.WhichOneof("type") == "new_element":
            element = delta.new_element
            kind = element.WhichOneof("type")
            shown: Any = getattr(element, kind) if kind else None
        elif delta.add_block.WhichOneof("type") == "expandable":
            kind, shown = "expandable", delta.add_block.expandable
        else:
            return
        if kind == "exception":
            self.problems.append(f"{shown.type}: {shown.message}")
        elif kind == "code" and "watch?" in shown.code_text:
            self.watch_link = shown.code_text
        elif kind == "bidi_component":
            self._seen.add(shown.id)
            self._take_stage(shown, delta.fragment_id)
            if shown.component_name.endswith("pglab_presses"):
                self._presses.listen(shown.id, delta.fragment_id, json.loads(shown.json))
        elif kind == "page_link" or (kind in KINDS and shown.id):
            identity = shown.page if kind == "page_link" else shown.id
            self._seen.add(identity)
            fresh = identity not in self.controls
            self.controls[identity] = Control(kind, shown, delta.fragment_id)
            told = getattr(shown, "set_value", False)
            if kind not in BEARERS and (fresh or told):
                self.values[identity] = shown_value(kind, shown)

    def _take_stage(self, shown: Any, fragment: str) -> None:
        if not shown.component_name.endswith("stage"):
            return
        head, parts = read(shown.bytes, {})
        if not head["channel"]:
            return
        self._stop_asking()
        self._stage = shown.id, fragment
        self._use_channel(head["channel"])
        self.running = head["running"]
        if parts is not None:
            self._note_steps(parts)

    def _finish(self, message: ForwardMsg) -> None:
        status = message.script_finished
        self._at_work = False
        self._of_fragments = list(message.metadata.run.fragment_ids)
        if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self.problems.append("a script does not compile")
        if status != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self.answers += 1
            self._forget_stale()
            self._answered.set()

    def _leave_page(self) -> None:
        self.running, self._steps_shown = False, 0
        self._use_channel("")
        self._stop_asking()
        self._stop_timers()

    def _stop_timers(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _forget_fragments(self, fragments: list[str]) -> None:
        """Forget nested fragments that the last run did not draw again."""
        for fragment in fragments:
            timer = self._timers.pop(fragment, None)
            if timer is not None:
                timer.cancel()
        gone = [i for i, control in self.controls.items() if control.fragment in fragments]
        for identity in gone:
            self._forget(identity)

    def _forget_stale(self) -> None:
        of = self._of_fragments
        stale = [
            identity
            for identity, control in self.controls.items()
            if identity not in self._seen and (not of or control.fragment in of)
        ]
        for identity in stale:
            self._forget(identity)
        identity, fragment = self._stage
        if identity not in self._seen and (not of or fragment in of):
            self.running = False
            self._use_channel("")
        if self._presses.identity not in self._seen and (not of or self._presses.fragment in of):
            self.values.pop(self._presses.identity, None)
            self._presses.buttons = frozenset()

    def _forget(self, identity: str) -> None:
        del self.controls[identity]
        self.values.pop(identity, None)
