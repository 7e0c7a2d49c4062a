"""In browsers: a teacher, a projector and three students go through a lesson to its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from pglab.classroom.lesson import ChoiceQuestion, Lesson, SketchQuestion, Step
from pglab.classroom.lesson_file import written_lesson
from pglab.classroom.room.membership import join
from pglab.classroom.room.opening import Room, room_of_key
from pglab.classroom.room.own_runs.training import band, plan_of, runs_of
from pglab.classroom.room.steering import open_question
from pglab.classroom.room.tallies import step_counts, tally
from pglab.commands.seeds import seeds_of, train_all
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.session.seeds.statistics import band_of, smoothed_curve, stop_of
from pglab.ui.room.addresses import join_link
from tests.browser.accessibility import lasting_violations
from tests.browser.conftest import Shot
from tests.browser.harness import AppServer, free_port, running_app
from tests.browser.lab_page import LabPage, wait_until
from tests.browser.legibility import lasting
from tests.browser.test_channel import ELSEWHERE

SECRET = "A secret reason."  # stands in the lesson's answer
NOTES = "Only the lecturer reads this."
STEPS = 3_000
LESSON = Lesson(
    "A short lesson",
    (
        Step("Predict", "reinforce", task="Look.", answer=SECRET, notes=NOTES,
             question=ChoiceQuestion("What happens?", ("It falls", "It rises"), (1,))),
        Step("Draw", "reinforce", question=SketchQuestion("How will it grow?")),
        Step("Train", "reinforce", task="Train your seed.",
             parameters=(("seed", "7"), ("hidden_sizes", "8"), ("total_steps", str(STEPS)))),
    ),
)  # fmt: skip
LEAST_PIXELS = 24  # of text on the wall, at 1920 × 1080
FEWEST_TEXTS = 5
SKIP_LINK = "Skip to main content"  # Streamlit's, visible only if it has the focus
TEXT_SIZES = (Path(__file__).parent / "text_sizes.js").read_text(encoding="utf-8")
READ_CHART = "chart => chart.calcdata.map(points => points.map(point => point.y))"


class Class:
    """One teacher, a projector and three students, each in a browser of their own."""

    def __init__(self, browser: Browser, library: Library) -> None:
        self.library = library
        self.teacher = new_page(browser)
        self.wall = new_page(browser, 1920, 1080)
        self.phones = [new_page(browser), new_page(browser), new_page(browser, 390, 844)]
        self.received: list[str | bytes] = []  # what the server has sent to the phones and wall
        self.uncaught: list[str] = []
        for page in (self.wall, *self.phones):
            page.on("websocket", self._listen)
        for page in self.pages:
            page.on("pageerror", lambda error: self.uncaught.append(str(error)))

    @property
    def pages(self) -> list[Page]:
        return [self.teacher, self.wall, *self.phones]

    @property
    def key(self) -> str:
        """The teacher's key."""
        return self.teacher.url.partition("key=")[2].partition("&")[0]

    @property
    def room(self) -> Room:
        return room_of_key(self.library, self.key)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.received.append(frame))

    def knows(self, text: str) -> bool:
        """Whether the server has told this text to a phone or the wall."""
        return any(
            text.encode() in (frame if isinstance(frame, bytes) else frame.encode())
            for frame in self.received
        )

    def press(self, name: str) -> None:
        self.teacher.get_by_role("button", name=name, exact=False).first.click()

    def see(self, *texts: str) -> None:
        """Wait until the teacher's page and the wall show these texts."""
        for page in (self.teacher, self.wall):
            for text in texts:
                expect(page.get_by_text(text).first).to_be_visible()

    def leave(self) -> None:
        for page in self.pages:
            page.goto(ELSEWHERE)
            page.context.close()


def new_page(browser: Browser, width: int = 1366, height: int = 768) -> Page:
    viewport: Any = {"width": width, "height": height}
    return browser.new_context(viewport=viewport, reduced_motion="reduce").new_page()


@pytest.fixture
def library(database: str) -> Iterator[Library]:
    opened = open_library(database)
    yield opened
    opened.close()


def expect_status(phone: Page, text: str) -> None:
    expect(phone.get_by_role("status")).to_contain_text(text)


def choose(phone: Page, choice: str) -> None:
    phone.get_by_role("radio", name=choice).check()
    phone.get_by_role("button", name="Answer").click()


def begin(of: Class, server: AppServer, tmp_path: Path) -> None:
    """Open a room from a lesson's file; all join."""
    file = tmp_path / "lesson.md"
    file.write_text(written_lesson(LESSON), encoding="utf-8")
    of.teacher.goto(f"{server.url}/lessons")
    of.teacher.locator("input[type=file]").set_input_files(file)
    card = of.teacher.locator("[class*=st-key-lesson_card_]").filter(has_text=LESSON.title)
    card.get_by_role("button", name="Open a room").click()
    expect(of.teacher.get_by_role("heading", name=LESSON.title)).to_be_visible()
    of.wall.goto(of.teacher.get_by_role("link", name="Wall").get_attribute("href") or "")
    code = of.room.code
    expect(of.wall.get_by_role("heading", name=code)).to_be_visible()
    typing, *scanning = of.phones
    typing.goto(f"{server.url}/join")
    typing.get_by_label("Code of the room").fill(code.lower())
    for phone in scanning:
        phone.goto(join_link(server.url, of.room.full_code))
    for phone in of.phones:
        phone.get_by_label("Nickname").fill("Ann <b>")
        phone.get_by_role("button", name="Join").click()
        expect_status(phone, "The question comes soon.")
    of.see("3 people are here")


def test_a_class_goes_through_a_lesson(
    browser: Browser, tmp_path: Path, library: Library, shot: Shot
) -> None:
    of, port = Class(browser, library), free_port()
    reloading, lost, phone = of.phones
    with running_app(tmp_path / "before.log", port=port) as server:
        begin(of, server, tmp_path)
        of.press("Open the question")
        choose(reloading, "It rises")
        expect_status(reloading, "Received ✓")
        reloading.reload()
        expect_status(reloading, "Received ✓")
        expect(reloading.get_by_role("radio", name="It rises")).to_be_checked()
        lost.context.set_offline(True)
        expect_status(lost, "No connection")
        choose(lost, "It falls")
        of.see("1 have answered")
        server.process.kill()
    expect_status(reloading, "No connection")
    choose(phone, "It rises")
    with running_app(tmp_path / "after.log", port=port):
        expect_status(phone, "Received ✓")
        expect_status(reloading, "Received ✓")
        of.see("2 have answered")
        lost.context.set_offline(False)
        expect_status(lost, "Received ✓")
        of.see("3 have answered")
        assert tally(library, of.room, 1).counts == (1, 2)
        check_choices(of)
        check_sketches(of, shot)
        check_training(of, shot)
        of.press("More")
        of.press("End the room")
        for each in of.phones:
            each.go_back()
            expect_status(each, "The room has ended.")
        expect(of.wall.get_by_text("This room has ended.")).to_be_visible()
        expect(of.wall.get_by_text("Ann")).to_have_count(0)
        assert [count.answered for count in step_counts(library, of.room)] == [3, 3, 0]
        assert of.uncaught == []
        assert not of.knows(NOTES)
        of.leave()


def check_choices(of: Class) -> None:
    """The class sees how it has answered, but not before."""
    assert lasting_violations(of.teacher) == []
    reveal = of.teacher.get_by_role("button", name="Reveal the answers")
    expect(reveal).to_be_disabled()
    place = reveal.bounding_box()
    of.press("Close the question")
    expect(reveal).to_be_enabled()
    # The former button goes a moment after the others have changed.
    wait_until(of.teacher, lambda: reveal.bounding_box() == place, "the button in its place")
    expect(of.wall.get_by_role("progressbar")).to_have_count(0)
    assert not of.knows(SECRET)
    assert not of.knows('"counts"')
    of.press("Reveal the answers")
    of.see(SECRET, "2 of 3")
    assert of.knows(SECRET)
    for phone in of.phones:
        expect(phone.get_by_text(SECRET)).to_be_visible()
        expect(phone.get_by_role("listitem").filter(has_text="right ✓")).to_contain_text("2 of 3")
    assert lasting_violations(of.phones[2]) == []
    expect_readable(of.wall)


def check_sketches(of: Class, shot: Shot) -> None:
    of.press("Next")
    of.press("Open the question")
    for phone, height in zip(of.phones, ("50", "100", "200"), strict=True):
        phone.get_by_role("slider").last.fill(height)
        phone.get_by_role("button", name="Answer").click()
        expect_status(phone, "Received ✓")
    of.see("3 have answered")
    expect(of.wall.locator(".js-plotly-plot")).to_have_count(0)
    of.press("Close the question")
    of.press("Reveal the answers")
    of.see("the class (median and middle half)")
    for phone in of.phones:
        expect(phone.get_by_role("img", name="Mean return")).to_be_visible()
    expect_readable(of.wall)
    shot(of.wall, "room-wall-sketches")


def check_training(of: Class, shot: Shot) -> None:
    """Each member trains a seed; the wall's band is that of the same seeds by one command."""
    of.press("Next")
    of.press("Everyone trains")
    of.press("Start")
    for phone, seed in zip(of.phones, (7, 8, 9), strict=True):
        phone.get_by_role("link", name="Train your own run", exact=True).click()
        expect(phone.get_by_text(f"You train seed {seed} for your class")).to_be_visible()
        LabPage(phone).press("run")
    for phone in of.phones:
        expect(phone.get_by_text(f"{STEPS:,} of {STEPS:,} steps have arrived")).to_be_visible()
    of.see("3 runs of this class", "3 people are here")
    plan = plan_of(of.library, of.room.room, 3)
    assert plan is not None
    sessions = seeds_of(plan.config_of(1), 3)
    train_all(sessions, lambda _done, _all: None)
    curves = [smoothed_curve(session) for session in sessions]
    expected = band_of(curves, [stop_of(session) for session in sessions], STEPS)
    runs = runs_of(of.library, of.room.room, 3)
    found = band(runs, plan)
    assert found is not None
    assert expected is not None
    for name in ("steps", "low", "median", "high"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()
    chart = of.wall.locator(".js-plotly-plot")
    expect(chart.get_by_text("median")).to_be_visible()
    area, *thin, median = chart.evaluate(READ_CHART)
    assert area == pytest.approx([*expected.high, *expected.low[::-1]])
    for curve, member in zip(thin, runs, strict=True):
        assert curve == pytest.approx(member.run.curve.returns.tolist())
    assert median == pytest.approx(expected.median.tolist())
    expect_readable(of.wall)
    assert lasting_violations(of.wall) == []
    shot(of.wall, "room-wall-runs")


def expect_readable(wall: Page) -> None:
    """Check that nobody needs glasses: all text has `LEAST_PIXELS`."""
    call = f"({TEXT_SIZES})({{least: {LEAST_PIXELS}}})"
    assert wall.evaluate(call)["seen"] > FEWEST_TEXTS
    small = lasting(wall, lambda: wall.evaluate(call)["found"], 5, 300)
    assert [line for line in small if SKIP_LINK not in line] == []


def test_the_teachers_page_stays_as_it_is_while_answers_come(
    browser: Browser, tmp_path: Path, library: Library
) -> None:
    of = Class(browser, library)
    with running_app(tmp_path / "server.log") as server:
        begin(of, server, tmp_path)
        page = of.teacher
        page.set_viewport_size({"width": 390, "height": 500})
        page.get_by_text("Notes for the lecturer").click()
        expect(page.get_by_text(NOTES)).to_be_visible()
        page.get_by_text(NOTES).scroll_into_view_if_needed()
        top = page.get_by_test_id("stMain").evaluate("main => main.scrollTop")
        assert top > 0
        join(library, of.room.full_code, visitor="10.0.0.9")
        of.see("4 people are here")
        expect(page.get_by_text(NOTES)).to_be_in_viewport()
        assert page.get_by_test_id("stMain").evaluate("main => main.scrollTop") == top
        of.press("More")
        end = page.get_by_role("button", name="End the room")
        expect(end).to_be_visible()
        open_question(library, of.key, of.room.state.version)
        expect(page.get_by_role("button", name="Close the question")).to_have_count(1)
        expect(end).to_be_visible()
        of.leave()
