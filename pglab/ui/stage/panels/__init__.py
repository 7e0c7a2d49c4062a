"""The panels of a page with a stage: what a visitor holds in hand, as figures."""
