"""The files that start several processes of the app name the same processes and addresses."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
APPS = {name: app for name, app in COMPOSE["services"].items() if name.startswith("app-")}


def directives(name: str) -> str:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if line and not line.startswith("#"))


def test_nginx_knows_the_containers_as_it_knows_the_processes_of_one_machine() -> None:
    processes = directives("nginx-processes.conf")
    for number, app in enumerate(APPS.values()):
        address = app["networks"]["lab"]["ipv4_address"]
        processes = processes.replace(f"127.0.0.1:{8501 + number}", f"{address}:8501")
    assert "127.0.0.1" not in processes
    assert directives("nginx-compose.conf") == processes


def test_nginx_knows_the_names_of_the_processes() -> None:
    names = [app["environment"]["PGLAB_PROCESS"] for app in APPS.values()]
    assert re.findall(r"^    (\w+) lab_\1;", directives("nginx-compose.conf"), re.M) == names


def test_the_files_that_the_proxy_gets_exist() -> None:
    mounted = [volume.split(":")[0] for volume in COMPOSE["services"]["proxy"]["volumes"]]
    assert len(mounted) == 2
    assert all((ROOT / path).is_file() for path in mounted)


def test_the_image_has_a_python_that_the_app_supports() -> None:
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(r"^FROM python:3\.(\d+)", image, re.M)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"])
    assert found is not None
    assert bounds is not None
    assert int(bounds[1]) <= int(found[1]) < int(bounds[2])
