"""Trains a run again with other seeds. These further runs are called further seeds."""
