"""Serves the scripts and styles of the phones' pages; browsers may keep these files for ever."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from starlette.routing import BaseRoute, Mount

from pglab.ui.shell.assets import SCRIPTS_FOLDER, Kept, below

_STATIC = Path(__file__).parent / "static"
STYLE, SCRIPT = "phone.css", "phone.js"
SKETCH_STYLE = _STATIC / "sketch.css"  # of the field for a sketch, also on pages of Streamlit
# The folders keep their places relative to each other, so that scripts for phones can import
# scripts of the stage.
_FOLDERS = {"room/static": _STATIC, "stage/js": SCRIPTS_FOLDER}
_SOURCE = b"".join(
    path.read_bytes()
    for folder in _FOLDERS.values()
    for path in sorted(folder.rglob("*"))
    if path.is_file()
)
_FILES = f"assets/room-{sha256(_SOURCE).hexdigest()[:8]}"  # changes with the files


def file_address(base_path: str, name: str) -> str:
    """Return the path of a script or style for phones, in an app at `base_path`."""
    return below(base_path, f"{_FILES}/room/static/{name}")


def early_style(base_path: str) -> str:
    """Return a header that makes browsers load the style of the phones' pages early."""
    return f"<{file_address(base_path, STYLE)}>; rel=preload; as=style"


def file_routes(base_path: str) -> list[BaseRoute]:
    """Return the routes of all scripts and styles for phones, in an app at `base_path`."""
    return [
        Mount(below(base_path, f"{_FILES}/{place}"), Kept(directory=folder))
        for place, folder in _FOLDERS.items()
    ]
