"""Fixtures of the browser tests: the running app, a browser, and pages that report errors.

app_server      the running app on a free port, with its url, process (psutil) and log
database        the address of a new database, which the apps that the test starts will use
fresh_server    another process of the app, which no browser has opened yet
page            a page of 1366x768 pixels in the light theme. The size and the theme can be changed:
                @pytest.mark.view(width=390, height=844, scheme="dark")
new_page        a function that opens a page: new_page(width=..., scheme=..., loops=True)
browser_errors  the errors that the browser has reported. A test must remove expected errors.
shot            a function: shot(page, name) saves test-artifacts/screenshots/<name>.png

Addresses are relative to the app's address: page.goto("/").
"""

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, Protocol

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    WebError,
    expect,
)

from tests.browser.harness import (
    ARTIFACTS,
    WORKER,
    AppServer,
    UnavailableError,
    running_app,
    running_browser,
)

LOG_LINES_SHOWN = 80
EXPECT_MILLISECONDS = 30_000

# If the browser opens /some-page, Streamlit first asks the server for files below that path. The
# server does not have these files, and the browser's console reports an error.
EXPECTED_404 = re.compile(r"http://[^/]+/(?!_stcore/).+/_stcore/(health|host-config)")

HAS_FAILED = pytest.StashKey[bool]()
SERVER_LOG = pytest.StashKey[Path]()

Scheme = Literal["light", "dark"]
Shot = Callable[[Page, str], Path]
Contexts = Callable[[float], BrowserContext]


class NewPage(Protocol):
    def __call__(
        self,
        *,
        width: int = 1366,
        height: int = 768,
        scheme: Scheme = "light",
        scale: float = 1,
        loops: bool = False,
    ) -> Page:
        """Open a page. If `loops` is false, the player of a paused run stands still."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the browser tests and run them after all other tests; start with the longest file.

    Playwright keeps an asyncio loop running in the main thread. The other tests run first, so that
    the loop cannot disturb them.
    """
    here = Path(__file__).parent
    browser_tests = [item for item in items if item.path.is_relative_to(here)]
    browser_tests.sort(key=lambda item: item.path.name != "test_states.py")
    for item in browser_tests:
        item.add_marker(pytest.mark.browser)
    items[:] = [item for item in items if not item.path.is_relative_to(here)] + browser_tests


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell the fixtures that a test has failed, and add the app's log to the report."""
    report = yield
    if report.failed:
        item.stash[HAS_FAILED] = True
        log = item.config.stash.get(SERVER_LOG, None)
        if log is not None:
            report.sections.append((f"end of {log.name}", tail(log)))
    return report


@pytest.fixture(scope="session")
def app_server(request: pytest.FixtureRequest) -> Iterator[AppServer]:
    log = ARTIFACTS / f"app-server{WORKER}.log"
    request.config.stash[SERVER_LOG] = log
    with fail_plainly(), running_app(log) as server:
        yield server


@pytest.fixture
def fresh_server() -> Iterator[AppServer]:
    with fail_plainly(), running_app(ARTIFACTS / f"fresh-app-server{WORKER}.log") as server:
        yield server


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new database for the apps that a test starts."""
    url = f"sqlite:///{tmp_path}/runs.sqlite3"
    monkeypatch.setenv("PGLAB_DATABASE_URL", url)
    return url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=EXPECT_MILLISECONDS)
    # The pages of all tests share one browser process, so scripts are compiled only once.
    with fail_plainly(), running_browser("--renderer-process-limit=1") as browser:
        yield browser


@pytest.fixture
def browser_errors() -> list[str]:
    return []


@pytest.fixture(scope="session")
def contexts(browser: Browser, app_server: AppServer) -> Iterator[Contexts]:
    """Make one browser context for each scale of the screen. All tests share these contexts.

    The first page of a context stays open, so the browser process never ends between two tests.
    In a new process, the app's scripts must be compiled again. This takes a third of the time to
    open a page.
    """
    made: dict[float, BrowserContext] = {}

    def context(scale: float) -> BrowserContext:
        if scale not in made:
            made[scale] = browser.new_context(base_url=app_server.url, device_scale_factor=scale)
            made[scale].new_page().goto("/_stcore/health")
        return made[scale]

    yield context
    for each in made.values():
        each.close()


@pytest.fixture
def new_page(
    request: pytest.FixtureRequest,
    contexts: Contexts,
    app_server: AppServer,
    browser_errors: list[str],
) -> Iterator[NewPage]:
    used: set[BrowserContext] = set()
    with ExitStack() as listening:

        def open_page(
            *,
            width: int = 1366,
            height: int = 768,
            scheme: Scheme = "light",
            scale: float = 1,
            loops: bool = False,
        ) -> Page:
            context = contexts(scale)
            if context not in used:
                used.add(context)
                listening.enter_context(errors_collected(context, browser_errors))
            page = context.new_page()
            page.set_viewport_size({"width": width, "height": height})
            motion: Literal["no-preference", "reduce"] = "no-preference" if loops else "reduce"
            page.emulate_media(color_scheme=scheme, reduced_motion=motion)
            return page

        yield open_page
        pages = [page for context in used for page in context.pages[1:]]
        for page in pages:
            with suppress(Error):  # The crash of a page is already recorded.
                page.title()  # Pending events arrive before the answer to this request.
        if browser_errors or request.node.stash.get(HAS_FAILED, False):
            save_failure(request.node.nodeid, pages)
        for context in used:
            forget_visit(context, app_server.url)
    if browser_errors:
        pytest.fail("The browser reported errors:\n" + "\n".join(browser_errors), pytrace=False)


@pytest.fixture
def page(request: pytest.FixtureRequest, new_page: NewPage) -> Page:
    marker = request.node.get_closest_marker("view")
    return new_page(**marker.kwargs) if marker else new_page()


@pytest.fixture(scope="session")
def shot() -> Shot:
    def save(page: Page, name: str) -> Path:
        path = ARTIFACTS / "screenshots" / f"{name}.png"
        page.screenshot(path=path)
        return path

    return save


@contextmanager
def fail_plainly() -> Iterator[None]:
    """Fail without a traceback if the app or the browser cannot be started."""
    try:
        yield
    except UnavailableError as error:
        pytest.fail(str(error), pytrace=False)


def tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LOG_LINES_SHOWN:])


@contextmanager
def errors_collected(context: BrowserContext, errors: list[str]) -> Iterator[None]:
    """Record all errors: console errors, uncaught exceptions and rejections, crashed pages."""

    def on_console(message: ConsoleMessage) -> None:
        url = message.location["url"]
        expected = "404" in message.text and EXPECTED_404.fullmatch(url)
        if message.type == "error" and not expected:
            errors.append(f"console: {message.text} ({url})")

    def on_uncaught(error: WebError) -> None:
        errors.append(f"uncaught: {error.error}")

    def on_page(page: Page) -> None:
        page.on("crash", lambda crashed: errors.append(f"crashed: {crashed.url}"))

    listeners: list[tuple[Any, Callable[..., None]]] = [
        ("console", on_console),
        ("weberror", on_uncaught),
        ("page", on_page),
    ]
    for event, listener in listeners:
        context.on(event, listener)
    yield
    for event, listener in listeners:
        context.remove_listener(event, listener)


def forget_visit(context: BrowserContext, origin: str) -> None:
    """Close all pages except the first. Delete all data of the visit except cached scripts."""
    first, *visited = context.pages
    for page in visited:
        page.close()
    session = context.new_cdp_session(first)
    session.send(
        "Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "cookies,local_storage"}
    )
    session.detach()
    context.clear_permissions()


def save_failure(test: str, pages: list[Page]) -> None:
    name = re.sub(r"[^\w.-]+", "-", test)
    for number, page in enumerate(pages, start=1):
        with suppress(Error):  # A crashed page gives no screenshot.
            page.screenshot(path=ARTIFACTS / "failures" / f"{name}-{number}.png")
