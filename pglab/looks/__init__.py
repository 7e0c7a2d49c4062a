"""Ways to look at a run without changing it."""
