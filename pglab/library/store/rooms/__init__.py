"""Stores the rooms of classes: members, answers, runs and returns.

All data of a room are deleted after a day.
"""
