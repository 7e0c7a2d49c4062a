"""Measurements and pictures of a run that do not change it."""
