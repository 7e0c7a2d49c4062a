"""Whether the texts of a page can be read: what is cut, covered, or wrapped out of its row."""

import json
from pathlib import Path

from playwright.sync_api import Page

_SCRIPT = (Path(__file__).parent / "legibility.js").read_text(encoding="utf-8")

# Rows that stay one row wherever the window is wide enough.
ROWS = [".st-key-transport", ".pgl-header", ".pgl-numbers", ".st-key-chapter_titles"]
WIDE = 1_000  # pixels
SETTLED_MILLISECONDS = 150  # after scrolling or resizing: figures in sight are painted anew
LOOKS = 8
OVERLAP = 120  # pixels of one stop that the next one shows again


def illegible_now(page: Page) -> set[str]:
    """One line for every text in the window that cannot be read whole, wherever it stays so."""
    width = page.evaluate("innerWidth")
    call = f"({_SCRIPT})({json.dumps({'rows': ROWS if width >= WIDE else []})})"
    found = set(page.evaluate(call))
    for _look in range(LOOKS):
        if not found:
            break
        page.wait_for_timeout(SETTLED_MILLISECONDS)
        found &= set(page.evaluate(call))
    return found


def illegible(page: Page, of: str = "") -> set[str]:
    """The same over the whole page, or over one element of it, from top to bottom."""
    main = page.get_by_test_id("stMain")
    top, end = 0.0, float("inf")
    if of:
        top, end = page.locator(of).evaluate(
            """element => {
                const main = element.closest("[data-testid=stMain]");
                const top = main.scrollTop + element.getBoundingClientRect().top - 60;
                return [Math.max(top, 0), top + element.offsetHeight];
            }"""
        )
    found: set[str] = set()
    while True:
        reached, room, height = main.evaluate(
            """(main, top) => {
                main.scrollTo(0, top);
                return [main.scrollTop, main.scrollHeight - main.clientHeight, main.clientHeight];
            }""",
            top,
        )
        page.wait_for_timeout(SETTLED_MILLISECONDS)
        found |= illegible_now(page)
        if reached >= room - 1 or reached + height >= end:
            return found
        top = reached + height - OVERLAP
