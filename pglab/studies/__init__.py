"""Command line only: benchmark, stored curves, checks of the pages' claims."""
