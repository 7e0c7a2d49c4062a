"""The addresses of the phones' pages, and the cookies that identify phones."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urljoin

from pglab.classroom.room.codes import SHORT, read_code, shown_code
from pglab.config.links import language_parameter
from pglab.language import DEFAULT_LANGUAGE
from pglab.library.store.runs.kept import is_key

JOIN, LIVE, TRAIN = "join", "live", "train"
JOINED = "joined"  # the address parameter of a phone that must have a cookie now


def join_page(app_url: str) -> str:
    """Return the complete address of the page on which people type a code.

    Args:
        app_url: the address of any page of the app.
    """
    return urljoin(app_url, JOIN)


def join_link(app_url: str, code: str) -> str:
    """Return the complete address that opens a room, for a QR code; see `join_page`."""
    return urljoin(app_url, room_address(code))


def room_address(
    code: str, language: str = DEFAULT_LANGUAGE, place: str = "", **others: str
) -> str:
    """Return the address of a room's page, relative to the app.

    Args:
        code: a short or full code.
        language: the language of the page.
        place: a further part of the path, such as "live"; "" for the page itself.
        others: further parameters of the address.
    """
    parameters = {**language_parameter(language), **others}
    path = "/".join(filter(None, (JOIN, shown_code(code), place)))
    return f"{path}?{urlencode(parameters)}" if parameters else path


def member_cookie(code: str) -> str:
    """Return the name of the cookie with the member's key. `code` is a short or full code.

    Each room has its own cookie, so one phone can be in several rooms.
    """
    return f"pglab_member_{code[:SHORT]}"


def member_key(cookies: Mapping[str, str], code: str) -> str | None:
    """Return the key of this browser in the room with this code, or None if there is no key.

    Args:
        cookies: the cookies of the browser.
        code: a short or full code in any form.
    """
    read = read_code(code)
    key = "" if read is None else str(cookies.get(member_cookie(read), ""))
    return key if is_key(key) else None
