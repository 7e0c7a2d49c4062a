"""The page *My runs*: it lists, opens, compares and deletes the visitor's stored runs."""

import pglab  # noqa: F401  Import the whole package first, as in main.py.
from pglab.ui.pages.my_runs.page import my_runs_page

my_runs_page()
