"""The frame of every page: entry, menu, address bar and messages."""
