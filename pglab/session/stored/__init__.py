"""Runs that come with the repository: learning curves, policies and clips, read only."""

from pathlib import Path

DATA = Path(__file__).parents[2] / "data"
