"""The page *Watch* shows another visitor's run to everyone who has the link of the run."""

import pglab  # noqa: F401  Import the whole package first, as in main.py.
from pglab.ui.pages.watch_page import watch_page

watch_page()
