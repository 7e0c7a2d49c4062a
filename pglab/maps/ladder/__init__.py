"""Ladders show which of the differences between two agents change the return."""
