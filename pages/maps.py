"""The page *Maps* shows how the results of many seeds depend on settings."""

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.ui.pages.maps.page import maps_page

maps_page()
