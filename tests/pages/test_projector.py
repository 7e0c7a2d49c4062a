"""The presentation, without a browser; see `opened`."""

from __future__ import annotations

import json

import pytest

from tests.pages.opened import REINFORCE, address, control, open_page, problems, run

PRESENTED = {"view": "projector", "show": "returns,player"}
PAGES = [REINFORCE, "pages/compare.py", "pages/gradient_lab.py", "pages/maps.py"]


@pytest.mark.parametrize("page", PAGES)
def test_the_address_keeps_the_parameters_of_the_presentation(page: str) -> None:
    app = open_page(page, **PRESENTED)
    assert problems(app) == []
    assert PRESENTED.items() <= address(app).items()


def test_a_new_setting_does_not_end_the_presentation() -> None:
    app = open_page(**PRESENTED)
    control(app, "gamma").set_value(0.9)
    assert address(run(app)) == {"gamma": "0.9", **PRESENTED}


@pytest.mark.parametrize(
    ("page", "names"),
    [
        (
            "pages/gradient_lab.py",
            ["whole_episode", "reward_to_go", "mean", "value", "means", "snr"],
        ),
        ("pages/maps.py", ["map", "cell"]),
    ],
)
def test_a_presentation_can_show_each_chart(page: str, names: list[str]) -> None:
    charts = open_page(page).get("plotly_chart")
    shown = [json.loads(chart.proto.spec)["layout"]["meta"] for chart in charts]
    assert [about["name"] for about in shown] == names
    assert all(about["title"] for about in shown)
