"""The command `pglab`. The command `python -m pglab` does the same."""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# The modules of the commands are imported only when they are needed, so that the others start fast.

ROOT = Path(__file__).resolve().parents[1]
NOT_EDITABLE = """\
pglab app: there is no app.py in {folder}. The app's pages are not part of the package.
Only the repository contains the pages. Clone the repository, then run these commands in the clone:

    pip install -e .
    pglab app"""


def app(arguments: Sequence[str]) -> int:
    """Start the app, and pass all further arguments to "streamlit run"."""
    if not (ROOT / "app.py").exists():
        sys.exit(NOT_EDITABLE.format(folder=ROOT))
    from pglab.engine import engine
    from pglab.engine.compiling import cache_directory

    _say(engine.LOADING)
    failure = engine.failure()  # loads the code now, so that the first visitor need not wait
    if failure is not None:
        _say(f"The compiled code fails here, so the slower PyTorch code trains: {failure}")
    elif cache_directory() is None:
        _say("The compiled code cannot be stored here, so the next start compiles it again.")
    os.chdir(ROOT)  # Streamlit looks for its settings in this folder.
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *arguments]
    if os.name == "nt":  # On Windows, the shell would not wait for a process started with exec.
        return subprocess.call(command)
    os.execv(command[0], command)


def benchmark(arguments: Sequence[str]) -> int:
    """Measure the speed of training. "pglab benchmark --help" lists the options."""
    from pglab.studies.speed import benchmark

    benchmark.main(arguments)
    return 0


def train(arguments: Sequence[str]) -> int:
    """Train an agent with one or several seeds, and write a bundle of the runs."""
    from pglab.commands import train

    return train.main(arguments)


def train_map(arguments: Sequence[str]) -> int:
    """Train an agent over the values of one or two settings, and write a map."""
    from pglab.commands import train_map

    return train_map.main(arguments)


def runs(arguments: Sequence[str]) -> int:
    """List the runs that the command line has kept in the library."""
    from pglab.commands import list_runs

    return list_runs.main(arguments)


def export_run(arguments: Sequence[str]) -> int:
    """Write a bundle with one run of the library, or with the runs of another bundle."""
    from pglab.commands import export_run

    return export_run.main(arguments)


def import_runs(arguments: Sequence[str]) -> int:
    """Store the runs of bundles in the library."""
    from pglab.commands import import_runs

    return import_runs.main(arguments)


def check(arguments: Sequence[str]) -> int:
    """Make stored results again, and say which results and claims no longer hold."""
    from pglab.commands import check

    return check.main(arguments)


COMMANDS = {
    "app": app,
    "benchmark": benchmark,
    "check": check,
    "train": train,
    "map": train_map,
    "runs": runs,
    "export": export_run,
    "import": import_runs,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the first argument names, and return the exit code of this command."""
    parser = argparse.ArgumentParser(
        prog="pglab",
        usage="%(prog)s command [arguments of the command]",
        description="Policy Gradient Lab. The commands:\n\n"
        + "\n".join(f"  {name:10} {command.__doc__}" for name, command in COMMANDS.items())
        + "\n\n“pglab train --help” lists the options of train, and so on.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="command", help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # some terminals have no Greek letters
    given = sys.argv[1:] if arguments is None else arguments
    if not given:
        parser.print_help(sys.stderr)
        return 2
    chosen = parser.parse_args(given)
    return COMMANDS[chosen.command](chosen.arguments)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
