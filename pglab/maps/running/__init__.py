"""Trains the runs of a map on Dask workers, and keeps their results."""
