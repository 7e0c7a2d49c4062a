"""Links restore settings. For each setting that it cannot use, the page says so."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.harness import AppServer
from tests.browser.lab_page import ANY_UPDATE, LabPage

SHARED = {
    "gamma": "0.9",
    "learning_rate": "0.003",  # a value between two stops of the slider
    "hidden_sizes": "64,32",
    "activation": "tanh",
    "seed": "3",
    "episodes_per_update": "4",
    "baseline": "mean",
    "x": "0",
    "y": "1",
}
SLIDERS = {
    "Discount γ": "0.9",
    "Learning rate α": "0.003",
    "Hidden layers ↻": "2",
    "Width of layer 1 ↻": "64",
    "Width of layer 2 ↻": "32",
    "Episodes per update": "4",
}


def expect_shared_settings(lab: LabPage) -> None:
    lab.open_expander("Activation and batch")
    lab.open_expander("More settings")
    for label, value in SLIDERS.items():
        expect(lab.slider(label)).to_have_attribute("aria-valuetext", value)
    boxes = {"Activation ↻": "Tanh", "Baseline ↻": "mean return of the batch"}
    for label, choice in boxes.items():
        expect(lab.page.get_by_role("combobox", name=label)).to_have_value(choice)
    expect(lab.page.get_by_role("spinbutton", name="Random seed ↻")).to_have_value("3")
    expect(lab.axis_title("policy_map", "x")).to_have_text("cart position (m)")
    expect(lab.axis_title("policy_map", "y")).to_have_text("cart velocity (m/s)")
    expect(lab.subtitle("returns")).to_contain_text("one seed (3)")
    lab.wait_for_address(**SHARED)
    expect(lab.alerts).to_have_count(0)
    expect(lab.exceptions).to_have_count(0)


def test_a_shared_link_restores_everything(fresh_server: AppServer, page: Page) -> None:
    """The link works even as the first request to a server."""
    lab = LabPage(page).open(f"?{urlencode(SHARED)}", server=fresh_server.url)
    expect(page.get_by_test_id("stSidebarNav").get_by_role("link")).to_have_text(
        [
            *(
                "Home",
                "REINFORCE",
                "Shared body",
                "Split bodies",
                "Compare",
                "Maps",
                "Gradient lab",
            ),
            "Lessons",
            "My runs",
        ]
    )
    expect_shared_settings(lab)
    lab.press("update")
    lab.expect_update(1)
    assert lab.episodes >= int(SHARED["episodes_per_update"])
    assert lab.address == SHARED


def test_unusable_settings_get_a_sentence_each(page: Page) -> None:
    """The link has several errors: a value out of range, unknown names, an environment, layers."""
    unusable = {
        "gamma": "2",
        "gama": "0.9",
        "env_id": "Nowhere-v3",
        "hidden_sizes": "",
        "learning_rate": "nan",
        "seed": "-1",
        "activation": "sine",
        "stop_when_solved": "perhaps",
    }
    usable = {"episodes_per_update": "2"}
    lab = LabPage(page).open(f"?{urlencode(unusable | usable)}")
    expect(lab.problems).to_have_count(len(unusable))
    sentences = lab.problems.all_inner_texts()
    for name, value in unusable.items():
        quoted = name if name == "gama" else f"“{value}”"
        assert sum(quoted in text for text in sentences) == 1, f"not one sentence on {name}"
    assert sum("Did you mean “gamma”?" in text for text in sentences) == 1
    lab.wait_for_address(**usable)

    lab.press("update")
    lab.expect_update(1)
    expect(lab.exceptions).to_have_count(0)

    lab.press("close_problems")
    expect(lab.alerts).to_have_count(0)
    lab.expect_update(1)


def test_the_link_is_copied_and_nobody_is_asked_before_a_reload(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    asked: list[str] = []

    def note(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", note)
    lab = LabPage(page).open("?gamma=0.9&chapter=code")
    page.get_by_role("button", name="Copy link").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Link copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    page.reload()
    lab.wait_until_painted()
    assert asked == [], "there was nothing to lose"

    lab.press("step")
    expect(lab.number(0)).to_have_text("1")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", name="Policy Gradient Lab")).to_be_visible()
    assert asked == [], "the run waits on its page"
    page.reload()
    assert asked == [], "the run was saved"


def test_where_the_browser_refuses_to_copy_the_link_is_shown(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject()")
    page.add_init_script("document.execCommand = () => false")
    LabPage(page).open("?gamma=0.9")
    page.get_by_role("button", name="Copy link").click()
    shown = page.get_by_role("textbox", name="Copy link")
    expect(shown).to_be_focused()
    expect(shown).to_have_value(page.url)  # the run has not begun, so it has no address yet
    page.keyboard.press("Escape")
    expect(shown).to_have_count(0)
    page.get_by_role("button", name="Copy link").click()
    page.keyboard.press("ControlOrMeta+c")
    expect(page.get_by_role("status").filter(has_text="Link copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_the_link_of_a_lesson_is_copied_from_a_server_without_https(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject()")
    page.goto("/lessons")
    page.get_by_text("Link, file and worksheets").first.click()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("status").filter(has_text="Link copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.get_by_test_id("stCode").inner_text()


def test_the_largest_learning_rate_leaves_a_working_page(page: Page) -> None:
    lab = LabPage(page).open("?learning_rate=1")
    lab.press("run")
    lab.wait_until(lambda: lab.steps >= 2000 or lab.alerts.count() > 0, "2000 steps or a sentence")
    expect(lab.exceptions).to_have_count(0)
    lab.press("reset")
    lab.expect_paused()
    lab.press("step")
    lab.wait_until(lambda: lab.steps == 1, "the step after the reset")


@pytest.mark.parametrize(("env_id", "actions"), [("Acrobot-v1", 3), ("MountainCar-v0", 3)])
def test_environments_open_and_train_by_link(page: Page, env_id: str, actions: int) -> None:
    lab = LabPage(page).open(f"?env_id={env_id}")
    expect(lab.panel("player").locator(".pgl-title")).to_have_text(env_id)
    expect(lab.panel("player").locator(".pgl-action")).to_have_count(actions)
    lab.run(until_steps=600)
    lab.wait_until(lambda: lab.episodes > 0, "an episode")
    expect(lab.subtitle("weights")).to_have_text(ANY_UPDATE)
    expect(lab.alerts).to_have_count(0)
    expect(lab.exceptions).to_have_count(0)
