"""The page *Gradient lab* measures the noise in the gradients of a policy that does not change."""

import pglab  # noqa: F401  Import the whole package first, as in main.py.
from pglab.ui.pages.gradient_lab.page import gradient_lab_page

gradient_lab_page()
