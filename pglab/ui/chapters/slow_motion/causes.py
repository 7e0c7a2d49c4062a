"""A table of the causes of a change: each row shows one effect as a number and as a bar."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from pglab import palette
from pglab.language import _
from pglab.slow_motion.words import Row


def causes_table(caption: str, rows: Sequence[Row], total: str) -> None:
    """Draw a table of causes, with the effect of each cause and the sum of the effects.

    A positive effect has a bar to the right of zero, and a negative effect has a bar to the left.
    """
    most = max((abs(row.size) for row in rows), default=0.0) or 1.0
    lines = "".join(_line(row, most) for row in rows)
    st.html(
        f'<table class="pgl-causes"><caption>{escape(caption)}</caption><tbody>{lines}</tbody>'
        f'<tfoot><tr><th scope="row">{escape(_("sum"))}</th><td>{escape(total)}</td><td></td></tr>'
        "</tfoot></table>"
    )


def _line(row: Row, most: float) -> str:
    width = 50 * abs(row.size) / most  # in % of the cell's width; the middle of the cell means 0
    start, colour = (50 - width, palette.LESS) if row.size < 0 else (50, palette.MORE)
    bar = f"left: {start:.1f}%; width: {width:.1f}%; background: {colour}"
    return (
        f'<tr title="{escape(row.meaning)}"><th scope="row"><span>{escape(row.label)}</span></th>'
        f'<td>{escape(row.text)}</td><td class="pgl-bar"><i style="{bar}"></i></td></tr>'
    )
