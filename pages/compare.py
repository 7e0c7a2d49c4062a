"""Compare: two or four agents, trained side by side."""

from pglab.ui.pages.compare.page import compare_page

compare_page()
