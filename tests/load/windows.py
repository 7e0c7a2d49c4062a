"""Opens windows of a real browser during the load test, besides the simulated visitors."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from playwright.async_api import Page, async_playwright

from tests.browser.harness import BROWSER_FLAGS, find_browser

PICTURES = "Number(document.querySelector('.pgl-stage').dataset.pictures ?? 0)"
REDRAWN = "() => Number(document.querySelector('.pgl-stage')?.dataset.pictures) > 0"
FRAMES = "Number(document.querySelector('.pgl-panel-player').dataset.framesDrawn ?? 0)"


class Windows:
    """Several browser windows. Each window trains and shows its own run."""

    def __init__(self, count: int) -> None:
        self.problems: list[str] = []
        self._count = count
        self._pages: list[Page] = []
        self._before: list[tuple[int, int]] = []

    async def __aenter__(self) -> Self:
        if self._count:
            self._playwright = await async_playwright().start()
            self._browser = await self._playwright.chromium.launch(
                executable_path=find_browser(), args=BROWSER_FLAGS
            )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._count:
            await self._browser.close()
            await self._playwright.stop()

    async def open(self, address: str) -> None:
        """Open all windows with empty caches, and press Run in each window."""
        for _ in range(self._count):
            page = await (await self._browser.new_context()).new_page()
            page.on("pageerror", lambda error: self.problems.append(f"in a window: {error}"))
            await page.goto(address)
            await page.locator(".st-key-run").get_by_role("button").click()
            await page.wait_for_function(REDRAWN)
            self._pages.append(page)

    async def begin(self) -> None:
        """Read the counters of all windows at the beginning of the measurement."""
        self._before = await self._counts()

    async def report(self, seconds: float) -> list[str]:
        """Return one line for each window with the redraws and the player's frames per second."""
        counts = zip(await self._counts(), self._before, strict=True)
        return [
            f"window {n}: {(now[0] - then[0]) / seconds:.1f} redraws/s, "
            f"{(now[1] - then[1]) / seconds:.1f} frames/s"
            for n, (now, then) in enumerate(counts, 1)
        ]

    async def _counts(self) -> list[tuple[int, int]]:
        return [
            (await page.evaluate(PICTURES), await page.evaluate(FRAMES)) for page in self._pages
        ]
