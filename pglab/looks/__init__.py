"""Measure and draw a run without changing it."""
