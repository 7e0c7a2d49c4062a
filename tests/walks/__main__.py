"""The command line of the random walks."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from contextlib import ExitStack

from tests.browser.harness import ARTIFACTS, running_app
from tests.walks import walk
from tests.walks.walk import walk_all


def main() -> int:
    """Make the random walks and print all problems. Return 1 if there are any problems."""
    parser = argparse.ArgumentParser(description=walk.__doc__)
    usual = {"walks": 200, "actions": 30, "seed": 0, "at-once": 6, "servers": 2}
    for name, number in usual.items():
        parser.add_argument(f"--{name}", type=int, default=number)
    arguments = parser.parse_args()
    begun = time.perf_counter()
    with ExitStack() as stack:
        logs = [ARTIFACTS / f"walks-{number}.log" for number in range(arguments.servers)]
        servers = [stack.enter_context(running_app(log)) for log in logs]
        reports = asyncio.run(walk_all(servers, arguments))
    seconds = time.perf_counter() - begun
    sys.stdout.write(f"{arguments.walks} walks, {seconds:.0f} s, {len(reports)} failed\n")
    return bool(reports)


if __name__ == "__main__":
    sys.exit(main())
