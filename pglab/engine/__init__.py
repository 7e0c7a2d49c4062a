"""The algorithms' arithmetic, compiled: the same updates as the PyTorch code, faster."""
