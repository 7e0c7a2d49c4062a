"""Compare: two agents, or four, side by side."""

from pglab.ui.compare import compare_page

compare_page()
