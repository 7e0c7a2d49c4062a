"""A program that draws figures as picture files; `pglab.plots.picture_files.files` runs it.

The program runs in a separate process, because a browser may hang or crash. The app can then end
this process and continue.

The program reads a JSON list of figures from the standard input. For each figure, it writes the
picture file in base64 as one line. If there is no browser, the program ends with the exit code
`NO_BROWSER`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from typing import Any

import kaleido
from kaleido.errors import ChromeNotFoundError

NO_BROWSER = 3


class Page(kaleido.PageGenerator):  # type: ignore[misc]  # kaleido has no types
    """The page in which the browser draws. The same figure always gives the same bytes.

    Plotly gives random names to the parts of an SVG, so the page replaces `Math.random` by a
    function that always returns the same sequence.
    """

    header = (
        kaleido.PageGenerator.header
        + "<script>let drawn = 1; Math.random = () => (drawn = drawn * 16807 % 2147483647)"
        " / 2147483647;</script>"
    )


async def draw(pictures: list[dict[str, Any]]) -> None:
    """Draw all pictures in the browser that BROWSER_PATH names, or else in an installed browser."""
    path = os.environ.get("BROWSER_PATH")
    # MathJax would come from the internet, and no figure needs it.
    async with kaleido.Kaleido(path=path, page_generator=Page(mathjax=False)) as browser:
        for picture in pictures:
            file = await browser.calc_fig(picture["figure"], picture["options"])
            sys.stdout.write(base64.b64encode(file).decode("ascii") + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    try:
        asyncio.run(draw(json.load(sys.stdin)))
    except ChromeNotFoundError:
        sys.exit(NO_BROWSER)
