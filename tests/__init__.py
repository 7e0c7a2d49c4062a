"""Tests of Policy Gradient Lab."""
