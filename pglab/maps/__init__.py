"""Trains agents over all values of a setting and many seeds, and says what the results show."""
