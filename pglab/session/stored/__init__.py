"""Stored results in the repository: learning curves, policies and clips.

The program only reads these stored results.
"""

from pathlib import Path

DATA = Path(__file__).parents[2] / "data"
