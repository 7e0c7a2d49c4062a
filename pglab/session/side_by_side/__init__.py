"""Comparisons: agents trained side by side, with the same seeds and the same steps."""
