"""Slow motion: the steps of a run and its updates, phase by phase."""
