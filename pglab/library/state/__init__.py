"""Stores the state of a run as arrays and JSON, from which the run can continue exactly."""
