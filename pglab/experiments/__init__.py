"""Experiments: questions about a run, choices to predict its result, and results of stored runs."""
