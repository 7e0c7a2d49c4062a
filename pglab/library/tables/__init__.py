"""The tables of a run: episodes, updates and steps, and the same curves for TensorBoard."""
