"""The fast engine: the arithmetic of the algorithms in compiled code, without PyTorch."""
