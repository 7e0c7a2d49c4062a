"""Draws a map, and the learning curves of the cell that the visitor has chosen."""

from __future__ import annotations

import streamlit as st

from pglab.agent_places import AgentPlace
from pglab.algorithms.agents import AgentConfig
from pglab.config import differences
from pglab.environments import ENVIRONMENTS
from pglab.language import N_, _
from pglab.maps.plan import Cell
from pglab.plots.figures import Figure, titled
from pglab.plots.maps.map import cell_figure, curve_figure, heatmap_figure
from pglab.ui.chapters.chapters import NO_TOOLBAR
from pglab.ui.controls.choices import place_of, settle
from pglab.ui.controls.sharing.take_along import link_to
from pglab.ui.pages.maps.pointing import MAP, cell_under_pointer
from pglab.ui.pages.maps.shown_map import ShownMap
from pglab.ui.shell.fragments import fragment

_CELL = "maps.cell"
HEIGHT, CELL_HEIGHT = 400, 270  # pixels
_NUMBERS = {  # what the number of a cell is
    "iqm": N_("interquartile mean, the mean of the middle half of the seeds"),
    "share": N_("share of the seeds"),
    "worst": N_("the worst seed, which has no interval"),
}


def figures(shown: ShownMap, place: AgentPlace, here: AgentConfig) -> None:
    """Draw the map beside the chosen cell. The map marks the cell with the settings `here`."""
    cells = {shown.title(cell): cell for cell in shown.plan.cells}
    at = shown.plan.cell_of(here)
    settle(_CELL, cells, shown.title(at or _best(shown)))
    of_map, of_cell = st.columns([3, 2], gap="medium")
    with of_map:
        _draw_map(shown, cells, at)
    with of_cell:
        _draw_cell(shown, cells, place)


def _draw_map(shown: ShownMap, cells: dict[str, Cell], at: Cell | None) -> None:
    chosen = cells[st.session_state[_CELL]]
    titles = list(cells)

    def choose() -> None:
        points = st.session_state[_figure_key(shown)].selection.points
        places = [point["customdata"] for point in points if "customdata" in point]
        if places:
            st.session_state[_CELL] = titles[int(places[0])]

    settings = ", ".join(shown.axis(n).name for n in _axes(shown))
    title = _("{measure} over {settings}").format(measure=shown.measured, settings=settings)
    with st.container(key=MAP):
        st.plotly_chart(
            titled(_figure(shown, at, chosen), "map", title),
            key=_figure_key(shown),
            height=HEIGHT,
            on_select=choose,
            selection_mode="points",
            config=NO_TOOLBAR,
            alt=_("{title}; the list of cells beside it has each number").format(title=title),
        )
    st.caption(_legend(shown))


def _legend(shown: ShownMap) -> str:
    number = _NUMBERS[shown.measure.summary]
    if len(shown.plan.axes) == 2:
        what = _("Colour: {number}. Ring: the larger, the wider the interval.")
    else:
        what = _("Line: {number}. Bar: its interval. Grey point: one seed.")
    further = _(
        "“Here” marks the settings from which you come, or else the usual ones. With fewer than "
        "10 seeds, an interval is only approximate. The learning curves are those of the cell "
        "under the pointer. Click a cell to keep its curves."
    )
    return f"{what.format(number=_(number))} {further}"


def _draw_cell(shown: ShownMap, cells: dict[str, Cell], place: AgentPlace) -> None:
    title: str = st.selectbox(
        _("Cell"),
        list(cells),
        place_of(_CELL, list(cells)),
        key=_CELL,
        persist_state="session",
        help=_("Click a point of the map, or choose a cell here."),
    )
    cell = cells[title]
    fragment(_draw_curves, "maps.curves")(shown, cells, title)
    settings = differences(shown.plan.config_of(cell), place.preset)
    settings.pop("stop_when_solved", None)
    address = link_to(place.path, settings)
    if address is not None:
        st.link_button(
            _("Open {agent} with {settings}").format(agent=_(place.title), settings=title),
            address,
            icon=":material/open_in_new:",
            help=_("Opens the page in a new tab, with the settings of this cell and seed 0."),
        )


def _draw_curves(shown: ShownMap, cells: dict[str, Cell], chosen: str) -> None:
    """Draw the learning curves of the cell under the pointer, or else of the chosen cell."""
    pointed = cell_under_pointer(_figure_key(shown), len(cells))
    title = chosen if pointed is None else list(cells)[pointed]
    cell = cells[title]
    st.markdown(f"**{title}**  \n{shown.sentence(cell)}")
    figure = cell_figure(
        shown.curves(cell),
        shown.plan.total_steps,
        ENVIRONMENTS[shown.plan.config.env_id].return_range,
    )
    st.plotly_chart(
        titled(figure, "cell", title, shown.sentence(cell)),
        key="maps.cell_figure",
        height=CELL_HEIGHT,
        config=NO_TOOLBAR,
        alt=_("learning curve of each seed with {settings}").format(settings=title),
    )


def _figure(shown: ShownMap, at: Cell | None, chosen: Cell) -> Figure:
    plan = shown.plan
    if len(plan.axes) == 1:
        drawn = [shown.drawn(cell) for cell in plan.cells]
        here = None if at is None else at[0]
        return curve_figure(shown.axis(0), drawn, shown.measured, here, chosen[0])
    rows = [
        [shown.drawn((column, row)) for column in range(plan.shape[0])]
        for row in range(plan.shape[1])
    ]
    return heatmap_figure(
        shown.axis(0),
        shown.axis(1),
        rows,
        shown.measured,
        here=None if at is None else (at[1], at[0]),
        chosen=(chosen[1], chosen[0]),
        reverse=not shown.measure.higher_is_better,
        limits=(0.0, 1.0) if shown.measure.summary == "share" else None,
    )


def _axes(shown: ShownMap) -> range:
    return range(len(shown.plan.axes))


def _figure_key(shown: ShownMap) -> str:
    """Return a key that differs for each map, so that a selection never refers to another map."""
    return f"maps.figure.{hash((shown.plan, shown.measure.name))}"


def _best(shown: ShownMap) -> Cell:
    """Return the cell with the best number, or the first cell if there is no number yet."""
    sign = 1 if shown.measure.higher_is_better else -1

    def goodness(cell: Cell) -> float:
        estimate = sign * shown.summaries[cell].estimate
        return estimate if estimate == estimate else float("-inf")  # NaN is not equal to itself

    return max(shown.plan.cells, key=goodness)
