"""Run the app or the checks in a virtual environment that this script manages.

    python3 dev.py app  [arguments for "streamlit run"]
    python3 dev.py test [arguments for pytest]

The virtual environment is in .venv, or in the directory that PGLAB_VENV names. The script
installs the packages again only if the requirements files change. The training kernels are
functions that run as compiled code. The script compiles the training kernels again only if the
packages or the source code of the kernels change.
"""

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


# Older versions of Python must be able to parse this file and to run it as far as the first call of
# `refusal`, so that the user sees the error message.
def refusal(version: "tuple[int, int]") -> "str | None":
    """Return an error message if the app cannot use this Python version, else None."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    bounds = re.search('requires-python = ">=3[.]([0-9]+),<3[.]([0-9]+)"', text)
    assert bounds, "pyproject.toml gives requires-python in another form"
    suited = [(3, minor) for minor in range(int(bounds.group(1)), int(bounds.group(2)))]
    if version in suited:
        return None
    *others, last = ["{}.{}".format(*numbers) for numbers in suited]
    return (
        "Policy Gradient Lab runs on Python {} and {}; this is Python {}.{}. Start dev.py with a "
        "suitable version, for example: python{} dev.py app"
    ).format(", ".join(others), last, *version, last)


if refusal(sys.version_info[:2]):
    sys.exit(refusal(sys.version_info[:2]))

APP_REQUIREMENTS = ["requirements.txt"]
TEST_REQUIREMENTS = ["requirements.txt", "requirements-dev.txt"]
KERNELS = "pglab/engine"
SCRIPT_FOLDERS = ["pglab", "tests"]  # folders with JavaScript
# One after the other: two processes must not write to the store of compiled code at once.
COMPILE = """
import sys, torch
from pglab.engine.engine import warm_up
for precision in sys.argv[1:]:
    warm_up(getattr(torch, precision))
"""
FOR_APP = ["float32"]
FOR_TESTS = ["float32", "float64"]  # some tests compute in double precision
UNIT_TESTS = [
    "--ignore=tests/browser",
    "--ignore=tests/processes",
    "--numprocesses=auto",
    "--maxprocesses=8",
    "--dist=worksteal",
]
# Each test process has its own app and browser, or its own Dask workers. A test process often
# waits, so three processes keep two cores busy.
BROWSER_TESTS = [
    "tests/browser",
    "tests/processes",
    "--numprocesses=3",
    "--dist=worksteal",
    # A browser on a busy machine can be too slow for a test. A failed test runs once more, and the
    # summary names it.
    "--reruns=1",
    "-rR",
]


def main(arguments: list[str]) -> int:
    """Run the command "app" or "test", and return its exit code."""
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    if not arguments or arguments[0] not in ("app", "test"):
        print(__doc__, file=sys.stderr)
        return 2
    command, extra = arguments[0], arguments[1:]
    os.chdir(ROOT)  # Streamlit, ruff, mypy and pytest look for their settings here.
    return run_app(extra) if command == "app" else run_tests(extra)


def run_app(extra: list[str]) -> int:
    """Start the Streamlit app."""
    python = prepare(APP_REQUIREMENTS)
    compile_kernels(python)
    return hand_over([python, "-m", "streamlit", "run", "app.py", *extra])


def run_tests(extra: list[str]) -> int:
    """Check the source files, and then run the tests; stop at the first failure."""
    python = prepare(TEST_REQUIREMENTS)
    module = [python, "-m"]
    say("Compiling the training kernels while the sources are checked (up to a minute, once) ...")
    # At the end of the block, Python waits until the kernels are compiled. If the tests started
    # earlier, each test process would compile the kernels itself.
    with subprocess.Popen([python, "-c", COMPILE, *FOR_TESTS], env=environment()):
        code = first_failure(
            [*module, "ruff", "format", "--check"],
            [*module, "ruff", "check"],
            [*module, "mypy"],
            [beside(python, "oxlint"), "--deny-warnings", *SCRIPT_FOLDERS],
        )
    if code == 0 and not extra:
        code = first_failure([*module, "pytest", *UNIT_TESTS])
        extra = BROWSER_TESTS
    if code != 0:
        return code
    say(" ".join(["$ pytest", *extra]))
    return hand_over([*module, "pytest", *extra])


def first_failure(*checks: list[str]) -> int:
    """Run the checks in order; return the exit code of the first failure, or 0 if all succeed."""
    for check in checks:
        say(" ".join(["$", *(check[2:] if check[1] == "-m" else check)]))
        code = subprocess.call(check)
        if code != 0:
            return code
    return 0


def prepare(requirements: list[str]) -> str:
    """Make or update the virtual environment, and return the path of its Python program."""
    venv = Path(os.environ.get("PGLAB_VENV") or ROOT / ".venv").absolute()
    python = python_of(venv)
    refuse_unsuited(venv)
    # Tools such as uv may have removed packages after the installation.
    if all(is_installed(venv, name) for name in requirements) and has_packages(
        python, requirements
    ):
        return str(python)
    # Tools such as uv make virtual environments without pip.
    if not has_pip(python) and not add_pip(python):
        make_venv(venv)
    install(venv, requirements)
    return str(python)


def python_of(venv: Path) -> Path:
    """Return the path of the Python program in a virtual environment."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def beside(python: str, name: str) -> str:
    """Return the path of a program that pip has installed in the same folder as Python."""
    return str(Path(python).with_name(f"{name}.exe" if os.name == "nt" else name))


def refuse_unsuited(venv: Path) -> None:
    """Stop the script if the virtual environment has a Python version that the app cannot use."""
    settings = venv / "pyvenv.cfg"
    text = settings.read_text(encoding="utf-8") if settings.exists() else ""
    version = re.search(r"^version(?:_info)? *= *(\d+)\.(\d+)", text, re.MULTILINE)
    if version and refusal((int(version[1]), int(version[2]))):
        sys.exit(
            f"{shown(venv)} was made by Python {version[1]}.{version[2]}, which cannot be used: "
            "delete it and try again."
        )


def has_packages(python: Path, requirements: list[str]) -> bool:
    """Tell whether the required packages are installed for this Python."""
    if not python.exists():
        return False
    lines = [line for name in requirements for line in (ROOT / name).read_text().splitlines()]
    names = [line.partition("==")[0] for line in lines if line and not line.startswith("#")]
    look = "import sys, importlib.metadata as m; list(map(m.version, sys.argv[1:]))"
    return succeeds([str(python), "-c", look, *names])


def succeeds(command: list[str]) -> bool:
    """Run a command, hide its output, and tell whether the command succeeded."""
    return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def has_pip(python: Path) -> bool:
    """Tell whether this Python exists and has pip."""
    return python.exists() and succeeds([str(python), "-m", "pip", "--version"])


def add_pip(python: Path) -> bool:
    """Install pip in a virtual environment without pip, and tell whether pip is now installed.

    Stop the script if the environment's Python works but pip cannot be installed.
    """
    if not python.exists() or not succeeds([str(python), "-c", ""]):
        return False
    if not succeeds([str(python), "-m", "ensurepip"]):
        # A new environment in the same directory would mix the files of two Pythons.
        folder = shown(python.parent.parent)
        sys.exit(f"{folder} was made without pip: delete it and try again, or set PGLAB_VENV.")
    return True


def make_venv(venv: Path) -> None:
    """Make a virtual environment, or repair an existing one without deleting any of its files."""
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "This Python cannot make virtual environments: install its venv module "
            "(on Debian and Ubuntu: apt install python3-venv) and try again."
        )
    if venv.exists() and not (venv / "pyvenv.cfg").exists() and not is_empty(venv):
        sys.exit(f"{venv} is not a virtual environment: move it away or set PGLAB_VENV.")
    say(f"Making a virtual environment in {shown(venv)} ...")
    if subprocess.call([sys.executable, "-m", "venv", str(venv)]) != 0:
        sys.exit(f"Python could not make a virtual environment in {venv} (its message is above).")


def is_empty(path: Path) -> bool:
    """Tell whether a path is an empty directory."""
    return path.is_dir() and not any(path.iterdir())


def install(venv: Path, requirements: list[str]) -> None:
    """Install the packages, and store the hash of each requirements file."""
    # Delete the old hashes first, so that an interrupted installation does not look complete. The
    # hash of the kernels is deleted too, because new packages need newly compiled kernels.
    for name in [*requirements, KERNELS]:
        stamp_of(venv, name).unlink(missing_ok=True)
    files = [argument for name in requirements for argument in ("-r", name)]
    say(
        f"Installing the packages of {' and '.join(requirements)} in {shown(venv)} "
        "(this takes a minute or two the first time) ..."
    )
    pip = [str(python_of(venv)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.call([*pip, *files]) != 0:
        sys.exit(
            "pip could not install the packages (its message is above): "
            "check the network connection and the free disk space, and try again."
        )
    for name in requirements:
        stamp_of(venv, name).write_text(fingerprint(name), encoding="ascii")


def compile_kernels(python: str) -> None:
    """Compile the training kernels, so that the app's first visitor does not wait for them."""
    venv = Path(python).parent.parent
    if is_installed(venv, KERNELS):
        return
    say("Compiling the training kernels (this takes up to a minute, once) ...")
    command = [python, "-c", COMPILE, *FOR_APP]
    if subprocess.call(command, env=environment()) == 0:
        stamp_of(venv, KERNELS).write_text(fingerprint(KERNELS), encoding="ascii")


def environment() -> dict[str, str]:
    """Return environment variables with which Python finds `pglab`, even with PYTHONSAFEPATH."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def is_installed(venv: Path, name: str) -> bool:
    """Tell whether a file or folder is unchanged since the last installation or compilation."""
    stamp = stamp_of(venv, name)
    return stamp.exists() and stamp.read_text(encoding="ascii") == fingerprint(name)


def stamp_of(venv: Path, name: str) -> Path:
    """Return the path of the file with the hash of the installed packages or compiled kernels."""
    return venv / f"pglab-{Path(name).name}.sha256"


def fingerprint(name: str) -> str:
    """Return the hash of a file in the repository, or of all Python files in a folder."""
    path = ROOT / name
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def shown(path: Path) -> str:
    """Return a path inside the repository as a relative path, and any other path unchanged."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def say(text: str) -> None:
    """Print a line at once, so that it comes before the output of the next program."""
    print(text, flush=True)


def hand_over(command: list[str]) -> int:
    """Replace this process with a command, so that signals such as Ctrl+C reach the command."""
    if os.name == "nt":  # On Windows, exec starts a new process and the shell does not wait.
        return subprocess.call(command)
    os.execv(command[0], command)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
