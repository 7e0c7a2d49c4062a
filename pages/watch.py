"""The page *Watch* shows a run to everybody who has got a link from the owner of the run."""

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.ui.pages.watch_page import watch_page

watch_page()
