"""Stored runs: what is kept of a run, and how it is saved, loaded and listed."""
