"""The stage: the component that shows a run, its panels, and the redraws that drive training."""
