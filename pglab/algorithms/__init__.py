"""The algorithms in PyTorch. Each algorithm is a generator that trains an agent."""
