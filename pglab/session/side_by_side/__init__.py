"""Agents side by side: the same seeds, the same number of environment steps."""
