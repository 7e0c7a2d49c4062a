"""The controls with which visitors share, store and download their runs."""
