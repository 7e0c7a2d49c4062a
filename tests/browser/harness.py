"""Starts the app and a browser, for the tests and for the measuring script."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.own_library import use_own_library

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "test-artifacts"
use_own_library()  # for the apps of tests and measurements

# The name of this process if several processes run tests at once; otherwise empty.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
STARTUP_SECONDS = 60.0

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
    "chromium-headless-shell",
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


class UnavailableError(Exception):
    """The app or the browser cannot be started. The message says why."""


@dataclass(frozen=True)
class AppServer:
    url: str
    process: psutil.Process
    log: Path


@contextmanager
def running_app(
    log: Path,
    script: str = "app.py",
    *,
    port: int | None = None,
    path: str = "",
    variables: Mapping[str, str] | None = None,
) -> Iterator[AppServer]:
    """Run the app, or another Streamlit script, and write its output to `log`.

    If `port` is None, the app uses a free port. `path` is the path of the app on the server, and
    `variables` are further environment variables.
    """
    log.parent.mkdir(exist_ok=True)
    port = port or free_port()
    with log.open("wb") as output:
        command = [*server_command(port, script), "--server.baseUrlPath", path]
        environment = {**os.environ, **(variables or {})}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        server = AppServer(
            f"http://127.0.0.1:{port}/{path}".rstrip("/"), psutil.Process(process.pid), log
        )
        wait_until_healthy(server.url, process)
        yield server
    finally:
        stop(process)


@contextmanager
def running_browser(*flags: str) -> Iterator[Browser]:
    """Run an installed Chrome, Chromium or Edge. If there is none, run Playwright's Chromium."""
    with sync_playwright() as playwright:
        executable = find_browser() or playwright_browser(playwright)
        running = playwright.chromium.launch(
            executable_path=executable, args=[*BROWSER_FLAGS, *flags]
        )
        try:
            yield running
        finally:
            running.close()


def server_command(port: int, script: str) -> list[str]:
    options = {
        "server.address": "127.0.0.1",
        "server.port": str(port),
        "server.headless": "true",
        "logger.messageFormat": "%(asctime)s %(levelname)s %(message)s",
    }
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", script, *flags]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise UnavailableError(f"The app ended at once, with code {process.returncode}.")
        if is_healthy(url):
            return
        time.sleep(0.1)
    raise UnavailableError(f"The app was not ready after {STARTUP_SECONDS:.0f} seconds.")


def is_healthy(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{url}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and its child processes. On Windows, the app runs in a child process."""
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


def find_browser() -> str | None:
    """Return the path of an installed Chrome, Chromium or Edge; return None if there is none."""
    chosen = os.environ.get("CHROME_PATH")
    if chosen:
        if not Path(chosen).is_file():
            raise UnavailableError(f"CHROME_PATH names no file: {chosen}")
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
    """Return the path of Playwright's Chromium. Download the browser if it is missing."""
    executable = playwright.chromium.executable_path
    if not Path(executable).is_file():
        download = [sys.executable, "-m", "playwright", "install", "chromium"]
        result = subprocess.run(download, capture_output=True, text=True, check=False)
        if result.returncode != 0 or not Path(executable).is_file():
            raise UnavailableError(
                "The browser tests need Chrome or Chromium, and Playwright could not download one. "
                "Install it (Debian: apt install chromium) or set CHROME_PATH to its program.\n"
                + "\n".join(result.stderr.splitlines()[:5])
            )
    return executable
