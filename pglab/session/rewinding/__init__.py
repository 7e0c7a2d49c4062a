"""Checkpoints of a run: compact copies to which the run can go back."""
