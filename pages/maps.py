"""The page *Maps* shows how results depend on settings, measured with many seeds."""

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.ui.pages.maps.page import maps_page

maps_page()
