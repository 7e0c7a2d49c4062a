"""The stage: the component that shows a run, with its panels, its player and its ticks."""
