"""Measures a page in a real browser: `python -m tests.browser.measure shared_body 5`.

The first argument is the page: reinforce (the default), shared_body, split_bodies, or compare (with
four agents). The second argument is the number of turns (default 3). Each turn first measures the
page during training. Then it measures the same part of the same training without a page, in another
process on one core. The output is the median, the least and the greatest value.

The window has 1366x768 pixels, and training has full speed. The settings are the defaults, but the
run is long enough to last during the whole measurement. This is not a test, because the results
depend on the machine and its load.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig, differences
from pglab.session.side_by_side.comparison import CELLS, LONGEST, PAIRS, Comparison
from tests.browser.harness import ARTIFACTS, ROOT, running_app, running_browser
from tests.browser.lab_page import LabPage

WARM_UP_MILLISECONDS = 2_000
WINDOW_MILLISECONDS = 8_000
ALONE = "--alone"

# Measures the time between an action and the first frame that shows the effect of this action. The
# time is taken from the browser's clock. `shown` is a JavaScript expression: it is true if the
# effect is visible. The effect must not be visible before the action.
STOPWATCH = """({event, shown}) => {
    const isShown = new Function(`return (${shown});`);
    if (isShown()) throw new Error(`shown before it was caused: ${shown}`);
    window.stopwatch = {};
    const look = () => {
        if (!isShown()) return requestAnimationFrame(look);
        window.stopwatch.shown = performance.now();
    };
    document.addEventListener(event, () => {
        window.stopwatch.done = performance.now();
        look();
    }, {capture: true, once: true});
}"""
READ_STOPWATCH = "window.stopwatch.shown && window.stopwatch.shown - window.stopwatch.done"

STEPS_SHOWN = "document.querySelector('[data-number=\"0\"] .pgl-number-value').textContent !== '0'"
# Looks for the label of the changed setting γ. The plot may already contain other labels.
CHANGE_SHOWN = """
    [...document.querySelectorAll('[data-panel="returns"] .annotation-text')]
        .some((mark) => mark.textContent.startsWith("γ"))
"""

# Reads the counters of the stage, and the time of this reading.
COUNTERS = """() => {
    const count = (selector, name) =>
        Number(document.querySelector(selector)?.dataset[name] ?? 0);
    const steps = document.querySelector('[data-number="0"] .pgl-number-value').textContent;
    const figures = [...document.querySelectorAll("[data-panel]:has(.pgl-figure)")]
        .filter((panel) => panel.getBoundingClientRect().bottom <= innerHeight);
    return {
        milliseconds: performance.now(),
        steps: Number(steps.replaceAll(",", "")),
        figures: Object.fromEntries(figures.map((panel) =>
            [panel.dataset.panel, Number(panel.dataset.redraws ?? 0)])),
        numbers: count(".pgl-numbers", "redraws"),
        frames: count('[data-panel="player"]', "framesDrawn"),
    };
}"""


PRESETS: dict[str, AgentConfig] = {
    "reinforce": ReinforceConfig(),
    "shared_body": ActorCriticConfig.shared_on_policy(),
    "split_bodies": ActorCriticConfig.split_replay(),
}
CHANGED: dict[str, Any] = {"total_steps": 1_000_000, "stop_when_solved": False}
AGENTS: dict[str, tuple[AgentConfig, ...]] = {
    name: (preset.changed(**CHANGED),) for name, preset in PRESETS.items()
}
# With the default networks, REINFORCE would use all its steps before the end of the measurement.
AGENTS["reinforce"] = (AGENTS["reinforce"][0].changed(hidden_sizes=(384, 384)),)
AGENTS["compare"] = PAIRS[CELLS].configs
FIGURES = {
    "reinforce": ("returns", "policy_map", "weights"),
    "shared_body": ("returns", "policy_map", "value_map"),
    "split_bodies": ("returns", "policy_map", "value_map"),
    "compare": ("returns", "policy_A", "policy_B"),
}


def main(arguments: list[str]) -> None:
    if arguments[:1] == [ALONE]:
        show([str(train_alone(arguments[1], *map(int, arguments[2:])))])
        return
    name = arguments[0] if arguments else "reinforce"
    rounds = int(arguments[1]) if arguments[1:] else 3
    log = ARTIFACTS / "measured-app-server.log"
    with running_app(log) as server, running_browser() as browser:
        found = [measure_with_alone(browser, server.url, name) for _ in range(rounds)]
    width = max(map(len, found[0]))
    show(f"{figure:{width}}  {spread([one[figure] for one in found])}" for figure in found[0])


def spread(values: Sequence[float]) -> str:
    median, *ends = statistics.median(values), min(values), max(values)
    return "  ".join(f"{value:10,.{0 if median >= 100 else 2}f}" for value in (median, *ends))


def measure_with_alone(browser: Browser, url: str, name: str) -> dict[str, float]:
    """Measure the page, and then the speed of the same training without a page."""
    figures, first, last = measure_page(browser, url, name)
    alone = (last - first) / seconds_alone(name, first, last)
    share = figures["steps per second in the page"] / alone
    return figures | {
        "steps per second of the same training alone, on one core": alone,
        "speed in the page / speed alone": share,
    }


def measure_page(browser: Browser, url: str, name: str) -> tuple[dict[str, float], int, int]:
    """Measure the page. Return the results, and the first and the last step of the measurement."""
    context = browser.new_context(base_url=url, viewport={"width": 1366, "height": 768})
    lab = LabPage(context.new_page(), name, FIGURES[name])
    page = lab.page
    page.goto(f"/{name}?{urlencode(address_of(name))}")
    for key in lab.figures:
        lab.wait_for_redraws(key, 1)
    lab.wait_until_quiet()

    page.evaluate(STOPWATCH, {"event": "click", "shown": STEPS_SHOWN})
    lab.press("run")
    run_milliseconds = read_stopwatch(lab)

    page.wait_for_timeout(WARM_UP_MILLISECONDS)
    before: dict[str, Any] = page.evaluate(COUNTERS)
    page.wait_for_timeout(WINDOW_MILLISECONDS)
    after: dict[str, Any] = page.evaluate(COUNTERS)
    seconds = float(after["milliseconds"] - before["milliseconds"]) / 1000

    def rate(counter: str) -> float:
        return (float(after[counter]) - float(before[counter])) / seconds

    redraws = {key: after["figures"][key] - count for key, count in before["figures"].items()}
    slowest = min(redraws, key=lambda key: redraws[key])

    figures = {"ms from the click on Run to the first visible step": run_milliseconds}
    if name != "compare":  # a changed setting starts a new comparison
        page.evaluate(STOPWATCH, {"event": "keydown", "shown": CHANGE_SHOWN})
        lab.move_slider("Discount γ", "ArrowLeft")
        figures["ms from the change of γ to its visible label"] = read_stopwatch(lab)
    figures |= {
        f"redraws per second of the slowest of {len(redraws)} figures": redraws[slowest] / seconds,
        "redraws per second of the numbers": rate("numbers"),
        "frames per second of the player": rate("frames"),
        "steps per second in the page": rate("steps"),
    }
    context.close()
    return figures, before["steps"], after["steps"]


def address_of(name: str) -> dict[str, str]:
    if name == "compare":
        return {"speed": "full", "pair": CELLS, "steps": str(LONGEST)}
    (config,) = AGENTS[name]
    return {"speed": "full"} | differences(config, PRESETS[name])


def read_stopwatch(lab: LabPage) -> float:
    milliseconds = lab.page.wait_for_function(READ_STOPWATCH).json_value()
    assert isinstance(milliseconds, (int, float))  # Playwright returns whole numbers as `int`
    return float(milliseconds)


def seconds_alone(name: str, first: int, last: int) -> float:
    """Measure how many seconds the same training takes in another process, on one core."""
    command = [sys.executable, "-m", "tests.browser.measure", ALONE, name, str(first), str(last)]
    environment = os.environ | {"PGLAB_THREADS": "1"}
    result = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return float(result.stdout)


def train_alone(name: str, first: int, last: int) -> float:
    alone = Comparison(AGENTS[name], seeds=1, length=last)
    alone.advance(first)
    start = time.perf_counter()
    alone.advance(last - first)
    return time.perf_counter() - start


def show(lines: Iterable[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
