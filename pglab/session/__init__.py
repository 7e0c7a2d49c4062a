"""Runs that pages train: they advance on request and keep their history."""
