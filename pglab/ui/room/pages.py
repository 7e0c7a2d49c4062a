"""The phones' pages: the form for a code, the room, and the redirect to the member's own run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

from pglab.classroom.room.codes import SHORT, read_code, shown_code
from pglab.classroom.room.membership import Joined, Member, join
from pglab.classroom.room.opening import load_room
from pglab.classroom.room.own_runs.training import plan_of
from pglab.classroom.room.state import RoomError
from pglab.config.links import LANGUAGE
from pglab.language import DEFAULT_LANGUAGE, _, current_language, use_language
from pglab.library.store.problems import LibraryUnavailable
from pglab.library.store.runs.kept import is_key
from pglab.ui.room.addresses import JOINED, member_cookie, member_key, room_address
from pglab.ui.room.files import early_style
from pglab.ui.room.html import join_html, problem_html, room_html
from pglab.ui.room.sharing import SharedRooms, in_thread
from pglab.ui.room.training_link import stored_run, training_address
from pglab.ui.shell.assets import below
from pglab.ui.shell.owner import COOKIE

MOST_BYTES = 8_000  # of a form
_PREFIX = 64  # bits of an IPv6 address that a provider gives to one customer
# The hash of an empty text: Plotly adds a style element that is empty, and fills it by its script.
_EMPTY = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
# Nothing but the files of this page is loaded, and no other page shows it. The stage's worker for
# drawing has no file of its own, and Plotly sets attributes with styles.
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; script-src 'self'; style-src 'self' {_EMPTY}; "
    "style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; worker-src blob:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",  # a code must not reach other servers
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Pages:
    """Answers the requests of phones for an app at `base_path`."""

    def __init__(self, rooms: SharedRooms, base_path: str) -> None:
        self._rooms, self._base = rooms, base_path

    async def form(self, request: Request) -> Response:
        """Show the form for a code."""
        _choose_language(request.query_params)
        return self._form()

    async def room(self, request: Request) -> Response:
        """Show the room to a member. Show the form, with the code filled in, to everybody else."""
        _choose_language(request.query_params)
        code, just_joined = request.path_params["code"], JOINED in request.query_params
        if just_joined and member_key(request.cookies, code) is None:
            return self._form(code, refusal=_("Allow cookies for this page, then join again."))
        try:
            member = await in_thread(self._rooms.member, code, request.cookies)
        except LibraryUnavailable:
            # The page of a member opens by itself when the library can be used again.
            if member_key(request.cookies, code) is None:
                return self._form(code)
        else:
            if member is None:
                return self._form(code)
        if just_joined:  # without the parameter, the member can give the address to others
            room = room_address(read_code(code) or "", current_language())
            return RedirectResponse(below(self._base, room), status_code=303, headers=_HEADERS)
        return self._page(room_html(self._base, read_code(code) or ""))

    async def join(self, request: Request) -> Response:
        """Let a visitor join a room, and redirect the visitor to the room's page."""
        origin, host = request.headers.get("origin"), request.headers.get("host")
        if not _is_origin_allowed(origin, host):
            return self._form(refusal=_("Open this page again, and type the code."), status=403)
        try:
            fields = await _fields(request)
        except ClientDisconnect:
            return Response(status_code=400)
        _choose_language(fields)
        code, nickname = fields.get("code", ""), fields.get("nickname", "")
        visitor, key = visitor_of(request), member_key(request.cookies, code)
        try:
            entry = await in_thread(self._join, code, nickname, visitor, key)
        except (RoomError, LibraryUnavailable) as error:
            status = 422 if isinstance(error, RoomError) else 503
            return self._form(code, nickname, refusal=str(error), status=status)
        room = room_address(entry.code, current_language(), **{JOINED: "1"})
        address = below(self._base, room)
        response = RedirectResponse(address, status_code=303, headers=_HEADERS)
        response.set_cookie(
            member_cookie(entry.code),
            entry.joined.key,
            max_age=max(int(entry.expires - time.time()), 0),
            path=f"/{self._base.strip('/')}",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return response

    async def train(self, request: Request) -> Response:
        """Redirect a member to the page that trains the member's own run in a lesson step."""
        _choose_language(request.query_params)
        code, step = read_code(request.path_params["code"]) or "", request.path_params["step"]
        try:
            member = await in_thread(self._rooms.member, code, request.cookies)
            if member is None:
                return self._form(code)
            address = await in_thread(self._training, member, code, step, request.cookies)
        except (RoomError, LibraryUnavailable) as error:
            back = below(self._base, room_address(code, current_language()))
            status = 404 if isinstance(error, RoomError) else 503
            return self._page(problem_html(self._base, str(error), back), status)
        return RedirectResponse(below(self._base, address), headers=_HEADERS)

    def _join(self, code: str, nickname: str, visitor: str, key: str | None) -> _Entry:
        library = self._rooms.library()
        joined = join(library, code, nickname, visitor=visitor, key=key)
        room = load_room(library, joined.member.room)
        # The full code opens the room also if the phone has lost its cookie later.
        return _Entry(joined, room.full_code, room.expires)

    def _training(self, member: Member, code: str, step: int, cookies: Mapping[str, str]) -> str:
        library = self._rooms.library()
        plan = plan_of(library, member.room, step)
        if plan is None:
            raise RoomError(_("Nobody trains in this step now. Go back to the room."))
        short = (read_code(code) or "")[:SHORT]
        owner = cookies.get(COOKIE, "")
        run = stored_run(library, owner, plan, member) if is_key(owner) else ""
        return training_address(plan, member, short, step, run)

    def _form(
        self, code: str = "", nickname: str = "", *, refusal: str = "", status: int = 200
    ) -> Response:
        read = read_code(code)
        shown = code if read is None else shown_code(read)
        html = join_html(self._base, shown, nickname, refusal, is_known=read is not None)
        return self._page(html, status)

    def _page(self, html: str, status: int = 200) -> Response:
        # With this header, `EarlyAssets` does not name the files of the stage.
        return HTMLResponse(html, status, headers={**_HEADERS, "Link": early_style(self._base)})


@dataclass(frozen=True)
class _Entry:
    """A member who has joined a room."""

    joined: Joined
    code: str  # the full code of the room
    expires: float  # seconds since 1970


def visitor_of(request: Request) -> str:
    """Return the network address of a request. The app limits wrong codes for each address.

    Behind a proxy, uvicorn reads the address from the header `X-Forwarded-For`, but only if the
    environment variable FORWARDED_ALLOW_IPS (default: 127.0.0.1) contains the proxy's own address.
    """
    host = "" if request.client is None else request.client.host
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> _PREFIX << _PREFIX))


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of a form, or {} if the form is too large."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return {}
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=10))
    except ValueError:  # more fields
        return {}


def _choose_language(parameters: Mapping[str, str]) -> None:
    use_language(parameters.get(LANGUAGE, DEFAULT_LANGUAGE))
