"""All parts of the stage show the same moment of a run, also while the player's clip repeats."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from pglab.environments import ENVIRONMENTS
from tests.browser.lab_page import CRITIC_FIGURES, LabPage

MOMENTS = 8
TOLERANCE = 0.025  # log-odds have 8 bits, percentages are whole numbers
PLACE = re.compile(r"at cart position −?\d\.\d\d, cart velocity −?\d\.\d\d")


def under_the_ring(moment: dict[str, Any]) -> float:
    """Return the heatmap's probability at the place of the ring, which is a point of the grid."""
    info = ENVIRONMENTS["CartPole-v1"]
    cells = np.array(moment["cells"])
    column, row = (
        round((value - axis.low) / (axis.high - axis.low) * (len(cells) - 1))
        for value, axis in zip(moment["ring"], info.axes[2:], strict=True)
    )
    column, row = (min(max(place, 1), len(cells) - 2) for place in (column, row))
    return float(cells[row, column])


def is_inside(moment: dict[str, Any]) -> bool:
    axes = ENVIRONMENTS["CartPole-v1"].axes[2:]
    return all(a.low < v < a.high for a, v in zip(axes, moment["ring"], strict=True))


def check_moments(lab: LabPage) -> None:
    """Check several frames. For each frame, all parts of the stage are read at the same time."""
    seen: set[str] = set()

    def have_been_seen() -> bool:
        moment = lab.moment()
        percentages = [float(text.rstrip("%")) / 100 for text in moment["percentages"]]
        assert moment["bars"] == pytest.approx(percentages, abs=0.0101)
        assert moment["chosen"] == (0 if "over" in moment["caption"] else 1)
        assert PLACE.fullmatch(moment["subtitle"])
        seen.add(moment["subtitle"])
        if is_inside(moment):
            assert under_the_ring(moment) == pytest.approx(percentages[1], abs=TOLERANCE), moment
        return len(seen) >= MOMENTS

    lab.wait_until(have_been_seen, "a slice that goes with the frames")


@pytest.mark.view(loops=True)
def test_the_slice_and_the_words_go_with_the_frames(page: Page) -> None:
    lab = LabPage(page, "shared_body", CRITIC_FIGURES).open()
    lab.to_top()
    lab.run(until_steps=500)
    caption = lab.panel("player").locator(".pgl-caption")
    text = caption.evaluate_handle("box => box.firstChild")
    check_moments(lab)
    # The text changes, but it is the same node; see `setText`.
    assert caption.evaluate("(box, text) => box.firstChild === text", text)
    lab.pause()
    check_moments(lab)
    lab.press("step")
    expect(lab.subtitle("player")).to_contain_text("training environment")
    expect(caption).to_contain_text(re.compile(r"no action yet|over"))
    moment, beside = lab.moment(), lab.moment("value_map")
    assert beside["subtitle"] == moment["subtitle"]
    assert beside["ring"] == moment["ring"]
    expect(caption).to_contain_text("before: ")
    assert caption.evaluate("box => box.scrollWidth <= box.clientWidth"), "the words are cut"

    page.get_by_text("Slice follows the player").click()
    expect(lab.subtitle("policy_map")).to_have_text("at cart position 0.00, cart velocity 0.00")
    lab.wait_for_address(at="0,0,0,0")
    expect(lab.slider("cart position (m)")).to_be_visible()
    expect(lab.exceptions).to_have_count(0)
