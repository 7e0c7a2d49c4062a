"""The data of a shown map: a summary of each cell, and texts about each cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np

from pglab.config import format_value, settings_of
from pglab.config.choice_names import choice_name
from pglab.curves import Curve
from pglab.language import _, ngettext
from pglab.maps.measures import Measure
from pglab.maps.plan import Axis, Cell, MapPlan
from pglab.maps.run_result import RunResult
from pglab.maps.summary import CellSummary, by_cell, summarised
from pglab.plots.maps.map import MapAxis, MapCell


@dataclass(frozen=True)
class ShownMap:
    """A plan with the results so far, summarised by one measure."""

    plan: MapPlan
    measure: Measure
    results: Mapping[Cell, list[RunResult]]
    summaries: Mapping[Cell, CellSummary]

    @property
    def measured(self) -> str:
        """The name of the measure."""
        return self.measure.name

    def axis(self, number: int) -> MapAxis:
        """Return one axis of the map for the figure."""
        axis = self.plan.axes[number]
        return MapAxis(
            label_of(self.plan, axis), [choice_name(format_value(v)) for v in axis.values]
        )

    def drawn(self, cell: Cell) -> MapCell:
        """Return the data of a cell for the figure."""
        summary = self.summaries[cell]
        return MapCell(
            summary.estimate, summary.low, summary.high, summary.values, self._pointed_at(cell)
        )

    def title(self, cell: Cell) -> str:
        """The settings of a cell in words: "γ 0.99, α 0.001"."""
        described = settings_of(self.plan.config)
        return ", ".join(
            f"{described[name].name} {choice_name(format_value(value))}"
            for name, value in self.plan.settings_of_cell(cell).items()
        )

    def sentence(self, cell: Cell) -> str:
        """The result of a cell in words, with its interval and its seeds."""
        summary = self.summaries[cell]
        if not summary.seeds:
            return _("not trained yet")
        return " · ".join(filter(None, [self._number(summary), self._seeds(summary)]))

    def curves(self, cell: Cell) -> list[Curve]:
        """Return each seed's learning curve, without the windows in which no episode ended."""
        found = []
        for seed, result in enumerate(self.results[cell]):
            known = ~np.isnan(result.curve)
            label = _("seed {seed}").format(seed=seed)
            found.append(Curve(result.window_ends[known], result.curve[known], label))
        return found

    def _number(self, summary: CellSummary) -> str:
        if not len(summary.values):
            return _("no number")
        text = self._formatted(summary.estimate)
        if np.isfinite(summary.low):
            low, high = map(self._formatted, (summary.low, summary.high))
            text += f" ({summary.interval_name} {low}–{high})"
        return text

    def _formatted(self, number: float) -> str:
        if self.measure.summary == "share":
            return f"{100 * number:.0f} %"
        return f"{number:,.0f}"

    def _seeds(self, summary: CellSummary) -> str:
        words = ngettext("{n} seed", "{n} seeds", summary.seeds).format(n=summary.seeds)
        if summary.diverged:
            words += ", " + _("{n} diverged").format(n=summary.diverged)
        without = summary.seeds - len(summary.values) - summary.diverged
        if without > 0:
            words += ", " + _("{n} without an episode that ended in time").format(n=without)
        return words

    def _pointed_at(self, cell: Cell) -> str:
        lines = (self.title(cell), self._number_line(cell), self._seeds(self.summaries[cell]))
        return "<br>".join(map(escape, filter(None, lines)))

    def _number_line(self, cell: Cell) -> str:
        summary = self.summaries[cell]
        return f"{self.measured}: {self._number(summary)}" if summary.seeds else ""


def shown_map(
    plan: MapPlan, results: Mapping[tuple[Cell, int], RunResult], measure: Measure
) -> ShownMap:
    """Summarise the results of a map. The keys of `results` are pairs of cell and seed."""
    of_cells = by_cell(plan, results)
    summaries = {cell: summarised(found, measure) for cell, found in of_cells.items()}
    return ShownMap(plan, measure, of_cells, summaries)


def label_of(plan: MapPlan, axis: Axis) -> str:
    """Return the label of the setting that varies along an axis."""
    return _(settings_of(plan.config)[axis.setting].label)
