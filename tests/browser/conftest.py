"""Fixtures of the browser tests: the running app, a browser, and pages that report errors.

app_server      the app on a free port: url, process (psutil), log
page            a page at 1366x768, light; @pytest.mark.view(width=390, height=844, scheme="dark")
                asks for another
new_page        makes further pages: new_page(width=..., height=..., scheme=...)
browser_errors  what the browser reported so far; a test that expects an error removes it here
shot            shot(page, name) saves test-artifacts/screenshots/<name>.png

Addresses are relative to the app: page.goto("/").
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import psutil
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    sync_playwright,
)

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "test-artifacts"
STARTUP_SECONDS = 60.0
LOG_LINES_SHOWN = 80

BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BROWSER_NAMES = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "chrome",
    "msedge",
]
MACOS_APPLICATIONS = ["Google Chrome", "Chromium", "Microsoft Edge"]
WINDOWS_PROGRAMS = [
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
]
WINDOWS_FOLDERS = ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"]

# Opened at /some-page, Streamlit first asks whether the app lives below that path, and is told
# no; the console calls each such question an error.
EXPECTED_404 = re.compile(r"http://[^/]+/(?!_stcore/).+/_stcore/(health|host-config)")

HAS_FAILED = pytest.StashKey[bool]()
SERVER_LOG = pytest.StashKey[Path]()

Scheme = Literal["light", "dark"]
Shot = Callable[[Page, str], Path]


class NewPage(Protocol):
    def __call__(self, *, width: int = 1366, height: int = 768, scheme: Scheme = "light") -> Page:
        """Open a page in a context of its own."""


@dataclass(frozen=True)
class AppServer:
    url: str
    process: psutil.Process
    log: Path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this directory and run them last.

    Playwright keeps an asyncio loop running in the main thread; the other tests go first so
    that they never meet it.
    """
    here = Path(__file__).parent
    browser_tests = [item for item in items if item.path.is_relative_to(here)]
    for item in browser_tests:
        item.add_marker(pytest.mark.browser)
    items[:] = [item for item in items if not item.path.is_relative_to(here)] + browser_tests


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember failures for the fixtures, and show the app's log beside them."""
    report = yield
    if report.failed:
        item.stash[HAS_FAILED] = True
        log = item.config.stash.get(SERVER_LOG, None)
        if log is not None:
            report.sections.append((f"end of {log.name}", tail(log)))
    return report


@pytest.fixture(scope="session")
def app_server(request: pytest.FixtureRequest) -> Iterator[AppServer]:
    log = ARTIFACTS / "app-server.log"
    log.parent.mkdir(exist_ok=True)
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(server_command(port), cwd=ROOT, stdout=output, stderr=output)
    request.config.stash[SERVER_LOG] = log
    try:
        server = AppServer(f"http://127.0.0.1:{port}", psutil.Process(process.pid), log)
        wait_until_healthy(server.url, process)
        yield server
    finally:
        stop(process)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        executable = find_browser() or playwright_browser(playwright)
        running = playwright.chromium.launch(executable_path=executable, args=BROWSER_FLAGS)
        yield running
        running.close()


@pytest.fixture
def browser_errors() -> list[str]:
    return []


@pytest.fixture
def new_page(
    request: pytest.FixtureRequest,
    browser: Browser,
    app_server: AppServer,
    browser_errors: list[str],
) -> Iterator[NewPage]:
    contexts: list[BrowserContext] = []

    def open_page(*, width: int = 1366, height: int = 768, scheme: Scheme = "light") -> Page:
        context = browser.new_context(
            base_url=app_server.url,
            viewport={"width": width, "height": height},
            color_scheme=scheme,
        )
        contexts.append(context)
        collect_errors(context, browser_errors)
        return context.new_page()

    yield open_page
    pages = [page for context in contexts for page in context.pages]
    for page in pages:
        with suppress(Error):  # A crashed page does not answer; the crash itself is noted.
            page.title()  # A round trip: events on their way arrive before it returns.
    if browser_errors or request.node.stash.get(HAS_FAILED, False):
        save_failure(request.node.nodeid, pages)
    for context in contexts:
        context.close()
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


def server_command(port: int) -> list[str]:
    options = {
        "server.address": "127.0.0.1",
        "server.port": str(port),
        "server.headless": "true",
    }
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", "app.py", *flags]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"The app ended at once, with exit code {process.returncode}.")
        if is_healthy(url):
            return
        time.sleep(0.1)
    pytest.fail(f"The app was not ready after {STARTUP_SECONDS:.0f} seconds.")


def is_healthy(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{url}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the app and what it started; on Windows the app itself is a child of the launcher."""
    children = psutil.Process(process.pid).children(recursive=True) if is_running(process) else []
    process.terminate()
    for child in children:
        if child.is_running():
            child.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def is_running(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is None


def tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LOG_LINES_SHOWN:])


def find_browser() -> str | None:
    """Return the path of an installed Chrome, Chromium or Edge."""
    chosen = os.environ.get("CHROME_PATH")
    if chosen:
        if not Path(chosen).is_file():
            pytest.fail(f"CHROME_PATH names no file: {chosen}", pytrace=False)
        return chosen
    on_path = (shutil.which(name) for name in BROWSER_NAMES)
    usual = (str(path) for path in usual_places() if path.is_file())
    return next((path for path in on_path if path), None) or next(usual, None)


def usual_places() -> list[Path]:
    if sys.platform == "darwin":
        roots = [Path("/Applications"), Path.home() / "Applications"]
        return [r / f"{a}.app/Contents/MacOS/{a}" for a in MACOS_APPLICATIONS for r in roots]
    if sys.platform == "win32":
        roots = [Path(os.environ[name]) for name in WINDOWS_FOLDERS if name in os.environ]
        return [root / program for program in WINDOWS_PROGRAMS for root in roots]
    return []


def playwright_browser(playwright: Playwright) -> str:
    """Return Playwright's own Chromium, downloaded if it is not there yet."""
    executable = playwright.chromium.executable_path
    if not Path(executable).is_file():
        download = [sys.executable, "-m", "playwright", "install", "chromium"]
        result = subprocess.run(download, capture_output=True, text=True, check=False)
        if result.returncode != 0 or not Path(executable).is_file():
            pytest.fail(
                "The browser tests need Chrome or Chromium, and Playwright could not download one. "
                "Install it (Debian: apt install chromium) or set CHROME_PATH to its program.\n"
                + "\n".join(result.stderr.splitlines()[:5]),
                pytrace=False,
            )
    return executable


def collect_errors(context: BrowserContext, errors: list[str]) -> None:
    """Note console errors, uncaught exceptions and rejections, and crashes of any page."""

    def on_console(message: ConsoleMessage) -> None:
        url = message.location["url"]
        expected = "404" in message.text and EXPECTED_404.fullmatch(url)
        if message.type == "error" and not expected:
            errors.append(f"console: {message.text} ({url})")

    context.on("console", on_console)
    context.on("weberror", lambda error: errors.append(f"uncaught: {error.error}"))
    context.on(
        "page",
        lambda page: page.on("crash", lambda crashed: errors.append(f"crashed: {crashed.url}")),
    )


def save_failure(test: str, pages: list[Page]) -> None:
    name = re.sub(r"[^\w.-]+", "-", test)
    for number, page in enumerate(pages, start=1):
        with suppress(Error):  # A crashed page has no picture.
            page.screenshot(path=ARTIFACTS / "failures" / f"{name}-{number}.png")
