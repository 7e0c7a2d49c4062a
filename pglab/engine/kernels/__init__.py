"""The compiled functions (kernels) for environments, networks and both training loops."""
