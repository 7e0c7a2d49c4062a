"""Predict, then run: questions, choices, and what the stored runs showed."""
