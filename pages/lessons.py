"""The page *Lessons* lists the lessons, which lead through the app step by step."""

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.ui.pages.lessons.page import lessons_page

lessons_page()
