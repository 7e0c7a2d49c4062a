"""The files of a run's policy, for other programs."""
