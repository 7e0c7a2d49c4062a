"""Estimators of the policy gradient, and measurements of their variance over episodes."""
