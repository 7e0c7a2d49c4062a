"""Gradient lab: one frozen policy, many episodes, and how noisy each estimator is."""

from pglab.ui.pages.gradient_lab.page import gradient_lab_page

gradient_lab_page()
