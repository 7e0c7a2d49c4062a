"""The page *Lessons*: lessons that lead through the app."""

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.ui.pages.lessons.page import lessons_page

lessons_page()
