"""The fast engine: it trains runs in compiled code, on PyTorch's memory."""
