"""Accessibility of every page in both themes, before and during a run, judged by axe-core."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import NewPage, Scheme
from tests.browser.lab_page import CRITIC_FIGURES, FIGURES, LabPage
from tests.browser.test_compare import ComparePage

SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SETTLED_MILLISECONDS = 400  # after a change of theme, colours fade
LOOKS = 6
MOST_TABS = 3  # presses of Tab to reach any skip link


def look(page: Page, state: str, within: str | None = None) -> list[str]:
    """Find the faults in both themes; `within` limits the search to a part of the page."""
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(
            "scheme => getComputedStyle(document.querySelector('.stApp')).colorScheme === scheme",
            arg=scheme,
        )
        found += [f"{state}, {scheme}: {line}" for line in lasting_violations(page, within)]
    return found


def lasting_violations(page: Page, within: str | None) -> list[str]:
    """The faults that last; others come from Streamlit, which fades elements while it redraws."""
    page.wait_for_timeout(SETTLED_MILLISECONDS)
    found = violations(page, within)
    for _look in range(LOOKS - 1):
        if not found:
            break
        page.wait_for_timeout(SETTLED_MILLISECONDS)
        found = [line for line in violations(page, within) if line in found]
    return found


def expect_none(found: list[str]) -> None:
    assert not found, "\n".join(found)


def test_home(page: Page) -> None:
    page.goto("/")
    expect(page.locator(".pgl-clip img").last).to_be_visible()
    expect(page.locator(".st-key-questions")).to_be_visible()
    expect_none(look(page, "home"))


@pytest.mark.parametrize(
    ("path", "figures"),
    [
        ("reinforce", FIGURES),
        ("shared_body", CRITIC_FIGURES),
        ("split_bodies", CRITIC_FIGURES),
    ],
)
def test_page_of_an_agent(page: Page, path: str, figures: tuple[str, ...]) -> None:
    lab = LabPage(page, path, figures).open()
    found = look(page, "before")
    lab.run(until_steps=200)
    found += look(page, "running")
    lab.pause()
    expect_none(found)


def test_chapters(page: Page) -> None:
    LabPage(page, "shared_body", CRITIC_FIGURES).open()
    titles = page.get_by_role("radiogroup", name="Chapter").get_by_role("radio")
    found = []
    for number, title in enumerate(titles.all_inner_texts()):
        titles.nth(number).click()
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
        found += look(page, title, within=".st-key-chapter")
    expect_none(found)


def test_compare(page: Page) -> None:
    compare = ComparePage(page).open("?pair=gamma")
    found = look(page, "before")
    compare.run(until_steps=200)
    found += look(page, "running")
    compare.pause()
    expect_none(found)


def test_gradient_lab(page: Page) -> None:
    page.goto("/gradient_lab")
    expect(page.locator(".js-plotly-plot")).to_have_count(6)
    expect(page.locator(".pgl-facts tbody tr")).to_have_count(4)
    found = look(page, "measured")
    page.get_by_role("button", name=re.compile("^Draw")).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    found += look(page, "drawing")
    expect_none(found)


@pytest.mark.parametrize(
    ("path", "link", "reached"),
    [
        ("reinforce", "Skip to numbers and pictures", ".pgl-stage"),
        ("split_bodies", "Skip to the chapters", "[class*='-chapter'] [role='radio']"),
        ("compare", "Skip to numbers and pictures", ".pgl-stage"),
        ("gradient_lab", "Skip to the chapters", "[class*='-chapter'] [role='radio']"),
    ],
)
def test_a_few_presses_of_tab_reach_a_link_past_all_controls(
    new_page: NewPage, path: str, link: str, reached: str
) -> None:
    page = new_page()
    page.goto(f"/{path}")
    target, skip = page.locator(reached).first, page.get_by_role("link", name=link)
    expect(target).to_be_visible()
    expect(skip).to_have_count(1)
    address = page.url
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        if skip.evaluate("link => link === document.activeElement"):
            break
    expect(skip).to_be_focused()
    assert skip.evaluate("link => getComputedStyle(link.parentElement).clipPath") == "none"
    page.keyboard.press("Enter")
    expect(target).to_be_focused()
    expect(target).to_be_in_viewport()
    expect(skip.locator("..")).to_have_css("clip-path", "inset(50%)")
    assert page.url == address
