"""The stage, which shows a run: its component, its panels, its player, and its ticks."""
