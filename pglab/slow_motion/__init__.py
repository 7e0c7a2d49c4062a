"""Slow motion shows the steps and updates of a run, phase by phase."""
