"""Writes figures as picture files; a browser in a separate process draws them."""
