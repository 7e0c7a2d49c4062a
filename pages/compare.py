"""The page *Compare*: two or four agents train side by side."""

from pglab.ui.pages.compare.page import compare_page

compare_page()
