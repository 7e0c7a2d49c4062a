"""One update taken apart, phase by phase."""
