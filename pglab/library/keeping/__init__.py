"""Saves the runs and comparisons that visitors train, and opens them again later."""
