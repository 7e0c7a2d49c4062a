"""The parts of an agent's page for a student who trains a run for a class."""
