"""The buttons Run, Pause, Step, Episode, Update, Reset and New seed, with mouse and keyboard."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Scheme
from tests.browser.lab_page import EPISODES, FIGURES, STEPS, LabPage

WATCHED_MILLISECONDS = 1500
ANY_RATE = re.compile(r"[\d,]+")

CLICK_WITH_NEXT_PICTURE = """button => new MutationObserver((_changes, observer) => {
    observer.disconnect();
    button.click();
}).observe(document.querySelector(".pgl-stage"), {attributeFilter: ["data-pictures"]})"""

# Records the number of every picture that the stage has shown.
NOTE_PICTURES = """stage => {
    window.pictures = [];
    new MutationObserver((changes) => {
        window.pictures.push(...changes.map(({oldValue}) => Number(oldValue)));
    }).observe(stage, {attributeFilter: ["data-sequence"], attributeOldValue: true});
}"""

FILL = "element => getComputedStyle(element).fill"


def assert_nothing_moves(lab: LabPage) -> None:
    before = lab.activity()
    lab.page.wait_for_timeout(WATCHED_MILLISECONDS)
    assert lab.activity() == before


def outcome(lab: LabPage) -> dict[str, Any]:
    """Read the numbers, the weights, the heatmap and the returns that the page shows."""
    return {
        "numbers": lab.numbers(),
        "weights": lab.traces("weights"),
        "policy": lab.traces("policy_map")[0]["z"],
        "returns": lab.returns(),
    }


def update_once(lab: LabPage) -> dict[str, Any]:
    """Press Update in a new run. Wait for the picture of this update, and return `outcome`."""
    lab.press("update")
    lab.expect_update(1)
    lab.wait_until_quiet()
    return outcome(lab)


def test_run_changes_everything_and_pause_stops_it(page: Page) -> None:
    lab = LabPage(page).open()
    lab.wait_until_quiet()  # the player's clip arrives in several parts
    assert_nothing_moves(lab)
    before = {key: lab.traces(key) for key in FIGURES}
    redraws = {key: lab.redraws(key) for key in FIGURES}
    frames = lab.frames_drawn

    lab.press("run")
    lab.expect_running()
    lab.wait_for_steps(500)
    lab.wait_until(lambda: lab.episodes > 0, "an episode")
    for key in FIGURES:
        lab.wait_for_other_data(key, than=before[key])
        lab.wait_for_redraws(key, redraws[key] + 2)
    lab.wait_until(lambda: lab.frames_drawn > frames, "new frames")
    expect(lab.subtitle("player")).to_contain_text("after update")
    expect(lab.number(3)).to_have_text(ANY_RATE)

    lab.pause()
    assert_nothing_moves(lab)
    steps = lab.steps
    expect(lab.number(3)).to_have_text("–")
    points = lab.panel("returns").locator(".scatterlayer .point")
    expect(points).to_have_count(lab.episodes)  # Plotly has drawn a point per episode

    lab.run(until_steps=steps + 200)
    assert lab.annotations() == [], "the button Run must continue the paused run"


def test_pictures_go_on_in_order_when_the_theme_changes(page: Page) -> None:
    lab = LabPage(page).open("?stop_when_solved=off&total_steps=1000000")
    themes: tuple[Scheme, ...] = ("dark", "light")
    lab.stage.evaluate(NOTE_PICTURES)
    for scheme in themes:
        lab.press("run")
        lab.expect_running()
        page.wait_for_timeout(WATCHED_MILLISECONDS)
        title = lab.panel("returns").locator(".xtitle")
        colour = title.evaluate(FILL)
        page.emulate_media(color_scheme=scheme)  # then the stage gets all data again
        lab.wait_until(lambda: title.evaluate(FILL) != colour, "the other theme")  # noqa: B023
        before = lab.pictures
        page.wait_for_timeout(WATCHED_MILLISECONDS)
        assert lab.pictures > before
        lab.pause()
    sequences: list[int] = page.evaluate("window.pictures")
    assert sequences == sorted(sequences), "an older picture came back"


@pytest.mark.parametrize(("path", "key"), [("reinforce", "weights"), ("split_bodies", "value_map")])
def test_all_panels_keep_step_from_the_start_of_a_run(page: Page, path: str, key: str) -> None:
    figures = ("returns", "policy_map", key)
    lab = LabPage(page, path, figures).open()
    shown = lab.redraws(key)
    # After this, Plotly has drawn all figures once.
    lab.press("update" if path == "reinforce" else "step")
    lab.wait_for_redraws(key, shown + 1)
    before = {key: lab.redraws(key) for key in figures}
    lab.press("run")
    lab.wait_for_redraws("policy_map", before["policy_map"] + 16)
    since = {key: lab.redraws(key) - count for key, count in before.items()}
    assert min(since.values()) >= 12, since
    lab.pause()


def test_one_step_one_episode_one_update_and_one_step_a_second(page: Page) -> None:
    lab = LabPage(page).open()
    for steps in (1, 2, 3):
        lab.press("step")
        expect(lab.number(STEPS)).to_have_text(str(steps))
        expect(lab.subtitle("player")).to_have_text("training environment · episode 1")
    expect(lab.panel("player").locator(".pgl-caption")).to_contain_text("step 3")

    for episodes in (1, 2):
        lab.press("episode")
        expect(lab.number(EPISODES)).to_have_text(str(episodes))
        expect(lab.subtitle("player")).to_have_text(
            f"training environment · episode {episodes} · bars: the policy now"
        )

    lab.press("reset")
    lab.expect_no_update()
    for update in (1, 2):
        lab.press("update")
        lab.expect_update(update)
        expect(lab.subtitle("player")).to_have_text(f"fresh episodes, policy after update {update}")
    lab.expect_paused()
    before = lab.numbers()
    page.wait_for_timeout(WATCHED_MILLISECONDS)
    assert lab.numbers() == before, "Step, Episode and Update must not start a run"

    lab.press("reset")
    lab.expect_no_update()
    lab.move_slider("Speed", "Home")
    expect(lab.slider("Speed")).to_have_attribute("aria-valuetext", "1 step/s")
    lab.press("run")
    expect(lab.subtitle("player")).to_have_text("training environment · episode 1")
    lab.wait_for_steps(2)
    assert lab.episodes == 0, "one step a second must not finish an episode this soon"


def test_a_step_or_a_reset_while_running_stops_the_run(page: Page) -> None:
    lab = LabPage(page).open()
    lab.run(until_steps=100)
    lab.press("step")
    lab.expect_paused()
    expect(lab.subtitle("player")).to_contain_text("training environment")
    lab.wait_until_quiet()
    assert_nothing_moves(lab)

    lab.run(until_steps=lab.steps + 300)
    lab.press("reset")
    lab.expect_paused()
    expect(lab.number(STEPS)).to_have_text("0")
    lab.wait_for_annotations("run 1: same settings")
    lab.wait_until_quiet()
    assert_nothing_moves(lab)


def test_a_new_start_pressed_as_a_picture_comes(page: Page) -> None:
    lab = LabPage(page).open()
    for number, (key, label, address) in enumerate(
        [("reset", "same settings", {}), ("new_seed", "seed 0", {"seed": "1"})], start=1
    ):
        lab.run(until_steps=100)
        lab.button(key).evaluate(CLICK_WITH_NEXT_PICTURE)
        expect(lab.number(STEPS)).to_have_text("0")
        lab.expect_paused()
        marks = sorted(f"run {run}: {label}" for run in range(1, number + 1))
        lab.wait_until(lambda marks=marks: sorted(lab.annotations()) == marks, f"{marks}")  # type: ignore[misc]
        lab.wait_for_address(**address)


def test_reset_keeps_the_former_run_and_starts_from_the_same_start(page: Page) -> None:
    lab = LabPage(page).open("?at=0,0,0,0")  # all heatmaps show the same slice
    first = update_once(lab)
    former = {"run": "1", "environment steps": first["numbers"][STEPS]}
    lab.wait_for_runs(former)

    lab.press("reset")
    expect(lab.number(STEPS)).to_have_text("0")
    lab.expect_no_update()
    lab.wait_for_annotations("run 1: same settings")
    lab.wait_for_runs({"run": "2", "environment steps": "0"}, former)

    assert update_once(lab) == first

    lab.press("new_seed")
    expect(lab.number(STEPS)).to_have_text("0")
    expect(lab.subtitle("returns")).to_contain_text("one seed (1)")
    lab.wait_for_address(seed="1", at="0,0,0,0")
    lab.wait_until(lambda: len(lab.annotations()) == 2, "both overlays")
    seed = {"run": "3", "settings other than the defaults": "seed 1"}
    lab.wait_for_runs(seed, former | {"run": "2"}, former)
    assert update_once(lab)["policy"] != first["policy"]


def test_a_run_that_has_used_its_steps_can_run_on(page: Page) -> None:
    lab = LabPage(page).open("?total_steps=1000")
    lab.run(until_steps=1_000)
    expect(lab.button("continue")).to_be_visible()
    expect(lab.button("step")).to_be_disabled()
    expect(lab.number(STEPS)).to_have_text("1,000")
    lab.wait_for_runs({"run": "1", "outcome": "all steps used"})

    expect(lab.button("run")).to_be_disabled()
    page.keyboard.press("p")
    lab.wait_until_quiet()
    assert (lab.steps, lab.address) == (1_000, {"total_steps": "1000"})

    lab.press("continue")
    lab.wait_for_address(total_steps="2000")
    lab.wait_for_steps(2_000)
    expect(lab.button("continue")).to_be_visible()
    assert not any("run 1" in text for text in lab.annotations()), "the run was started anew"
    lab.wait_for_runs({"run": "1", "environment steps": "2000", "outcome": "all steps used"})


def test_a_shortcut_works_wherever_no_text_is_typed(page: Page) -> None:
    lab = LabPage(page).open()
    page.keyboard.press("s")
    expect(lab.number(STEPS)).to_have_text("1")
    page.keyboard.press("p")
    lab.expect_running()
    lab.wait_for_steps(100)
    page.keyboard.press("p")
    lab.expect_paused()
    lab.wait_until_quiet()
    steps = lab.steps
    page.keyboard.press("s")
    expect(lab.number(STEPS)).to_have_text(f"{steps + 1:,}")
    page.keyboard.press("x")  # this key is no shortcut
    assert_nothing_moves(lab)

    lab.press("run")
    lab.expect_running()
    page.keyboard.press("p")
    lab.expect_paused()
    expect(page.locator(".st-key-transport :focus-visible")).to_have_count(0)

    lab.open_expander("More settings")
    shown = page.get_by_role("radio", name="Code")
    closed = page.get_by_role("combobox", name="Baseline ↻")
    for focused in (lab.slider("Speed"), shown, lab.button("step"), closed):
        steps = lab.steps
        focused.focus()
        page.keyboard.press("s")
        expect(lab.number(STEPS)).to_have_text(f"{steps + 1:,}")
    steps = lab.steps
    typed = page.get_by_role("spinbutton", name="Random seed ↻")
    typed.focus()
    for key in ("s", "p", "Control+p"):
        page.keyboard.press(key)
    lab.wait_until_quiet()
    lab.expect_paused()
    assert lab.steps == steps


def test_no_quick_press_is_lost(page: Page) -> None:
    """No press is lost even if a slider has the focus. Streamlit's own shortcuts would not work."""
    lab = LabPage(page).open()
    for milliseconds in (30, 150):
        lab.slider("Discount γ").focus()
        for presses, running in ((5, True), (4, True), (3, False)):
            for _ in range(presses):
                page.keyboard.press("p")
                page.wait_for_timeout(milliseconds)
            lab.expect_running() if running else lab.expect_paused()
            lab.wait_until_quiet() if not running else page.wait_for_timeout(500)
            lab.expect_running() if running else lab.expect_paused()
        steps = lab.steps
        for _ in range(6):
            page.keyboard.press("s")
            page.wait_for_timeout(milliseconds)
        expect(lab.number(STEPS)).to_have_text(f"{steps + 6:,}")
        lab.button("step").click(click_count=3, delay=milliseconds)
        expect(lab.number(STEPS)).to_have_text(f"{steps + 9:,}")


def test_a_new_seed_chosen_mid_run_stays(page: Page) -> None:
    """A late picture with the old seed must not restore the old seed."""
    lab = LabPage(page).open()
    for seed in range(1, 5):
        lab.run(until_steps=10)
        lab.press("new_seed")
        lab.wait_for_address(seed=str(seed))
        page.wait_for_timeout(300)
        assert lab.address == {"seed": str(seed)}
    lab.expect_paused()
    assert lab.steps == 0
