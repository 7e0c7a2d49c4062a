"""Hyperparameters that are the same in every run, because visitors cannot set them."""

EPSILON = 0.05  # ε of the ε-greedy policy, which acts if the setting `critic_only` is on

# Adam (Kingma & Ba 2015, algorithm 1) with PyTorch's defaults.
ADAM_BETAS = (0.9, 0.999)  # β₁ and β₂
ADAM_EPSILON = 1e-8
