"""Further seeds: worker processes train a run again with other seeds."""
