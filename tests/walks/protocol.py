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

from tests.walks.values import BEARERS, KINDS, Control, name_in, shown_value

PAINT_SECONDS = 0.1  # between a picture and the next tick; a browser's stage paints meanwhile
DROPPED_SECONDS = 2.0  # of an idle server, after which a request counts as dropped
WATCHDOG_SECONDS = 3.0  # until the stage asks again, then twice as long
MOST_UNCONFIRMED = 200  # presses that presses.js keeps


@dataclass
class Presses:
    """What presses.js knows: which buttons it numbers, and what the server has not confirmed."""

    identity: str = ""
    fragment: str = ""
    page: str = ""
    buttons: frozenset[str] = frozenset()
    logs: dict[str, list[list[Any]]] = field(default_factory=dict)  # by page: [number, key]
    last: int = 0

    def listen(self, identity: str, fragment: str, data: dict[str, Any]) -> None:
        """As the script is told what the page's buttons are."""
        self.identity, self.fragment, self.page = identity, fragment, data["page"]
        self.buttons = frozenset(data["buttons"])
        self.last = max(self.last, data["last"])
        unconfirmed = [press for press in self.logs.get(self.page, []) if press[0] > data["last"]]
        self.logs[self.page] = unconfirmed

    def press(self, key: str) -> WidgetState:
        """What the script says of this press, and of those that were not confirmed."""
        self.last += 1
        log = [*self.logs[self.page], [self.last, key]][-MOST_UNCONFIRMED:]
        self.logs[self.page] = log
        return WidgetState(id=self.identity, json_value=json.dumps({"log": log}))


@dataclass
class Visitor:
    """One tab. Its `controls` are those on the page, its `values` what it says they hold.

    Like a browser's, its stage and its redraws ask by themselves while it is open, presses of the
    page's buttons are numbered, and its history grows with each page and each address.
    """

    url: str
    path: str
    query: str
    patience: float = 60.0  # seconds until an answer or a picture is given up
    controls: dict[str, Control] = field(default_factory=dict)
    values: dict[str, WidgetState] = field(default_factory=dict)
    running: bool = False
    problems: list[str] = field(default_factory=list)
    ticks: int = 0
    pictures: int = 0  # that a tick brought
    redraws: int = 0  # that the page's own timers asked for
    answers: int = 0  # script runs that came to their end
    dropped: int = 0  # requests for fragments that were gone
    steps: int = 0  # trained while this visitor looked on
    history: list[tuple[str, str]] = field(default_factory=list)  # path and query, now last
    _stage: tuple[str, str] = ("", "")  # id and fragment
    _presses: Presses = field(default_factory=lambda: Presses())
    _sequence: int | None = None
    _steps_shown: int = 0
    _seen: set[str] = field(default_factory=set)
    _of_fragments: list[str] = field(default_factory=list)
    _answered: asyncio.Event = field(default_factory=asyncio.Event)
    _picture: asyncio.Event = field(default_factory=asyncio.Event)
    _timers: dict[str, asyncio.Task[None]] = field(default_factory=dict)  # by fragment
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _page_hash: str = ""
    _hashes: dict[str, str] = field(default_factory=dict)  # by path
    _goes_back: bool = False  # by the last request: the address is replaced, not added
    _at_work: bool = False  # a script run has begun and not ended
    _for_fragment: bool = False  # the last request
    _sent: float = 0.0
    _socket: Any = None

    async def open(self) -> None:
        """Connect and load the page, as at a first visit or a reload."""
        await self.close()
        self.controls.clear()
        self.values.clear()
        self._presses, self._page_hash = Presses(), ""
        self.history = self.history or [(self.path, self.query)]
        self._leave_page()
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket = await websockets.connect(
            address,
            subprotocols=[websockets.Subprotocol("streamlit")],
            max_size=None,
            open_timeout=self.patience,
        )
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._beat())]
        await self._send([], page=self.path)

    async def close(self) -> None:
        """Close the tab."""
        tasks = [*self._tasks, *self._timers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._timers.clear()
        if self._socket is not None:
            await self._socket.close()

    async def go(self, page: str) -> None:
        """Follow a link to a page, which may be this one."""
        if page != self.path:
            self._leave_page()
            self.query = ""
        await self._change_page(page, back=False)

    async def go_back(self) -> None:
        """Go back to the address before this one: another page, or this one as it was."""
        if len(self.history) > 1:
            self.history.pop()
        page, self.query = self.history[-1]
        if page != self.path:
            self._leave_page()
        await self._change_page(page, back=True)

    async def _change_page(self, page: str, *, back: bool) -> None:
        """A request without any values: those of the page that is left do not go along.

        Until the server answers, further requests name the page that is left.
        """
        self._stop_timers()
        await self._send([], page_hash=self._hashes.get(page, self._page_hash), back=back)

    async def press(self, button: Control) -> None:
        """Press a button; the page's script numbers the press if it knows the button."""
        key = name_in(button.element.id)
        if key in self._presses.buttons:
            await self.send(self._presses.press(key), fragment=self._presses.fragment)
        else:
            state = WidgetState(id=button.element.id, trigger_value=True)
            await self.send(state, fragment=button.fragment)

    async def send(
        self, *changed: WidgetState, fragment: str = "", by_itself: bool = False
    ) -> None:
        """One request, which carries the values of all controls; `by_itself` for a timer's."""
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
        """Wait until a script run has come to its end since the last request.

        Streamlit drops a request for a fragment that is gone, as on a page being left.
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
        """Wait for some pictures of a run that goes on, or until it stops."""
        wanted = self.pictures + pictures
        while self.running and self.pictures < wanted and not self.problems:
            await asyncio.sleep(0.05)

    async def _read(self) -> None:
        try:
            async for raw in self._socket:
                message = ForwardMsg()
                message.ParseFromString(raw)
                self.take(message)
        except Exception as error:  # of the connection, or of what is read here: no silent end
            self.problems.append(f"the visitor cannot read on: {error!r}")
            self._answered.set()
            raise

    async def _beat(self) -> None:
        """What the stage does: ask for a tick after each picture, and again if none comes."""
        while True:
            await self._picture.wait()
            self._picture.clear()
            await asyncio.sleep(PAINT_SECONDS)
            patience, waited = WATCHDOG_SECONDS, 0.0
            while self.running and self._sequence is not None and not self._picture.is_set():
                await self._tick()
                try:
                    await asyncio.wait_for(self._picture.wait(), patience)
                except TimeoutError:
                    waited, patience = waited + patience, 2 * patience
                if waited > self.patience:
                    self.problems.append(f"no picture for {waited:g} seconds of ticks")
                    return

    async def _tick(self) -> None:
        state = WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{self._stage[0]}__events")
        state.json_trigger_value = json.dumps([{"event": "tick", "value": self._sequence}])
        self.ticks += 1
        await self.send(state, fragment=self._stage[1])

    async def _redraw(self, seconds: float, fragment: str) -> None:
        while True:
            await asyncio.sleep(seconds)
            self.redraws += 1
            await self.send(fragment=fragment, by_itself=True)

    def take(self, message: ForwardMsg) -> None:
        """Note what a message puts on the page."""
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
        """Which page a script run shows: a link, the address or the script asked for it."""
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
        if shown.WhichOneof("data") != "bytes":
            return
        length = int.from_bytes(shown.bytes[:4], "little")
        content = json.loads(shown.bytes[4 : 4 + length])
        if "sequence" not in content or not content["stage"].endswith((".stage", ".page")):
            return
        if shown.component_name.endswith("stage"):
            self._stage = shown.id, fragment
        fresh = (content["sequence"], content["running"]) != (self._sequence, self.running)
        self.pictures += fresh and self.running
        self._sequence, self.running = content["sequence"], content["running"]
        steps = int(content["numbers"][0]["value"].replace(",", ""))
        self.steps += max(steps - self._steps_shown, 0) if self.running else 0
        self._steps_shown = steps
        if fresh and not content["more"]:
            self._picture.set()

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
        self._sequence, self.running, self._steps_shown = None, False, 0
        self._stop_timers()

    def _stop_timers(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _forget_fragments(self, fragments: list[str]) -> None:
        """Fragments within others that were not drawn again."""
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
            self._sequence, self.running = None, False
        if self._presses.identity not in self._seen and (not of or self._presses.fragment in of):
            self.values.pop(self._presses.identity, None)
            self._presses.buttons = frozenset()

    def _forget(self, identity: str) -> None:
        del self.controls[identity]
        self.values.pop(identity, None)
