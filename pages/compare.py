"""The page *Compare*: two or four agents train side by side."""

import pglab  # noqa: F401  Import the whole package first, as in main.py.
from pglab.ui.pages.compare.page import compare_page

compare_page()
