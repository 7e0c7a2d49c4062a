"""Finds accessibility faults of a page with axe-core."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.legibility import lasting

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALL_RULES = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": RULES}}
COLOUR_RULES = {  # the result of these rules can depend on the theme
    "resultTypes": ["violations"],
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}

FURTHER_LOOKS = 5
LOOK_AGAIN_MILLISECONDS = 1_500
MOST_TABS = 3  # at most this many presses of Tab reach a skip link

_axe = Axe()


def violations(page: Page, within: str | None, rules: dict[str, Any]) -> list[str]:
    """Return one line for each element that breaks one of the rules.

    The CSS selector `within` limits the check to one part of the page. Rules about whole pages are
    then left out.
    """
    response = _axe.run(page, context=within, options=rules).response
    return [_line(rule["id"], node) for rule in response["violations"] for node in rule["nodes"]]


def _line(rule: str, node: dict[str, Any]) -> str:
    reasons = [check["message"] for kind in ("any", "all", "none") for check in node[kind]]
    return f"{rule}: {node['html'][:120]} ({'; '.join(reasons)[:160]})"


def lasting_violations(
    page: Page, within: str | None = None, rules: dict[str, Any] = ALL_RULES
) -> list[str]:
    """Return one line for each element that breaks a rule of WCAG 2.2 AA or a best practice.

    All rules are checked, because Streamlit 1.67 itself breaks no rule. Faults that soon disappear
    are ignored: Streamlit fades elements while it redraws the page.
    """
    return lasting(
        page, lambda: violations(page, within, rules), FURTHER_LOOKS, LOOK_AGAIN_MILLISECONDS
    )


def expect_skip_link(page: Page, link: str, reached: str) -> None:
    """Check that a few presses of Tab reach a skip link, which moves the focus to `reached`."""
    target, skip = page.locator(reached).first, page.get_by_role("link", name=link)
    expect(target).to_be_visible()
    expect(skip).to_have_count(1)
    address = page.url
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        if skip.evaluate("link => link === document.activeElement"):
            break
    expect(skip).to_be_focused()
    assert skip.evaluate("link => getComputedStyle(link.parentElement).clipPath") == "none"
    page.keyboard.press("Enter")
    expect(target).to_be_focused()
    expect(target).to_be_in_viewport()
    expect(skip.locator("..")).to_have_css("clip-path", "inset(50%)")
    assert page.url == address
