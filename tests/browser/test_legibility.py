"""The measure of what cannot be read finds each kind of fault; `legibility_pages` uses it."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Shot
from tests.browser.legibility import illegible_now

KINDS = ["cut", "covered", "overlap", "wrapped"]


def test_what_cannot_be_read_is_found(page: Page, shot: Shot) -> None:
    page.goto("/")
    expect(page.locator(".pgl-clip img").last).to_be_visible()
    assert illegible_now(page) == set()
    page.evaluate(
        """() => {
            const place = "position:absolute;z-index:9;background:#fff;color:#000;";
            const main = document.querySelector("[data-testid=stMain]");
            main.querySelector("[data-testid=stMainBlockContainer]").style.display = "none";
            main.insertAdjacentHTML("beforeend", `
              <div style="${place}left:400px;top:300px;width:60px;overflow:hidden;
                white-space:nowrap;text-overflow:ellipsis">cut in the middle of a sentence</div>
              <div style="${place}left:400px;top:400px;width:300px;height:30px;overflow:hidden">
                <p style="margin-top:20px">cut below</p></div>
              <div style="${place}left:1300px;top:340px;width:200px">beyond the window</div>
              <div style="${place}left:800px;top:400px">one text</div>
              <div style="${place}left:820px;top:405px;background:none">over another</div>
              <div style="${place}left:800px;top:500px">under a box</div>
              <div style="${place}left:790px;top:490px;width:200px;height:60px;
                background:#ccc"></div>
              <div class="pgl-header" style="${place}left:400px;top:560px;width:100px;
                display:flex;flex-wrap:wrap;height:auto">
                <b>the first part</b><b>the second part</b></div>`);
        }"""
    )
    found = illegible_now(page)
    shot(page, "illegible-on-purpose")
    kinds = {kind: [line for line in found if line.startswith(kind)] for kind in KINDS}
    assert {kind: len(lines) for kind, lines in kinds.items()} == {
        "cut": 3,
        "covered": 1,
        "overlap": 1,
        "wrapped": 1,
    }
    assert len(found) == 6, found
