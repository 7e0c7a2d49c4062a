"""The wall of a room, which the whole class sees."""

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.ui.pages.room.wall import wall_page

wall_page()
