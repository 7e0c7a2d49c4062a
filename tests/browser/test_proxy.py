"""The app behind nginx and below a path, with the configuration in `docs/nginx.conf`."""

from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import fail_plainly
from tests.browser.harness import free_port, running_app
from tests.browser.lab_page import LabPage
from tests.nginx import (
    PATH,
    documented_configuration,
    listening,
    replaced,
    require_nginx,
    running_nginx,
)

ELSEWHERE = "about:blank"  # the app's page would report further errors
# Browsers connect to their own machine for this host. The app learns the name of the host only from
# the header `Host`.
HOST = "lab.localhost"
ASK_FOR_WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


class Behind:
    """The app behind nginx. A test may restart the app or nginx."""

    def __init__(self, folder: Path) -> None:
        require_nginx()
        self._folder = folder
        self._app_port = free_port()
        self._app, self._nginx = ExitStack(), ExitStack()
        self.port = free_port()
        self.port_without_pictures = free_port()  # here, nginx does not forward the live channel
        self._configure()

    def _configure(self) -> None:
        documented = documented_configuration("nginx.conf")
        app = f"127.0.0.1:{self._app_port}"
        documented = replaced(documented, "127.0.0.1:8501", app)
        location = f"location /{PATH}/ {{"
        blocked = f"location /{PATH}/live/ {{ proxy_pass http://{app}; }} {location}"
        configurations = {
            "documented": listening(documented, self.port),
            "without_pictures": listening(
                replaced(documented, location, blocked), self.port_without_pictures
            ),
        }
        for name, text in configurations.items():
            (self._folder / f"{name}.conf").write_text(text, encoding="utf-8")
        self._health = f"http://127.0.0.1:{self.port}/{PATH}"

    def start_app(self) -> None:
        self._app.close()
        log = self._folder / "app.log"
        self._app.enter_context(running_app(log, port=self._app_port, path=PATH))

    def start_nginx(self) -> None:
        self._nginx.close()
        self._nginx.enter_context(running_nginx(self._folder, self._health))

    def close(self) -> None:
        self._nginx.close()
        self._app.close()


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    behind = Behind(tmp_path_factory.mktemp("nginx"))
    try:
        with fail_plainly():
            behind.start_app()
            behind.start_nginx()
        yield behind
    finally:
        behind.close()


def answer(behind: Behind, path: str, **headers: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", behind.port, timeout=30)
    connection.request("GET", path, headers={"Host": f"{HOST}:{behind.port}", **headers})
    response = connection.getresponse()
    connection.close()
    return response


def test_only_pages_of_the_same_host_and_port_may_open_a_channel(behind: Behind) -> None:
    def status(origin: str) -> int:
        return answer(behind, f"/{PATH}/live/x", **ASK_FOR_WEBSOCKET, Origin=origin).status

    assert status(f"http://{HOST}:{behind.port}") == 101
    assert status(f"https://{HOST}:{behind.port}") == 101  # the same over https
    assert status(f"http://elsewhere.localhost:{behind.port}") == 403
    assert status(f"http://{HOST}") == 403


def test_the_path_without_the_last_slash_leads_to_the_app(behind: Behind) -> None:
    assert answer(behind, f"/{PATH}").headers["Location"] == f"/{PATH}/"


def test_a_page_survives_restarts_of_nginx_and_of_the_app(
    behind: Behind, page: Page, browser_errors: list[str]
) -> None:
    server = f"http://{HOST}:{behind.port}/{PATH}"
    lab = LabPage(page).open("?stop_when_solved=off&total_steps=1000000", server=server)
    lab.run(until_steps=300)
    assert lab.pictures > 1
    assert browser_errors == []
    steps, pictures = lab.steps, lab.pictures
    behind.start_nginx()
    lab.wait_until(lambda: lab.pictures > pictures + 2, "further pictures")
    assert lab.steps > steps
    lab.wait_for_script()
    behind.start_app()
    lab.wait_until(lambda: lab.steps > 0, "the stored run")
    lab.run(until_steps=300)
    lab.pause()
    page.goto(ELSEWHERE)
    browser_errors.clear()  # expected errors: the restarts cut the connections


def test_without_the_websocket_of_the_pictures_they_come_slowly_and_the_page_says_so(
    behind: Behind, page: Page, browser_errors: list[str]
) -> None:
    lab = LabPage(page)
    page.goto(f"http://{HOST}:{behind.port_without_pictures}/{PATH}/reinforce")
    expect(page.get_by_text("cannot open the live connection")).to_be_visible()
    lab.wait_until_painted()
    lab.run(until_steps=300)
    assert lab.pictures == 0
    page.goto(ELSEWHERE)
    browser_errors.clear()  # expected errors: the connections failed
