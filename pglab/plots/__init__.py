"""Plotly figures, made from arrays."""
