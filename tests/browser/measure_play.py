"""Measures the game of *Play it yourself*: `python -m tests.browser.measure_play`.

The output is the number of frames and steps per second of a game that the agent plays, and the time
from a key to the end of the frame that shows its push: median, least and greatest value. This is
not a test, because the results depend on the machine and its load.
"""

import random

from playwright.sync_api import Page, expect

from tests.browser.harness import ARTIFACTS, running_app, running_browser
from tests.browser.lab_page import LabPage
from tests.browser.measure import show, spread

TRAINING_STEPS = 20_000
PRESSES = 40
AT_MOST = 50  # milliseconds from a key to its frame that the game aims at
GAMES = 3
LONGEST = 30_000  # milliseconds
LEAST_GAP, LARGEST_GAP = 90, 160  # milliseconds between two presses

# Finds the game inside the component's shadow tree. A key counts if its episode goes on.
FIND = """() => {
    window.game = () => [...document.querySelectorAll("*")]
        .map((element) => element.shadowRoot?.querySelector(".play")).find(Boolean);
    window.delays = [];
    window.addEventListener("keydown", ({key, timeStamp}) => {
        if (!key.startsWith("Arrow")) return;
        const game = window.game();
        if (game.dataset.phase !== "playing") return;
        const before = game.dataset.step;
        const observer = new MutationObserver(() => {
            if (game.dataset.step === before) return;
            observer.disconnect();
            if (Number(game.dataset.step) < Number(before)) return; // the episode is over
            // The game draws in a frame's callback, so a timer fires after the frame is painted.
            setTimeout(() => window.delays.push(performance.now() - timeStamp), 0);
        });
        observer.observe(game, {attributes: true, attributeFilter: ["data-step"]});
    }, {capture: true});
}"""
# Notes the time, the frames and the steps at each frame of the game.
NOTE_FRAMES = """() => {
    window.moments = [];
    const game = window.game();
    new MutationObserver(() => {
        const {framesDrawn, step, phase} = game.dataset;
        if (phase === "playing") {
            window.moments.push([performance.now(), Number(framesDrawn), Number(step)]);
        }
    }).observe(game, {attributes: true, attributeFilter: ["data-step"]});
}"""


def main() -> None:
    with (
        running_app(ARTIFACTS / "measured-play-server.log") as server,
        running_browser() as browser,
    ):
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        lab = LabPage(page).open("?chapter=play&speed=full&stop_when_solved=off", server.url)
        lab.run(until_steps=TRAINING_STEPS)
        lab.pause()
        page.evaluate(FIND)
        frames, steps = rates(page)
        delays = delays_of_keys(page)
    share = sum(delay <= AT_MOST for delay in delays) / len(delays)
    show(
        [
            f"frames per second of the game        {frames:10.2f}",
            f"steps per second of the game         {steps:10.2f}",
            f"ms from a key to the frame it moves  {spread(delays)}",
            f"keys within {AT_MOST} ms                   {share:10.0%}",
        ]
    )


def rates(page: Page) -> tuple[float, float]:
    """Frames and steps per second of the longest of some games that the trained agent plays."""
    page.get_by_role("button", name="The agent plays").click()
    found = []
    for _game in range(GAMES):
        page.evaluate(NOTE_FRAMES)
        page.locator(".main").click()
        if page.locator(".play").get_attribute("data-phase") == "ready":
            page.locator(".main").click()
        expect(page.locator(".play")).to_have_attribute("data-phase", "over", timeout=LONGEST)
        found.append(page.evaluate("window.moments"))
    (start, frames, steps), *_between, (end, most_frames, most_steps) = max(found, key=len)
    seconds = (end - start) / 1000
    return (most_frames - frames) / seconds, (most_steps - steps) / seconds


def delays_of_keys(page: Page) -> list[float]:
    """Press the arrow keys at random moments; return the delays in milliseconds.

    A long pole and little gravity make the episodes long. At the end of an episode, the page draws
    figures, and then a frame can be late.
    """
    page.get_by_role("button", name="You play").click()
    page.get_by_label("Length of the pole").fill("2.4")
    page.get_by_label("Gravity").fill("1")
    page.locator(".screen").focus()
    moments = random.Random(1)
    while len(delays := page.evaluate("window.delays")) < PRESSES:
        if page.locator(".play").get_attribute("data-phase") == "over":
            page.keyboard.press("Enter")  # a new episode
        for press in range(4):
            page.keyboard.press(["ArrowLeft", "ArrowRight"][press % 2])
            page.wait_for_timeout(moments.uniform(LEAST_GAP, LARGEST_GAP))
    return [float(delay) for delay in delays]


if __name__ == "__main__":
    main()
