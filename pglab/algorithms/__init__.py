"""The algorithms. Each is a generator that trains an agent and yields records."""
