"""Trains agents with many values of a setting and many seeds, and summarises the results."""
