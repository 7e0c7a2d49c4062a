"""The page *My runs* lists, opens, compares and deletes the visitor's stored runs."""

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.ui.pages.my_runs.page import my_runs_page

my_runs_page()
