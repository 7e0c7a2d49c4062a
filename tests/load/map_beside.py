"""A map that trains beside the visitors of the load test."""

from __future__ import annotations

import os

from sqlalchemy import func, select

from pglab.library.store.opening import open_library
from pglab.library.store.tables import results
from tests.load.visitor import LoadVisitor

# More runs than one measurement can train.
QUERY = "map=own&x=learning_rate&x_values=1e-5;1e-4;2e-4;5e-4;1e-3;2e-3;5e-3&seeds=30&steps=200000"


class MapBeside:
    """A visitor whose map trains."""

    def __init__(self, url: str) -> None:
        self.visitor = LoadVisitor(url, "maps", QUERY)
        self._library = open_library(os.environ["PGLAB_DATABASE_URL"])

    async def start(self) -> None:
        """Open the page, and start the map."""
        await self.visitor.open()
        await self.visitor.settle()
        await self.visitor.press(self.visitor.button("Start"))
        await self.visitor.settle()

    def report(self) -> str:
        """How many runs of the map have been trained."""
        count = select(func.count()).select_from(results)
        runs = self._library.read(lambda connection: connection.execute(count).scalar_one())
        return f"map: {runs} runs of 200,000 steps have been trained beside the visitors"
