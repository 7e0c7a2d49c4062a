"""A page is whole although Streamlit has interrupted one of its script runs."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.runtime.scriptrunner_utils.exceptions import StopException
from streamlit.runtime.state import SafeSessionState
from streamlit.testing.v1 import AppTest

from tests.pages.opened import (
    REINFORCE,
    bench_of,
    control,
    open_app,
    open_page,
    run,
)


def cut_short(monkeypatch: pytest.MonkeyPatch, app: AppTest, key: str) -> None:
    """Run the page, and interrupt the script when it writes this key of the session state."""
    write = SafeSessionState.__setitem__

    def cut(state: SafeSessionState, name: str, value: Any) -> None:
        if name == key:
            raise StopException
        write(state, name, value)

    with monkeypatch.context() as patch:
        patch.setattr(SafeSessionState, "__setitem__", cut)
        app.run()


@pytest.mark.parametrize(
    ("page", "key"),
    [
        (REINFORCE, "reinforce.lab"),
        ("pages/compare.py", "compare.B.actor_critic.gamma.1"),
        ("pages/compare.py", "compare.length"),
    ],
)
def test_a_page_whose_first_run_is_cut_short_is_whole_afterwards(
    monkeypatch: pytest.MonkeyPatch, page: str, key: str
) -> None:
    app = open_app()
    app.switch_page("pages/home.py")
    run(app)
    app.switch_page(page)
    cut_short(monkeypatch, app, key)
    assert key not in app.session_state
    for slider in app.sidebar.select_slider:  # sliders that are already drawn
        slider.set_value(slider.options[0])
    run(app)
    assert [button for button in app.button if button.key == "run"]


def test_a_click_that_is_cut_short_leaves_every_control_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = open_page()
    app.button(key="new_seed").click()
    cut_short(monkeypatch, app, "reinforce.seed.2")
    run(app)
    assert control(app, "seed").value == bench_of(app).session.config.seed
