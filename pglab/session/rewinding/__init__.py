"""What a run keeps so that it can go back: checkpoints, as compact copies of the run."""
