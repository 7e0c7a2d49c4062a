"""Draws an address as a QR code, which a phone's camera can read."""

from __future__ import annotations

from functools import lru_cache

import segno

from pglab.classroom.checks import LessonError
from pglab.language import _

# Each code has at most 101 squares on a side. From the last row of a classroom, phones cannot
# distinguish the squares of larger codes.
_LARGEST = 21  # the version of the code: a code of version v has 17 + 4v squares on a side
MOST_BYTES = 929  # as many bytes a code of this version has at the lowest level of correction


def qr_svg(address: str) -> str:
    """Draw an address as a QR code in SVG: dark on light, with a margin, without a fixed size.

    Raises:
        LessonError: the address is too long for a code that phones can read.
    """
    data = address.encode("utf-8", "replace")
    if len(data) > MOST_BYTES:
        raise LessonError(
            _(
                "The link has {n:,} characters, but a QR code holds {most}. Store the lesson, so "
                "that its link is short."
            ).format(n=len(address), most=MOST_BYTES)
        )
    return _drawn(data, _("QR code of the link"))


@lru_cache(maxsize=200)
def _drawn(data: bytes, title: str) -> str:
    """Draw the code with its title. Codes are cached, because pages redraw them every second."""
    code = segno.make_qr(data, error="L")  # segno chooses a higher level if there is room for it
    return code.svg_inline(
        dark="#000",
        light="#fff",
        border=4,
        omitsize=True,
        title=title,
        svgclass=None,
        lineclass=None,
    )
