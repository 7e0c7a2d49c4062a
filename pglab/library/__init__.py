"""Runs that are kept, and what leaves the app: bundles, scripts and clips."""
