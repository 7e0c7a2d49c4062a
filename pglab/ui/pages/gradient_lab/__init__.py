"""The page *Gradient lab*, which measures the noise of each gradient estimator."""
