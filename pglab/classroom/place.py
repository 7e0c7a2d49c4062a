"""Reads and writes the page addresses that lesson steps open, such as "reinforce?gamma=0.9"."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote

from pglab.classroom.checks import LessonError
from pglab.config import quoted
from pglab.language import _
from pglab.library.cleaned_text import cleaned

Parameters = tuple[tuple[str, str], ...]  # names and values, each name once

HOME = "home"
# The pages by the paths of their addresses. The path of the home page is empty.
PAGES = (
    HOME,
    "reinforce",
    "shared_body",
    "split_bodies",
    "compare",
    "maps",
    "gradient_lab",
    "my_runs",
)
# The parameters that name a lesson and the visitor's place in it. `step` is free for pages: the
# gradient lab has a parameter of this name.
LESSON, LESSON_STEP = "lesson", "lesson_step"
MOST_PARAMETERS = 100
MOST_IN_ADDRESS = 2_000  # characters
_READABLE = ",:;@/"  # characters that stay as they are in a query


def address_of(page: str, parameters: Parameters) -> str:
    """Return the address of a page with these parameters."""
    query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in parameters)
    return f"{page}?{query}" if query else page


def step_number(text: str, steps: int) -> int | None:
    """Read the number of a lesson step, from 1 to `steps`; return None for any other text."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    return number if 1 <= number <= steps else None


def relative_link(page: str, parameters: Parameters = ()) -> str:
    """Return a link to this page; the link works on every page of the app."""
    address = address_of(page, parameters)
    return "./" + address.removeprefix(HOME) if page == HOME else address


def read_address(address: str) -> tuple[str, Parameters]:
    """Read the page and the parameters of an address, or of a whole link to this app.

    Raises:
        LessonError: the address is too long, names no page, or contains a parameter twice.
    """
    if len(address) > 2 * MOST_IN_ADDRESS:
        raise LessonError(_too_long())
    path, _mark, query = address.strip().partition("#")[0].partition("?")
    protocol, _mark, rest = path.rpartition("://")
    path = rest.partition("/")[2] if protocol else path  # without the server's name
    page = path.rstrip("/").rpartition("/")[2]
    if page in ("", ".") or (path.endswith("/") and page not in PAGES):  # the app's own folder
        page = HOME
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict"
        )
    except ValueError as error:  # more fields, or bytes that are not UTF-8
        raise LessonError(
            _("The address {address} cannot be read. Copy the link again.").format(
                address=quoted(address)
            )
        ) from error
    return checked_page(page), checked_parameters(tuple(pairs))


def checked_page(page: object) -> str:
    """Return the page if the app has it and a lesson may open it.

    Raises:
        LessonError: there is no such page.
    """
    if isinstance(page, str) and page in PAGES:
        return page
    raise LessonError(
        _("The page {page} does not exist. Choose one of: {pages}.").format(
            page=quoted(str(page)), pages=", ".join(PAGES)
        )
    )


def checked_parameters(parameters: object) -> Parameters:
    """Return the parameters without those that name a lesson and the place in the lesson.

    Raises:
        LessonError: a parameter cannot be used or occurs twice, or the parameters are too long.
    """
    if not isinstance(parameters, tuple) or not all(map(_is_parameter, parameters)):
        raise LessonError(
            _("The address has a parameter that cannot be used. Copy the link again.")
        )
    kept = tuple(pair for pair in parameters if pair[0] not in (LESSON, LESSON_STEP))
    names = [name for name, _value in kept]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise LessonError(
            _("The address contains {name} twice. Remove one of them.").format(name=quoted(twice))
        )
    if len(kept) > MOST_PARAMETERS or len(address_of("", kept)) > MOST_IN_ADDRESS:
        raise LessonError(_too_long())
    return kept


def _is_parameter(pair: object) -> bool:
    return (
        isinstance(pair, tuple)
        and len(pair) == 2
        and all(isinstance(text, str) and cleaned(text) == text for text in pair)
        and not any("\n" in text for text in pair)
        and pair[0] != ""
    )


def _too_long() -> str:
    return _("The address is longer than {n:,} characters. Use fewer parameters.").format(
        n=MOST_IN_ADDRESS
    )


def _quoted(text: str) -> str:
    return quote(text, safe=_READABLE)
