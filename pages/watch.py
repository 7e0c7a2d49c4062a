"""The page *Watch*: shows the run of another visitor, who has sent the page's link."""

import pglab  # noqa: F401  Import the whole package first, as in main.py.
from pglab.ui.pages.watch_page import watch_page

watch_page()
