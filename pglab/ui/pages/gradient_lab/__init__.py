"""The page that measures how noisy each gradient estimator is."""
