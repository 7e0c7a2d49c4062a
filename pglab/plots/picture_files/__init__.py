"""Figures as picture files, drawn by a browser in a process of its own."""
