"""Runs of the members of a room, trained or played by hand."""
