"""The page *Gradient lab*: it measures how noisy gradient estimators are for a fixed policy."""

from pglab.ui.pages.gradient_lab.page import gradient_lab_page

gradient_lab_page()
