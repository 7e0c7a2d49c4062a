"""How noisy a gradient is: estimators, and how far they spread over episodes."""
