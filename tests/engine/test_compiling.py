"""The library works without a home directory, and if only temporary files can be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

READ_ONLY = """
import os, sys

def refuse(event, arguments):
    writes = event == "open" and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if event == "os.mkdir" or writes:
        if not str(arguments[0]).startswith(os.environ["TMPDIR"]):
            raise PermissionError(f"{arguments[0]} is read-only")

sys.addaudithook(refuse)
"""

# Only one small kernel is compiled, because all kernels together take more than a minute.
PROGRAM = """
import torch

torch.set_num_threads(3)
from pglab import ReinforceConfig, train
from pglab.engine.kernels.gradients import symexp_of

print(ReinforceConfig(seed=3).seed)
print(next(train(ReinforceConfig(engine="reference"))).global_step)
print(symexp_of(0.0), symexp_of.signatures)
print(torch.get_num_threads())
"""


def test_no_cache_can_be_written(tmp_path: Path) -> None:
    """The settings, the reference and the kernels work without a cache for compiled code.

    None of them changes the number of PyTorch's threads.
    """
    hidden = ("HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR", "LOCALAPPDATA", "USERPROFILE")
    process = subprocess.run(
        [sys.executable, "-B", "-c", READ_ONLY + PROGRAM],
        env={name: value for name, value in os.environ.items() if name not in hidden}
        | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stdout.splitlines() == ["3", "1", "0.0 [(float64,)]", "3"], process.stderr
