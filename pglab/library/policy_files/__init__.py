"""Writes the policy of a run as files for other programs."""
