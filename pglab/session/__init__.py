"""This package trains runs for the pages and keeps the history of each run."""
