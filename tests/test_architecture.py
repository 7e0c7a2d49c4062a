"""The imports of all modules follow the rules of the design. No module is run for this check."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# The rooms (packages) of the project. A module may import only from its own room and from rooms
# that come earlier in this list.
ROOMS = (
    "pglab.language",
    "pglab.palette",
    "pglab.config",
    "pglab.records",
    "pglab.stretch",
    "pglab.returns",
    "pglab.curves",
    "pglab.losses",
    "pglab.networks",
    "pglab.replay_buffer",
    "pglab.environments",
    "pglab.algorithms",
    "pglab.engine",
    "pglab.session",
    "pglab.looks",
    "pglab.slow_motion",
    "pglab.gradient_noise",
    "pglab.experiments",
    "pglab.library",
    "pglab.maps",
    "pglab.classroom",
    "pglab.plots",
    "pglab.studies",
    "pglab.figures_of_run",
    "pglab.agent_places",
    "pglab.commands",
    "pglab",  # the public library
    "pglab.ui.shell",
    "pglab.ui.stage",
    "pglab.ui.room",
    "pglab.ui.controls",
    "pglab.ui.chapters",
    "pglab.ui.pages",
    "pglab.ui",
    "pages",
    "app",
)
FIRST = "import pglab.config"
TORCHLESS = ("pglab.plots", "pglab.records", "pglab.stretch", "pglab.curves")


@dataclass(frozen=True)
class Module:
    """A source file: its dotted name, its syntax tree and the dotted names that it imports."""

    name: str
    tree: ast.Module
    imports: frozenset[str]

    def uses(self, package: str) -> bool:
        """True if the module imports the package or a part of this package."""
        return any(name == package or name.startswith(package + ".") for name in self.imports)


Project = dict[str, Module]


def read_project(root: Path) -> Project:
    """Read all modules of the app. Return them by name."""
    files = [*root.glob("app.py"), *root.glob("pages/*.py"), *root.glob("pglab/**/*.py")]
    modules = (read_module(file, file.relative_to(root)) for file in files)
    return {module.name: module for module in modules}


def read_module(file: Path, place: Path) -> Module:
    """Read one source file. `place` is its path in the project."""
    is_package = place.name == "__init__.py"
    parts = place.parent.parts if is_package else place.with_suffix("").parts
    tree = ast.parse(file.read_text(encoding="utf-8"))
    package = parts if is_package else parts[:-1]
    return Module(".".join(parts), tree, frozenset(imported_names(tree, package)))


def imported_names(tree: ast.Module, package: tuple[str, ...]) -> Iterator[str]:
    """Yield the absolute dotted names of all imports in a file, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def dependencies(module: Module, project: Project) -> set[str]:
    """Return the modules of the project that a module imports directly."""
    found = set()
    for name in module.imports:
        while name and name not in project:
            name = name.rpartition(".")[0]
        found.add(name)
    return found - {"", module.name}


def reached(module: Module, project: Project) -> set[str]:
    """Return a module and all modules that it imports, directly or indirectly."""
    seen: set[str] = set()
    waiting = [module.name]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += dependencies(project[name], project)
    return seen


def room(name: str) -> str:
    """Return the room of a module. If several rooms fit, the longest name wins."""
    return max((r for r in ROOMS if name == r or name.startswith(r + ".")), key=len)


# --- The rules. Each rule yields one line for every violation.


def imports_run_one_way(project: Project) -> Iterator[str]:
    """No module imports from a room that comes later in `ROOMS` than its own room."""
    for name, module in project.items():
        for imported in dependencies(module, project):
            if ROOMS.index(room(imported)) > ROOMS.index(room(name)):
                yield f"{name} imports {imported}"


def no_import_runs_in_a_circle(project: Project) -> Iterator[str]:
    """No module imports itself indirectly, through other modules."""
    reachable = {name: reached(module, project) for name, module in project.items()}
    for name, module in project.items():
        for imported in dependencies(module, project):
            if name in reachable[imported]:
                yield f"{name} imports {imported}, which imports {name}"


def streamlit_stays_in_the_interface(project: Project) -> Iterator[str]:
    """Only `pglab.ui`, the pages and `app.py` import streamlit."""
    for name, module in project.items():
        if module.uses("streamlit") and not name.startswith(("pglab.ui", "pages", "app")):
            yield f"{name} imports streamlit"


def pages_know_no_machinery(project: Project) -> Iterator[str]:
    """The pages and `app.py` import neither torch nor gymnasium."""
    for name, module in project.items():
        for package in ("torch", "gymnasium"):
            if module.uses(package) and name.startswith(("pages", "app")):
                yield f"{name} imports {package}"


def plots_and_records_know_no_torch(project: Project) -> Iterator[str]:
    """The rooms in `TORCHLESS` do not import torch, neither directly nor indirectly."""
    for name in (name for name in project if room(name) in TORCHLESS):
        for imported in reached(project[name], project):
            if project[imported].uses("torch"):
                yield f"{name} reaches torch in {imported}"


def environments_are_made_in_one_place(project: Project) -> Iterator[str]:
    """Only `pglab.environments` uses `gymnasium.make` and similar functions."""
    for name, module in project.items():
        if name == "pglab.environments":
            continue
        aliases = {"gymnasium"} | {
            alias.asname
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Import)
            for alias in node.names
            if alias.name == "gymnasium" and alias.asname
        }
        made = any(
            isinstance(node, ast.Attribute)
            and node.attr.startswith("make")
            and isinstance(node.value, ast.Name)
            and node.value.id in aliases
            for node in ast.walk(module.tree)
        )
        if made or any(imported.startswith("gymnasium.make") for imported in module.imports):
            yield f"{name} uses gymnasium.make"


def training_neither_blocks_nor_prints(project: Project) -> Iterator[str]:
    """The training code, with all its imports, never calls `print`, `input` or `sleep`."""
    roots = [n for n in project if room(n) in ("pglab.algorithms", "pglab.engine", "pglab.session")]
    for name in set().union(*(reached(project[root], project) for root in roots)):
        for node in ast.walk(project[name].tree):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr == "sleep":
                yield f"{name} calls sleep"
            if isinstance(called, ast.Name) and called.id in ("print", "input", "sleep"):
                yield f"{name} calls {called.id}"


def only_config_loads_its_parts(project: Project) -> Iterator[str]:
    """No package but `pglab.config` imports its own parts when it is loaded."""
    for name, module in project.items():
        if name == "pglab.config":
            continue
        # Imports for the type checker only are not at the top level of the file.
        top = ast.Module(
            [node for node in module.tree.body if isinstance(node, ast.Import | ast.ImportFrom)], []
        )
        for imported in imported_names(top, tuple(name.split("."))):
            if imported.startswith(name + "."):
                yield f"{name} imports {imported}"


def scripts_load_config_before_its_parts(project: Project) -> Iterator[str]:
    """The first import of the project in `app.py` and `pages/` is `import pglab.config`.

    Otherwise, two scripts may wait for each other forever, because Streamlit runs the scripts of
    several visitors at once. The script that imports a part locks this part, then waits for the
    package. The script that imports the package locks the package, then waits for the part.
    """
    for name, module in project.items():
        if not name.startswith(("pages", "app")):
            continue
        lines = (node for node in module.tree.body if isinstance(node, ast.Import | ast.ImportFrom))
        texts = (ast.unparse(line) for line in lines)
        first = next((text for text in texts if "pglab" in text), FIRST)
        if first != FIRST:
            yield f"{name} imports a part first"


Rule = Callable[[Project], Iterator[str]]

# For each rule: a small project that breaks the rule, and the violations that must be found.
BROKEN: dict[Rule, tuple[dict[str, str], list[str]]] = {
    imports_run_one_way: (
        {
            "pglab/records.py": "def f():\n    from pglab import session",
            "pglab/session.py": "import pglab.records",
            "pglab/algorithms/one.py": "from ..ui import panel",
            "pglab/ui/panel.py": "",
        },
        ["pglab.records imports pglab.session", "pglab.algorithms.one imports pglab.ui.panel"],
    ),
    no_import_runs_in_a_circle: (
        {
            "pglab/a.py": "from pglab.b import x",
            "pglab/b.py": "from .c import x",
            "pglab/c.py": "from pglab import b",
        },
        [
            "pglab.b imports pglab.c, which imports pglab.b",
            "pglab.c imports pglab.b, which imports pglab.c",
        ],
    ),
    streamlit_stays_in_the_interface: (
        {
            "pglab/session.py": "import streamlit as st",
            "pglab/ui/__init__.py": "from streamlit.components import v1",
            "app.py": "import streamlit",
        },
        ["pglab.session imports streamlit"],
    ),
    pages_know_no_machinery: (
        {"pages/one.py": "from torch import nn", "pglab/ui/a.py": "import torch", "app.py": ""},
        ["pages.one imports torch"],
    ),
    plots_and_records_know_no_torch: (
        {
            "pglab/plots.py": "from pglab import palette",
            "pglab/palette.py": "import torch.nn",
            "pglab/records.py": "import torchvision_is_another",
        },
        ["pglab.plots reaches torch in pglab.palette"],
    ),
    environments_are_made_in_one_place: (
        {
            "pglab/environments.py": "import gymnasium\ngymnasium.make('a')",
            "pglab/probes.py": "import gymnasium as gym\nx = gym.make_vec('a')",
            "pglab/render.py": "from gymnasium import make",
            "pglab/acting.py": "from gymnasium import spaces",
        },
        ["pglab.probes uses gymnasium.make", "pglab.render uses gymnasium.make"],
    ),
    training_neither_blocks_nor_prints: (
        {
            "pglab/session.py": "import time\ntime.sleep(1)",
            "pglab/algorithms/one.py": "from pglab.losses import f",
            "pglab/losses.py": "print(1)",
            "pglab/script.py": "print(1)",
        },
        ["pglab.session calls sleep", "pglab.losses calls print"],
    ),
    only_config_loads_its_parts: (
        {
            "pglab/__init__.py": "if TYPE_CHECKING:\n    from pglab.looks import probes",
            "pglab/config/__init__.py": "from pglab.config.links import Link",
            "pglab/config/links.py": "",
            "pglab/looks/__init__.py": "from pglab.looks.probes import f",
            "pglab/looks/probes.py": "",
        },
        ["pglab.looks imports pglab.looks.probes.f"],
    ),
    scripts_load_config_before_its_parts: (
        {
            "app.py": "import pglab.config\nfrom pglab.ui import a",
            "pages/one.py": "from pglab.ui import a\nimport pglab.config",
            "pages/two.py": "import torch",
        },
        ["pages.one imports a part first"],
    ),
}

EVERY_RULE = pytest.mark.parametrize("rule", BROKEN, ids=lambda rule: rule.__name__)


@pytest.fixture(scope="module")
def whole_project() -> Project:
    """All modules of the app."""
    return read_project(ROOT)


@EVERY_RULE
def test_the_project_holds_the_rule(rule: Rule, whole_project: Project) -> None:
    assert list(rule(whole_project)) == []


@EVERY_RULE
def test_a_broken_rule_is_found(rule: Rule, tmp_path: Path) -> None:
    files, violations = BROKEN[rule]
    for place, source in files.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(source, encoding="utf-8")
    assert sorted(rule(read_project(tmp_path))) == sorted(violations)


def test_the_whole_project_is_read(whole_project: Project) -> None:
    session = whole_project["pglab.session.training_session"]
    assert {"pglab", "pglab.algorithms.reinforce", "pglab.ui"} <= set(whole_project)
    assert "pglab.records" in reached(session, whole_project)
