r"""Decides which formulas of unknown people may be shown.

The pages show formulas with KaTeX, which does not open addresses or run scripts. But some commands
of KaTeX move or enlarge what they show, so a formula could cover other parts of the page.
"""

from __future__ import annotations

import re

MOST_IN_FORMULA = 1_000  # characters
# Commands that open addresses, write HTML, define commands, or move, hide or enlarge something.
_REFUSED = re.compile(
    r"\\(href|url|includegraphics|html[a-z]*|class|cssId|style|[gex]?def|let|global|long|futurelet"
    r"|(re|provide)?(new)?command|catcode|char|rule|raisebox|[hm]?kern|[hmv]space|[hm]skip"
    r"|[hv]?phantom|smash|(math)?[rlc]lap|above(withdelims)?|genfrac|verb|cr|newline)(?![a-z])"
    r"|\\\\\s*\*?\s*\[|@\s*\{",
    re.IGNORECASE,
)


def may_be_shown(formula: str) -> bool:
    """True if the text may be shown as a formula. Otherwise, its source must be shown as text."""
    return (
        bool(formula.strip())
        and len(formula) <= MOST_IN_FORMULA
        and not any(mark in formula for mark in "$`")
        and _REFUSED.search(formula) is None
    )
