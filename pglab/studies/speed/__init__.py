"""Compares the training speed of the engines with the speed of a plain loop."""
