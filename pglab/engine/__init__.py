"""The fast engine, which trains runs in compiled code and uses the memory of PyTorch's tensors."""
