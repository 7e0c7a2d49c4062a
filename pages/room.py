"""On the page *Room*, a teacher leads a class through a lesson."""

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.ui.pages.room.teacher import room_page

room_page()
