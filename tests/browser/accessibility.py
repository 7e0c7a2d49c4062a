"""Finds accessibility faults of a page with axe-core."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": RULES}}

_axe = Axe()


def violations(page: Page, within: str | None = None) -> list[str]:
    """Return one line for each element that breaks a rule of WCAG 2.2 AA or a best practice.

    With `within`, a CSS selector, only that part is checked, without the rules about whole pages.
    No rule is excluded: Streamlit 1.67 by itself breaks none of them.
    """
    response = _axe.run(page, context=within, options=OPTIONS).response
    return [_line(rule["id"], node) for rule in response["violations"] for node in rule["nodes"]]


def _line(rule: str, node: dict[str, Any]) -> str:
    reasons = [check["message"] for kind in ("any", "all", "none") for check in node[kind]]
    return f"{rule}: {node['html'][:120]} ({'; '.join(reasons)[:160]})"
