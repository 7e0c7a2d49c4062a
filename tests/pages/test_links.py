"""A link for other people says if it opens only on this computer."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

LOCAL = ("http://127.0.0.1:8501/watch", "http://localhost/app/lessons?lesson=x", "http://[::1]:80/")
REMOTE = ("http://192.168.0.7:8501/lessons", "https://localhost.example.org/", "http://[fd00::1]/")


def shown(link: str) -> None:
    from pglab.ui.controls.sharing.link import show_link  # the app runs this function's text alone

    show_link(link)


@pytest.mark.parametrize("link", LOCAL + REMOTE)
def test_a_link_to_this_computer_is_shown_with_a_warning(link: str) -> None:
    app = AppTest.from_function(shown, args=(link,)).run()
    assert [code.value for code in app.code] == [link]
    assert [("only on this computer" in warning.value) for warning in app.warning] == (
        [True] if link in LOCAL else []
    )
