"""How noisy gradients are: estimators, and their variance over episodes."""
