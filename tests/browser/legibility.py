"""Finds illegible texts of a page. Such a text is cut, covered, or wrapped out of its row."""

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

_SCRIPT = (Path(__file__).parent / "legibility.js").read_text(encoding="utf-8")

SIZES = [(1366, 768), (1920, 1080), (390, 844)]
# In a wide window, each of these rows must fit into one line.
ROWS = [".st-key-transport", ".pgl-header", ".pgl-numbers", "[role=radiogroup][aria-label=Chapter]"]
WIDE = 1_000  # pixels; the least width of a wide window
SETTLED_MILLISECONDS = 150  # time to paint visible figures again after a resize
LOOKS = 8
OVERLAP = 120  # pixels that are visible at two successive scroll positions
SCROLL = """async ([top, part]) => {
    const main = document.querySelector("[data-testid=stMain]");
    const painted = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    main.scrollTo(0, top);
    await painted();
    await painted();
    const above = main.getBoundingClientRect().top;
    const end = part
        ? main.scrollTop + document.querySelector(part).getBoundingClientRect().bottom - above
        : main.scrollHeight;
    return [main.scrollTop, Math.min(end, main.scrollHeight), main.clientHeight];
}"""


def illegible_now(page: Page) -> set[str]:
    """Return one line for each text in the window that is illegible in several checks."""
    call = f"({_SCRIPT})({{rows: innerWidth >= {WIDE} ? {json.dumps(ROWS)} : []}})"
    return set(lasting(page, lambda: page.evaluate(call), LOOKS, SETTLED_MILLISECONDS))


def lasting(page: Page, find: Callable[[], list[str]], looks: int, milliseconds: int) -> list[str]:
    """Return the faults that `find` returns now and in each of `looks` further calls."""
    found = find()
    for _look in range(looks):
        if not found:
            break
        page.wait_for_timeout(milliseconds)
        now = find()
        found = [fault for fault in found if fault in now]
    return found


def illegible(page: Page, first: str = "", last: str = "") -> set[str]:
    """Return the lines of `illegible_now` for the whole page, or from `first` to `last`."""
    top, end = 0.0, float("inf")
    if first:
        _top, below, _height = page.evaluate(SCROLL, [0, first])
        top = max(below - page.locator(first).evaluate("part => part.offsetHeight") - OVERLAP, 0)
    found: set[str] = set()
    reached = -1.0
    while True:
        before = reached
        reached, end, height = page.evaluate(SCROLL, [top, last or first])
        found |= illegible_now(page)
        if reached + height >= end - 1 or reached == before:
            return found
        top = reached + height - OVERLAP


def to_top(page: Page) -> None:
    """Scroll to the top of the page, and wait until it is painted."""
    page.evaluate(SCROLL, [0, ""])
