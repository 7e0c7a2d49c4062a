"""Measure the live page in the installed browser: `python -m tests.browser.measure`.

Not a test: the figures depend on the machine and on what else it does. They are taken with the
default settings in a window of 1366x768, and compared with the same stretch of the same training
alone in a process of its own.
"""

import subprocess
import sys
import time
from collections.abc import Iterable
from typing import Any

from playwright.sync_api import Browser

from pglab.config import ReinforceConfig
from pglab.session import TrainingSession
from tests.browser.harness import ARTIFACTS, ROOT, running_app, running_browser
from tests.browser.lab_page import LabPage

WARM_UP_MILLISECONDS = 3_000
WINDOW_MILLISECONDS = 10_000
ALONE = "--alone"

# Notes when something was done and when the page first showed the consequence, both on the
# browser's clock and as seen from frame to frame. `shown` tells whether it is there by now.
STOPWATCH = """({event, shown}) => {
    const isShown = new Function(`return (${shown});`);
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
CHANGE_SHOWN = """
    document.querySelector('[aria-label="Discount γ"][type="range"]').ariaValueText === "0.98"
    && [...document.querySelectorAll('[data-panel="returns"] .annotation-text')]
        .some(text => text.textContent.includes("0.98"))
"""

# Counters of the stage, with the time at which they were read.
COUNTERS = """() => {
    const count = (selector, name) => Number(document.querySelector(selector).dataset[name]);
    const steps = document.querySelector('[data-number="0"] .pgl-number-value').textContent;
    return {
        milliseconds: performance.now(),
        steps: Number(steps.replaceAll(",", "")),
        returns: count('[data-panel="returns"]', "redraws"),
        heatmap: count('[data-panel="policy_map"]', "redraws"),
        numbers: count(".pgl-numbers", "redraws"),
        frames: count('[data-panel="player"]', "framesDrawn"),
    };
}"""


def main(arguments: list[str]) -> None:
    if arguments[:1] == [ALONE]:
        show([str(train_alone(*map(int, arguments[1:])))])
        return
    log = ARTIFACTS / "measured-app-server.log"
    with running_app(log) as server, running_browser() as browser:
        figures, first, last = measure_page(browser, server.url)
    alone = (last - first) / seconds_alone(first, last)
    share = figures["steps per second in the page"] / alone
    figures |= {
        "steps per second of the same training alone": alone,
        "share of one core that trains": share,
    }
    width = max(map(len, figures))
    show(
        f"{name:{width}}  {value:10,.{0 if value >= 100 else 2}f}"
        for name, value in figures.items()
    )


def measure_page(browser: Browser, url: str) -> tuple[dict[str, float], int, int]:
    """The page's figures, and the steps between which they were taken."""
    context = browser.new_context(base_url=url, viewport={"width": 1366, "height": 768})
    lab = LabPage(context.new_page()).open()
    page = lab.page
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

    page.evaluate(STOPWATCH, {"event": "keydown", "shown": CHANGE_SHOWN})
    lab.move_slider("Discount γ", "ArrowLeft")
    figures = {
        "ms from clicking Run to the first step seen": run_milliseconds,
        "ms from moving γ to its label and mark seen": read_stopwatch(lab),
        "redraws per second of the return plot": rate("returns"),
        "redraws per second of the heatmap": rate("heatmap"),
        "redraws per second of the numbers": rate("numbers"),
        "frames per second of the player": rate("frames"),
        "steps per second in the page": rate("steps"),
    }
    context.close()
    return figures, before["steps"], after["steps"]


def read_stopwatch(lab: LabPage) -> float:
    milliseconds = lab.page.wait_for_function(READ_STOPWATCH).json_value()
    assert isinstance(milliseconds, (int, float))  # a whole number arrives as an int
    return float(milliseconds)


def seconds_alone(first: int, last: int) -> float:
    """Seconds that the same stretch of training takes in a process of its own."""
    command = [sys.executable, "-m", "tests.browser.measure", ALONE, str(first), str(last)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(result.stdout)


def train_alone(first: int, last: int) -> float:
    session = TrainingSession(ReinforceConfig())
    session.advance("step", first)
    start = time.perf_counter()
    session.advance("step", last - first)
    return time.perf_counter() - start


def show(lines: Iterable[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
