"""The page *Gradient lab*: it measures how noisy gradient estimators are for a fixed policy."""

import pglab  # noqa: F401  First and alone, as in app.py.
from pglab.ui.pages.gradient_lab.page import gradient_lab_page

gradient_lab_page()
