"""Slow motion is a part of a page that shows the steps and updates of a run, phase by phase."""
