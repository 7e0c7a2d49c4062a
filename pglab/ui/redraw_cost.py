"""Measures how much time the server needs for one redraw of an agent's page.

This module also measures the size of the message to the browser. The command
`python -m pglab.ui.redraw_cost` prints the measurements as JSON. The time that Streamlit and the
browser need is not included.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Sequence

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.environments import ENVIRONMENTS
from pglab.looks.probes import Slice
from pglab.networks import use_one_thread
from pglab.session.bench import Bench
from pglab.session.pacing import Pacemaker
from pglab.ui.stage.message import message, parts_of
from pglab.ui.stage.panels.scenery import PanelMaker, Scenery, View
from pglab.ui.stage.panels.usual import OF_ACTOR_CRITIC, OF_REINFORCE
from pglab.ui.stage.picture import Picture
from pglab.ui.stage.rhythm import SHORTEST
from pglab.ui.stage.video.player import Player

STEPS_BEFORE = 5_000
REDRAWS = 40
# For each page, its key, the settings of its run, and its panels.
PAGES: dict[str, tuple[str, AgentConfig, Sequence[PanelMaker]]] = {
    "REINFORCE": ("reinforce", ReinforceConfig(), OF_REINFORCE),
    "shared on-policy": (
        "shared_on_policy",
        ActorCriticConfig.shared_on_policy(),
        OF_ACTOR_CRITIC,
    ),
    "split replay": (
        "split_replay",
        ActorCriticConfig.split_replay(),
        OF_ACTOR_CRITIC,
    ),
}


def redraw_cost(key: str, config: AgentConfig, drawn: Sequence[PanelMaker]) -> dict[str, float]:
    """Redraw a page many times during a run; return the medians of the time and message size.

    The run has the default speed.

    Args:
        key: the key of the page.
        config: the settings of the run.
        drawn: the panels that the page always shows.
    """
    seconds = 0.0  # time on a simulated clock, so that nobody waits between two redraws
    bench = Bench(config)
    bench.pacemaker = Pacemaker(lambda: seconds)
    bench.session.advance("step", STEPS_BEFORE)
    bench.run()
    info = ENVIRONMENTS[config.env_id]
    plane = Slice(info, *info.heatmap_axes, (0.0,) * len(info.axes))
    view = View(plane, len(info.actions) - 1, "v", 0, follows=True)
    player = Player(bench.session, clock=lambda: seconds)
    milliseconds, kilobytes = [], []
    known: dict[str, bytes] = {}
    for number in range(REDRAWS):
        bench.take_turn()
        seconds += SHORTEST
        begun = time.perf_counter()
        scene = Scenery(key, bench, view, player.show(bench, plane, follows=True))
        parts = parts_of(Picture([panel(scene) for panel in drawn]))
        sent = message({"sequence": number}, parts, known)
        milliseconds.append(1000 * (time.perf_counter() - begun))
        kilobytes.append(len(sent) / 1024)
        known = parts
    return {
        "milliseconds": statistics.median(milliseconds),
        "kilobytes": statistics.median(kilobytes),
    }


def main() -> None:
    """Measure all pages and print the results."""
    use_one_thread()
    json.dump({name: redraw_cost(*page) for name, page in PAGES.items()}, sys.stdout)


if __name__ == "__main__":
    main()
