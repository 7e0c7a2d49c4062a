"""Trains the lessons' own runs, and checks the figures in the lessons' answers."""
