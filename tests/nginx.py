"""Runs nginx with the configurations in `docs/`, without administrator rights."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.harness import ROOT, stop, wait_until_healthy

PATH = "class/lab"  # the same path as in the configurations
# With this configuration, nginx writes only to its own folder.
_MAIN = """
daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    {includes}
}}
"""


def documented_configuration(name: str) -> str:
    """The text of a configuration in `docs/`."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def replaced(text: str, old: str, new: str) -> str:
    """Replace what a text contains exactly once."""
    assert text.count(old) == 1
    return text.replace(old, new)


def listening(configuration: str, port: int) -> str:
    """Let a documented server listen at a port of this machine."""
    return replaced(configuration, "listen 80;", f"listen 127.0.0.1:{port};")


def require_nginx() -> str:
    """Return the path of nginx. If nginx is missing, skip the tests, or fail if `CI` is set."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up("nginx is not installed (Debian: apt install nginx-light)")
    return program


@contextmanager
def running_nginx(folder: Path, app_url: str) -> Iterator[None]:
    """Run nginx with all configurations (*.conf) in a folder, until the app answers through it."""
    program, main = require_nginx(), folder / "main"
    names = sorted(path.name for path in folder.glob("*.conf"))
    includes = "\n    ".join(f"include {name};" for name in names)
    main.write_text(_MAIN.format(includes=includes), encoding="utf-8")
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(main)])
    try:
        wait_until_healthy(app_url, process)
        yield
    finally:
        stop(process)
