"""Looks for illegible texts and accessibility faults in each state of a page."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.accessibility import ALL_RULES, COLOUR_RULES, lasting_violations
from tests.browser.conftest import Scheme
from tests.browser.legibility import SETTLED_MILLISECONDS, SIZES, illegible, illegible_now, to_top

# No style rule distinguishes 1,920 pixels from 1,366 pixels, so one of these widths is enough.
# In a tall window, a few scroll positions show the whole chapter.
CHAPTER_SIZES = [(1366, 2_500), (390, 2_500)]

# Without transitions, the new colours appear at once after a change of theme.
WITHOUT_FADING = "*, *::before, *::after { transition: none !important; }"

OTHER: dict[Scheme, Scheme] = {"light": "dark", "dark": "light"}


class Inspection:
    """Collects the faults of a page. For each fault, it notes the state of the page."""

    def __init__(self, page: Page, scheme: Scheme = "light") -> None:
        """`scheme` is the theme of the opened page."""
        self.page = page
        self.scheme: Scheme = scheme
        self.lines: list[str] = []
        page.add_style_tag(content=WITHOUT_FADING)

    def legible(self, state: str, last: str = "") -> None:
        """Check all texts of the page, or the texts down to `last`, in windows of all sizes."""
        for width, height in SIZES:
            self.resize(width, height)
            self._look(f"{self.scheme}, {state}", lambda: illegible(self.page, last=last))

    def legible_from(self, first: str, state: str) -> None:
        """Check all texts from `first` on. Their layout must depend only on the window's width."""
        for width, height in CHAPTER_SIZES:
            self.resize(width, height)
            self._look(f"{self.scheme}, {state}", lambda: illegible(self.page, first))

    def legible_in_other_theme(self, state: str) -> None:
        """Check the texts at the top of the page in the other theme. The theme moves no text."""
        other = OTHER[self.scheme]
        self._show_theme(other)
        for width, height in SIZES:
            self.resize(width, height)
            to_top(self.page)
            self._look(f"{other}, {state}", lambda: illegible_now(self.page))
        self._show_theme(self.scheme)

    def legible_under_pointer(self) -> None:
        """Check the texts while the pointer is on a figure. Do this for each figure."""
        page = self.page
        for width, height in SIZES:
            self.resize(width, height)
            for graph in page.locator(".js-plotly-plot:visible").element_handles():
                graph.evaluate("graph => graph.scrollIntoView({block: 'center'})")
                box = graph.bounding_box()
                if box is None:
                    continue
                page.mouse.move(
                    box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=3
                )
                self._look("under the pointer", lambda: illegible_now(page))
        page.mouse.move(0, 0)

    def accessible(self, state: str, within: str | None = None) -> None:
        """Check the accessibility with axe-core, and the colours in both themes.

        The CSS selector `within` limits the check to one part of the page.
        """
        self.resize(*SIZES[0])
        for scheme, rules in ((OTHER[self.scheme], COLOUR_RULES), (self.scheme, ALL_RULES)):
            self._show_theme(scheme)
            found = lasting_violations(self.page, within, rules)
            self.lines += [f"{state}, {scheme}: {line}" for line in found]

    def resize(self, width: int, height: int) -> None:
        """Change the size of the window. Wait until the visible figures are painted again."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.wait_for_timeout(SETTLED_MILLISECONDS)

    def hide(self, part: str) -> None:
        """Hide a part of the page."""
        self.page.add_style_tag(content=f"{part} {{ display: none; }}")

    def expect_none(self) -> None:
        """Fail if there are faults. The message has one line for each fault."""
        assert not self.lines, "\n".join(self.lines)

    def _look(self, state: str, look: Callable[[], set[str]]) -> None:
        width = self.page.evaluate("innerWidth")
        self.lines += [f"{width} px, {state}: {fault}" for fault in sorted(look())]

    def _show_theme(self, scheme: Scheme) -> None:
        self.page.emulate_media(color_scheme=scheme)
        self.page.wait_for_function(
            "scheme => getComputedStyle(document.querySelector('.stApp')).colorScheme === scheme",
            arg=scheme,
        )
