"""Experiments that ask the visitor to predict a run's result; stored runs show the answer."""
