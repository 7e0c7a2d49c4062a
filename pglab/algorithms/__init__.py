"""The algorithms. Each algorithm is a generator that trains an agent and yields records."""
