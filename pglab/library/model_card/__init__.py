"""Writes the texts of a bundle: the model card, and the settings as JSON."""
