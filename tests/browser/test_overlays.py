"""The marks that the stage draws look the same as the marks that Plotly draws."""

import pytest

from tests.browser import overlay_figures as marks
from tests.browser.conftest import NewPage, Scheme, Shot
from tests.browser.overlay_figures import AFTER, BEFORE
from tests.browser.pixels import difference
from tests.browser.stage_alone import StagesAlone

PANEL = (400, 200)  # pixels
MOST_DIFFERENT = 3.0  # per 10,000 pixels; Plotly leaves out some points of a line
ALL = {draw.__name__ for draw in marks.FIGURES}
ON_CANVASES = {draw.__name__ for draw in marks.CANVASES}

# Style rules that make the stage's canvases wrong on purpose.
MISTAKES = {"lowered": "transform: translateY(2px)", "inverted": "filter: invert(1)"}

# Changes to internal parts of Plotly's graph. `LEFT_TO_PLOTLY` gives, for each change, the figures
# that Plotly must then draw without the stage.
OTHER_PLACES = {
    "no layout": "swap(graph, '_fullLayout', undefined)",
    "no pixels": "swap(graph._fullLayout.xaxis, 'l2p', undefined)",
    "other pixels": "swap(graph._fullLayout.xaxis, 'l2p', value => value + 30)",
    "no place": "swap(graph._fullLayout.yaxis, '_offset', undefined)",
    "another place": "swap(graph._fullLayout.yaxis, '_offset', 60)",
    "another length": "swap(graph._fullLayout.yaxis, '_length', 30)",
    "other layers": "rename(graph, /infolayer/g, 'other')",
}
OTHER_MARKS = {
    "no traces": "swap(graph, '_fullData', undefined)",
    "other marks": r"rename(graph, /\btrace\w+|annotation-text/g, 'other')",
}
LEFT_TO_PLOTLY = dict.fromkeys(OTHER_PLACES, (marks.lines, marks.cells, marks.playhead)) | (
    dict.fromkeys(OTHER_MARKS, (marks.lines, marks.symbols, marks.texts))
)
SPOIL = """(graph) => {
    const swap = (object, name, value) => {
        const former = object[name];
        object[name] = value;
        return () => { object[name] = former; };
    };
    const rename = (graph, pattern, name) => {
        const undo = [...graph.querySelectorAll("[class]")].map((element) => {
            const former = element.getAttribute("class");
            element.setAttribute("class", former.replace(pattern, name));
            return () => element.setAttribute("class", former);
        });
        return () => undo.forEach((one) => one());
    };
    return CHANGE;
}"""


@pytest.mark.parametrize(("scheme", "scale"), [("light", 1), ("dark", 2)])
def test_every_mark_is_drawn_as_plotly_draws_it(
    new_page: NewPage, shot: Shot, scheme: Scheme, scale: float
) -> None:
    page = new_page(width=5 * PANEL[0], height=len(ALL) * PANEL[1], scheme=scheme, scale=scale)
    stages = StagesAlone(page, scheme, PANEL)
    for mistake, style in MISTAKES.items():
        page.add_style_tag(content=f"#{mistake} canvas {{ {style} }}")
    for sequence, (since, reached) in enumerate([(0.0, BEFORE), (BEFORE, AFTER)]):
        alone = [marks.for_plotly(figure) for figure in marks.figures(reached)]
        stages.show("plotly", sequence, alone, running=False)
        panels = marks.panels(reached, since=since)
        for name in ("overlay", *MISTAKES):
            stages.show(name, sequence, panels, running=True)
        styled = [marks.in_another_style(figure) for figure in marks.figures(reached)]
        player = marks.player(since, reached)
        stages.show("styled", sequence, [*styled, player], running=True)
        stages.wait_until_quiet()
    assert stages.overlaid("overlay") == ALL - {"bars"}
    shot(page, f"overlays-{scheme}")
    pictures = stages.pictures()

    def differing(name: str) -> dict[str, float]:
        shares = {key: difference(pictures["plotly", key], pictures[name, key]) for key in ALL}
        return {key: share for key, share in shares.items() if share > MOST_DIFFERENT}

    assert differing("overlay") == {}
    assert differing("styled").keys() == ALL
    for mistake in MISTAKES:
        assert differing(mistake).keys() == ON_CANVASES


def test_plotly_draws_everything_if_its_insides_are_others(new_page: NewPage, shot: Shot) -> None:
    changes = OTHER_PLACES | OTHER_MARKS
    page = new_page(width=(1 + len(changes)) * PANEL[0], height=5 * PANEL[1])
    stages = StagesAlone(page, "light", PANEL)
    drawn = dict.fromkeys(draw for draws in LEFT_TO_PLOTLY.values() for draw in draws)
    for sequence, reached in enumerate([BEFORE, AFTER]):
        plain = [marks.without_overlay(draw(reached)) for draw in drawn]
        stages.show("plotly", sequence, plain, running=False)
        player = marks.player(0, reached)
        for name, change in changes.items():
            panels = [draw(reached) for draw in LEFT_TO_PLOTLY[name]]
            spoil = SPOIL.replace("CHANGE", change)
            stages.show(name, sequence, [*panels, player], running=True, spoil=spoil)
        stages.wait_until_quiet()
    shot(page, "other-insides")
    pictures = stages.pictures()
    shares = {
        (name, key): difference(pictures["plotly", key], picture)
        for (name, key), picture in pictures.items()
    }
    assert {place: share for place, share in shares.items() if share > MOST_DIFFERENT} == {}
