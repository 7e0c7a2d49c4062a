"""The light pages with which phones take part in a room."""
