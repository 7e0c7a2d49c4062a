"""Further seeds of a run, which worker processes train."""
