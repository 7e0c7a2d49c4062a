"""The page *Gradient lab* measures the noise in the policy gradients of a fixed policy."""

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.ui.pages.gradient_lab.page import gradient_lab_page

gradient_lab_page()
