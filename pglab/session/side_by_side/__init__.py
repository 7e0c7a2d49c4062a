"""Comparisons of agents that train side by side, with the same seeds and number of steps."""
