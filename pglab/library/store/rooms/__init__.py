"""Stores the rooms of classes: members, answers, runs and returns. Everything goes after a day."""
