"""Further seeds of a run, trained by worker processes."""
