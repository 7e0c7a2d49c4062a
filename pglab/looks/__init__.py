"""Measures and draws runs without changing these runs."""
