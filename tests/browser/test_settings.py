"""Changes of settings during training, and the controls for the heatmaps below the panels."""

from playwright.sync_api import Page, expect

from tests.browser.lab_page import FIGURES, FURTHER_FIGURES, STEPS, LabPage


def test_a_live_setting_changes_the_run_that_goes_on(page: Page) -> None:
    lab = LabPage(page).open()
    lab.run(until_steps=300)
    before = lab.steps
    lab.move_slider("Discount γ", "ArrowLeft")
    lab.wait_for_address(gamma="0.98")
    lab.wait_for_annotations("γ 0.98")
    lab.expect_running()
    assert lab.steps >= before, "a live change must not restart the run"
    lab.wait_for_steps(lab.steps + 100)
    lab.wait_for_runs({"run": "1"})


def test_a_structural_setting_restarts_and_keeps_the_former_run(page: Page) -> None:
    lab = LabPage(page).open()
    lab.run(until_steps=2000)
    lab.move_slider("Width ↻", "ArrowLeft")
    lab.wait_for_annotations("run 1: layers 128,128")
    lab.wait_for_address(hidden_sizes="64,64")
    lab.pause()
    steps, _returns = lab.returns()
    assert steps[0] < 500, "the new run must count its own steps"
    lab.wait_for_runs(
        {"run": "2", "settings other than the defaults": "layers 64,64"},
        {"run": "1", "settings other than the defaults": "none"},
    )
    assert int(lab.runs_table()[1]["environment steps"]) >= 2000


def test_a_setting_changed_before_the_first_step_leaves_no_empty_run(page: Page) -> None:
    lab = LabPage(page).open()
    lab.move_slider("Hidden layers ↻", "ArrowLeft")
    lab.wait_for_address(hidden_sizes="128")
    lab.move_slider("Hidden layers ↻", "ArrowLeft")
    lab.wait_for_address(hidden_sizes="none")
    expect(lab.slider("Width ↻")).to_have_count(0)
    lab.press("step")
    expect(lab.number(STEPS)).to_have_text("1")
    assert lab.annotations() == []
    lab.wait_for_runs({"run": "1", "settings other than the defaults": "layers none"})


def test_a_setting_holds_while_its_expander_is_closed(page: Page) -> None:
    lab = LabPage(page).open()
    lab.open_expander("More settings")
    lab.choose("Baseline ↻", "mean return of the batch")
    lab.wait_for_address(baseline="mean")
    lab.open_expander("More settings")
    expect(page.get_by_role("combobox", name="Baseline ↻")).to_have_count(0)
    lab.press("update")
    lab.expect_update(1)
    lab.wait_for_address(baseline="mean")
    lab.open_expander("More settings")
    choice = page.get_by_role("combobox", name="Baseline ↻")
    expect(choice).to_have_value("mean return of the batch")
    lab.run(until_steps=500)
    lab.open_expander("Activation and batch")
    expect(page.get_by_role("combobox", name="Activation ↻")).to_be_visible()
    lab.expect_running()
    lab.wait_for_address(baseline="mean")


def test_heatmap_axes_and_further_panels(page: Page) -> None:
    lab = LabPage(page).open("?at=0,0,0,0")  # the slice is fixed
    before = lab.traces("policy_map")
    expect(lab.axis_title("policy_map", "x")).to_have_text("pole angle (rad)")
    lab.choose("Heatmap: horizontal axis", "cart position (m)")
    expect(lab.axis_title("policy_map", "x")).to_have_text("cart position (m)")
    expect(lab.axis_title("policy_map", "y")).to_have_text("angular velocity (rad/s)")
    lab.wait_for_address(x="0", y="3", at="0,0,0,0")
    assert lab.traces("policy_map")[0]["z"] != before[0]["z"]
    expect(lab.subtitle("policy_map")).to_have_text("at cart velocity 0.00, pole angle 0.000")
    assert lab.steps == 0, "looking must not train"

    lab.press("update")
    lab.expect_update(1)
    for key, title in FURTHER_FIGURES.items():
        expect(lab.panel(key)).to_have_count(0)
        lab.pill(title).click()
        lab.panel(key).scroll_into_view_if_needed()
        lab.wait_for_redraws(key, 1)
        assert len(lab.traces(key)) == 1
    below = lab.panel("returns").locator(".pgl-lower")
    expect(below).to_contain_text("no measure of success")
    lab.pill("Loss").click()
    expect(below).to_be_hidden()
    lab.pill("Loss").click()
    expect(below).to_be_visible()
    for key, title in FURTHER_FIGURES.items():
        lab.pill(title).click()
        expect(lab.panel(key)).to_have_count(0)
    for key in FIGURES:
        expect(lab.panel(key)).to_be_attached()
