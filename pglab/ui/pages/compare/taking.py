"""Lets a visitor download the runs of a comparison."""

from __future__ import annotations

import streamlit as st

from pglab.language import _
from pglab.library.snapshot import contents_of
from pglab.library.take_away import Order
from pglab.session.side_by_side.contrasts import LETTERS
from pglab.ui.controls.sharing.kept_run import PARAMETER
from pglab.ui.controls.sharing.take_along import link_to, order_of, take_along
from pglab.ui.pages.compare import settings
from pglab.ui.pages.compare.state import ComparePage
from pglab.ui.shell.address_bar import written


def take_sides_along(page: ComparePage) -> None:
    """Draw the choice of files and the downloads. Each agent has its own folder."""
    st.caption(
        _(
            "The run of each agent with the first seed, at its step when you press the button. The "
            "bundle has one folder for each agent. The page My runs opens such a bundle again."
        )
    )

    def orders() -> dict[str, Order]:
        comparison = page.comparison
        chosen = {name: text for name, text in written().items() if name != PARAMETER}
        link = link_to(settings.PAGE, chosen)
        sides = zip(LETTERS, comparison.names, comparison.sides, strict=False)
        with comparison.lock:
            return {
                f"side-{letter}": order_of(contents_of(side.session), link, name=name)
                for letter, name, side in sides
            }

    take_along(f"{settings.PAGE}.take_along", orders)
