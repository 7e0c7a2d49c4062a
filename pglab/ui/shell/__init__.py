"""The parts around every page: entry, menu, address bar and messages."""
