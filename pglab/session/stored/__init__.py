"""Stored results in the repository: learning curves, policies and clips. They are only read."""

from pathlib import Path

DATA = Path(__file__).parents[2] / "data"
