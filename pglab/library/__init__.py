"""Stores runs, and exports them from the app as bundles, scripts and clips."""
