"""Hyperparameters that are not settings: they are the same in every run."""

EPSILON = 0.05  # probability of a random action if the critic chooses the actions

# Adam (Kingma & Ba 2015, algorithm 1) with PyTorch's defaults.
ADAM_BETAS = (0.9, 0.999)  # β₁ and β₂
ADAM_EPSILON = 1e-8
