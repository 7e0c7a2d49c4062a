"""The panels of a stage: plots, heatmaps and other figures that show a visitor's run."""
