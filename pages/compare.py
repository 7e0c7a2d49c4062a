"""The page *Compare* trains two or four agents side by side."""

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.ui.pages.compare.page import compare_page

compare_page()
