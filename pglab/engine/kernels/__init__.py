"""The compiled functions: environments, networks, and the loops of both algorithms."""
