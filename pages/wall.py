"""The page *Wall* shows a room to the whole class, on the projector."""

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.ui.pages.room.wall import wall_page

wall_page()
