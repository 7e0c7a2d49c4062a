"""What axe-core finds wrong with a page, without what Streamlit does and the app cannot change."""

from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": RULES}}


@dataclass(frozen=True)
class Exclusion:
    """A rule that elements with this CSS selector, and what is in them, may break."""

    rule: str
    selector: str
    reason: str


EXCLUSIONS: tuple[Exclusion, ...] = ()

_axe = Axe()


def violations(page: Page, used: set[Exclusion] | None = None) -> list[str]:
    """One line for each element that breaks a rule of WCAG 2.2 AA or a best practice.

    The exclusions that excused an element are added to `used`.
    """
    found = []
    for broken in _axe.run(page, options=OPTIONS).response["violations"]:
        for node in broken["nodes"]:
            excuse = _excuse(page, broken["id"], node)
            if excuse is None:
                found.append(_line(broken["id"], node))
            elif used is not None:
                used.add(excuse)
    return found


def _excuse(page: Page, rule: str, node: dict[str, Any]) -> Exclusion | None:
    """The exclusion that covers an element."""
    for exclusion in EXCLUSIONS:
        if exclusion.rule != rule:
            continue
        element = page.query_selector(node["target"][0])
        if element and element.evaluate("(e, s) => Boolean(e.closest(s))", exclusion.selector):
            return exclusion
    return None


def _line(rule: str, node: dict[str, Any]) -> str:
    reasons = [check["message"] for kind in ("any", "all", "none") for check in node[kind]]
    return f"{rule}: {node['html'][:120]} ({'; '.join(reasons)[:160]})"
