"""Opens pages without a browser, finds their controls, and presses their buttons.

Streamlit's AppTest runs the scripts in this process. It does not run the stage's JavaScript. Its
method `switch_page` opens a page directly, as the first visitor of a server does.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

from pglab.session.bench import Bench

APP = Path(__file__).resolve().parents[2] / "main.py"
REINFORCE = "pages/reinforce.py"
AGENT_PAGES = [REINFORCE, "pages/shared_body.py", "pages/split_bodies.py"]


def open_app() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=60)


def open_page(page: str = REINFORCE, **link: str) -> AppTest:
    """Open a page with these link parameters, and make all its controls visible."""
    app = open_app()
    for level in ("batch", "advanced"):
        app.session_state[f"settings.{level}"] = True
    app.switch_page(page)
    for name, text in link.items():
        app.query_params[name] = text
    return run(app)


def open_chapter(app: AppTest, title: str) -> None:
    chapters_of(app).set_value(title)
    run(app)


def chapters_of(app: AppTest) -> Any:
    (control,) = (control for control in app.button_group if control.label == "Chapter")
    return control


def address(app: AppTest) -> dict[str, Any]:
    """The parameters of the address, without the name of the stored run, which is random."""
    return {name: text for name, text in app.query_params.items() if name != "run"}


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def bench_of(app: AppTest, key: str = "reinforce") -> Bench:
    bench: Bench = app.session_state[f"{key}.lab"].bench
    return bench


def problems(app: AppTest) -> list[str]:
    """Return the page's sentences about settings in the link that cannot be used."""
    return [line for warning in app.warning for line in warning.value.splitlines()]


def press(app: AppTest, key: str) -> None:
    """Press a button of the row above the panels. Then redraw the whole page."""
    app.button(key=key).click()
    run(app)  # redraws only the live parts of the page
    run(app)


def control(app: AppTest, name: str, page: str = "reinforce") -> Any:
    """Return the control in the sidebar with this name. It may be of any kind."""
    sidebar = app.sidebar
    kinds: list[Any] = [
        sidebar.slider,
        sidebar.select_slider,
        sidebar.selectbox,
        sidebar.toggle,
        sidebar.number_input,
    ]
    key = re.compile(re.escape(f"{page}.{name}.") + r"\d+")
    found = [widget for kind in kinds for widget in kind if key.fullmatch(widget.key)]
    assert len(found) == 1, f"{name} has {len(found)} controls"
    return found[0]


def values_of_controls(app: AppTest) -> WidgetStates:
    """Return the values of all controls as a browser's request contains them."""
    return app._tree.get_widget_states()
