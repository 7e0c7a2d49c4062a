"""Slow motion: the chapter that takes one update apart, phase by phase."""
