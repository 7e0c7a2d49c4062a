"""Stored results in the repository: learning curves, policies and clips.

The commands in `pglab.studies` write the stored results. Pages only read the stored results.
"""

from pathlib import Path

DATA = Path(__file__).parents[2] / "data"
