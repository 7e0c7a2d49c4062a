"""Further seeds: threads train a run again with other seeds."""
