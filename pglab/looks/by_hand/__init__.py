"""Checks an episode that a visitor has played by hand, and lets a copy of a run learn from it."""
