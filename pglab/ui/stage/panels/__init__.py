"""The panels of a stage: a visitor's run, drawn as figures."""
