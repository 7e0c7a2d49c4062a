"""The panels of a stage: figures that show a visitor's run."""
