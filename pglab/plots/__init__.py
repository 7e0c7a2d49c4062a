"""Functions that make Plotly figures from arrays."""
