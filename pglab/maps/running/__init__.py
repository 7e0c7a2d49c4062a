"""Trains the runs of a map on Dask workers, and stores the results."""
