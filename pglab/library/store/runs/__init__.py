"""Stored runs: their contents, and how they are saved, loaded and listed."""
