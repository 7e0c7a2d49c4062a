"""Commands: the benchmark, the stored curves, and checks of the claims on the pages."""
