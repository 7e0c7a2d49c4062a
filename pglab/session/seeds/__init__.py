"""Trains a run again with other seeds. The additional runs are called further seeds."""
