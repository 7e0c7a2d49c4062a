"""Saves what visitors train, and brings it back."""
