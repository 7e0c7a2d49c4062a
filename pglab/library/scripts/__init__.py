"""Writes scripts that run without this package."""
