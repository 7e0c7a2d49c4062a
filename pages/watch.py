"""The page *Watch* shows another visitor's run to everyone who has the link of the run."""

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.ui.pages.watch_page import watch_page

watch_page()
