"""The state of a run as arrays and JSON, from which the run continues exactly."""
