"""Predict, then run: questions, choices, and the results of stored runs."""
