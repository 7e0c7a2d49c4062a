"""The pages of a room without a browser: the teacher's page, the wall, a student's run."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from pglab.classroom.lesson import (
    MOST_IN_TITLE,
    ChoiceQuestion,
    Lesson,
    SketchQuestion,
    Step,
)
from pglab.classroom.progress import ChoiceAnswer, SketchAnswer
from pglab.classroom.room.answering import give_answer
from pglab.classroom.room.codes import shown_code
from pglab.classroom.room.export import csv_zip
from pglab.classroom.room.membership import Member, join
from pglab.classroom.room.opening import OpenedRoom, Room, delete_room, open_room, room_of_key
from pglab.classroom.room.own_runs.by_hand import note_return
from pglab.classroom.room.steering import (
    close_question,
    end_room,
    go_to_step,
    open_question,
    reveal_answers,
    show_names,
)
from pglab.classroom.texts.safe_text import own_link
from pglab.library.keeping.saver import shared_library
from pglab.library.store.library import Library
from pglab.library.store.problems import LibraryUnavailable
from pglab.library.store.runs.kept import new_key
from pglab.ui.pages.room import shown as shown_page
from pglab.ui.pages.room import teacher as teacher_page
from pglab.ui.pages.room import wall as wall_page
from pglab.ui.room.sharing import shared_rooms
from tests.classroom.hostile import TEXTS
from tests.classroom.texts.test_safe_text import tokens_of
from tests.pages.opened import open_app, open_page, run
from tests.pages.opened import press as press_button
from tests.pages.test_lessons import open_lesson, settle

pytestmark = pytest.mark.usefixtures("doors_close_afterwards", "entry_script_first")

ASKED = ChoiceQuestion("What *happens*?", ("It falls", "It rises", "Nothing"), (1,))
LESSON = Lesson(
    "A short lesson",
    (
        Step("Predict", "reinforce", (("gamma", "0.9"),), task="Look.", question=ASKED,
             answer="The return rises.", notes="Most say: it falls."),
        Step("Draw", "reinforce", question=SketchQuestion("How will it grow?"), answer="Noisily."),
        Step("Train", "reinforce", (("seed", "7"),), notes="Wait for all."),
    ),
)  # fmt: skip
LINE = SketchAnswer(((0.0, 20.0), (30_000.0, 200.0)))


def open_in(owner: str, page: str, **link: str) -> AppTest:
    """Open a page in the browser with this key."""
    app = open_app()
    app.session_state["owner"] = owner
    app.switch_page(page)
    app.query_params.update(link)
    return run(app)


class Teacher:
    """A teacher with an open room."""

    def __init__(self, lesson: Lesson = LESSON) -> None:
        library = shared_library().get()
        assert library is not None
        self.library: Library = library
        self.owner = new_key()  # of the browser
        self.opened: OpenedRoom = open_room(library, self.owner, lesson)
        self.key, self.name = self.opened.key, self.opened.room
        shared_rooms().owners.note(self.owner)

    @property
    def room(self) -> Room:
        return room_of_key(self.library, self.key)

    def make(self, change: Callable[..., Any], *wanted: object) -> None:
        """Make a change in another window."""
        change(self.library, self.key, self.room.state.version, *wanted)

    def member(self, nickname: str = "") -> Member:
        return join(self.library, self.opened.full_code, nickname, visitor="10.0.0.1").member

    def page(self) -> AppTest:
        return open_in(self.owner, "pages/room.py", key=self.key)

    def wall(self) -> AppTest:
        return open_page("pages/wall.py", room=self.name, hide="menu")


@pytest.fixture
def teacher() -> Teacher:
    return Teacher()


def room_buttons(app: AppTest) -> list[str]:
    """The buttons with which the teacher can steer now."""
    return [
        button.key.removeprefix("room_")
        for button in app.button
        if button.key and button.key.startswith("room_") and not button.disabled
    ]


def markdown(app: AppTest) -> list[str]:
    """All texts that the page shows as Markdown."""
    texts = [e.value for kind in (app.markdown, app.caption, app.info, app.warning) for e in kind]
    return [*texts, *(bar.proto.text for bar in app.get("progress"))]


def everything(app: AppTest) -> str:
    """All that the page sends to a browser, as one text without backslashes."""
    charts = [element.proto.spec for element in app.get("plotly_chart")]
    buttons = [button.label for button in app.button]
    links = [link.proto.url for link in app.get("link_button")]
    return "\n".join([*markdown(app), *charts, *buttons, *links]).replace("\\", "")


def counted(app: AppTest) -> list[int]:
    """The counts beside the choices."""
    return [int(bar.proto.text.split("**")[-2]) for bar in app.get("progress")]


def sentence(app: AppTest) -> str:
    """The only thing that the page says."""
    (warning,) = app.warning
    assert not app.get("plotly_chart")
    assert room_buttons(app) == []
    assert not app.get("link_button")
    assert "short lesson" not in everything(app)
    return str(warning.value)


def press(app: AppTest, key: str) -> AppTest:
    press_button(app, key)
    return app


def open_room_on_lessons() -> AppTest:
    app = open_lesson()
    app.button(key="room.one_body_or_two").click()
    return settle(app)


def test_the_page_lessons_opens_a_room() -> None:
    app = open_room_on_lessons()
    assert app.session_state["page"] == "room"
    key = str(app.query_params["key"])
    library = shared_library().get()
    assert library is not None
    room = room_of_key(library, key)
    assert f"# {room.code}" in markdown(app)
    assert room.lesson.title in everything(app)


def test_the_page_lessons_leads_back_to_the_open_rooms() -> None:
    app = open_room_on_lessons()
    key, owner = str(app.query_params["key"]), app.session_state["owner"]
    assert links_to_rooms(open_in(new_key(), "pages/lessons.py")) == []
    ((label, query),) = links_to_rooms(open_in(owner, "pages/lessons.py"))
    library = shared_library().get()
    assert library is not None
    room = room_of_key(library, key)
    assert label == f"Your open room {room.code}: {room.lesson.title}"
    assert parse_qs(query) == {"key": [key]}
    end_room(library, key, 1)
    assert links_to_rooms(open_in(owner, "pages/lessons.py")) == []


def links_to_rooms(lessons: AppTest) -> list[tuple[str, str]]:
    links = [link.proto for link in lessons.get("page_link")]
    return [(link.label, link.query_string) for link in links if link.page == "room"]


def test_the_teacher_leads_a_question_through_its_states(teacher: Teacher) -> None:
    member = teacher.member()
    app = teacher.page()
    always = ["next", "mode", "names", "door", "end"]
    assert room_buttons(app) == [*always, "open", "train"]
    app = press(app, "room_open")
    assert app.button(key="room_reveal").disabled  # it comes next
    assert room_buttons(app) == [*always, "close", "train"]
    give_answer(teacher.library, member, 1, ChoiceAnswer((0,)))
    assert "1 have answered" in everything(run(app))
    assert counted(app) == [1, 0, 0]
    app = press(app, "room_close")
    assert room_buttons(app) == [*always, "open", "reveal", "train"]
    app = press(press(app, "room_open"), "room_close")
    assert teacher.room.state.question == "closed"
    assert "The return rises" not in everything(app)
    app = press(app, "room_reveal")
    assert room_buttons(app) == [*always, "train"]
    assert "The return rises" in everything(app)
    assert "0 of 1" in everything(app)


def test_the_teacher_moves_the_class_or_lets_it_go(teacher: Teacher) -> None:
    app = teacher.page()
    for step in (2, 3):
        app = press(app, "room_next")
        assert teacher.room.state.step == step
    assert room_buttons(app) == ["back", "mode", "names", "door", "end", "train"]
    app = press(app, "room_back")
    assert "open" in room_buttons(app)
    assert teacher.member().step == 2
    modes: list[str] = []
    for places in ("step 2: 1", ""):
        app = press(app, "room_mode")
        modes.append(teacher.room.state.mode)
        assert places in everything(app)
    assert modes == ["free", "paced"]
    assert "step 2: 1" not in everything(app)


def test_the_whole_code_is_large_when_the_short_one_does_not_work(
    teacher: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = shown_code(teacher.opened.full_code)
    for page in (teacher.page(), teacher.wall()):
        assert f"# {teacher.opened.code}" in markdown(page)
    monkeypatch.setattr(shown_page, "short_code_works", lambda *_room: False)
    for page in (teacher.page(), teacher.wall()):
        assert f"# {teacher.opened.code}" not in markdown(page)
        assert f"## {whole}" in markdown(page)


def test_two_windows_agree(teacher: Teacher) -> None:
    one, other = teacher.page(), teacher.page()
    one = press(one, "room_open")
    other = press(other, "room_open")  # the same change
    assert not other.warning
    one = press(one, "room_close")
    other = press(other, "room_next")  # it shows an open question
    assert "Another window" in other.warning[0].value
    assert teacher.room.state.step == 1
    assert room_buttons(other) == room_buttons(one)
    other = press(other, "room_next")
    assert not other.warning
    assert room_buttons(run(one)) == room_buttons(other)
    assert "step 2 of 3" in everything(one)


def test_a_wrong_key_or_room_gets_one_sentence(teacher: Teacher) -> None:
    gone = Teacher()
    delete_room(gone.library, gone.key)
    wrong = ["", "x", gone.key, "**x**", "\0\u202e", "9" * 10_000, teacher.opened.code]
    for text in (*wrong, teacher.name):
        assert "**x**" not in sentence(open_page("pages/room.py", key=text))
    for text in (*wrong, teacher.key, gone.name):
        assert "**x**" not in sentence(open_page("pages/wall.py", room=text))
    sentence(open_page("pages/room.py"))
    sentence(open_page("pages/wall.py"))


def test_nothing_on_the_wall_steers_the_room(teacher: Teacher) -> None:
    teacher.member("Ann")
    wall = teacher.wall()
    assert room_buttons(wall) == []
    assert teacher.key not in everything(wall)
    links = [link.proto.url for link in teacher.page().get("link_button")]
    assert any(teacher.name in link for link in links)
    assert not any(teacher.key in link for link in links)


def test_the_wall_tells_nothing_before_the_answers_are_revealed(teacher: Teacher) -> None:
    wall, app = teacher.wall(), teacher.page()
    notes = "Most say: it falls"
    assert notes in everything(app)
    secret = ("The return rises", "✓", notes, "right answer")
    assert "happens" not in everything(wall)  # the question waits
    app = press(app, "room_open")
    for chosen in (0, 1, 1):
        give_answer(teacher.library, teacher.member(), 1, ChoiceAnswer((chosen,)))
    for state in ("open", "closed"):
        shown = everything(run(wall))
        assert teacher.room.state.question == state
        assert all(part in shown for part in ("It falls", "It rises", "3 have answered"))
        assert not any(part in shown for part in secret)
        assert counted(wall) == []
        if state == "open":
            app = press(app, "room_close")
    press(app, "room_reveal")
    shown = everything(run(wall))
    assert counted(wall) == [1, 2, 0]
    assert "The return rises" in shown
    assert "2 of 3" in shown
    assert notes not in shown


def test_sketches_stay_hidden_until_they_are_revealed(teacher: Teacher) -> None:
    app = press(press(teacher.page(), "room_next"), "room_open")
    for _phone in range(2):
        give_answer(teacher.library, teacher.member(), 2, LINE)
    app = press(app, "room_close")
    wall = teacher.wall()
    assert not wall.get("plotly_chart")
    assert app.get("plotly_chart")
    press(app, "room_reveal")
    assert len(run(wall).get("plotly_chart")) == 1
    assert "Noisily" in everything(wall)


def test_names_are_shown_only_if_the_teacher_chooses_it(teacher: Teacher) -> None:
    note_return(teacher.library, teacher.member("Ann"), 1, 200.0)
    for app in (teacher.wall(), teacher.page()):
        assert "1. somebody: **200**" in "\n".join(markdown(app))
        assert "Ann" not in everything(app)
    press(teacher.page(), "room_names")
    for app in (teacher.wall(), teacher.page()):
        assert "1. Ann: **200**" in "\n".join(markdown(app))


def test_members_have_numbers_in_an_export_unless_names_are_shown(teacher: Teacher) -> None:
    teacher.member("Ann")
    (button,) = teacher.page().download_button
    assert "CSV" in button.label
    archive = zipfile.ZipFile(io.BytesIO(csv_zip(teacher.library, teacher.key)))
    assert "Ann" not in archive.read("progress.csv").decode()


def test_an_ended_room_can_be_read_and_deleted(teacher: Teacher) -> None:
    app = press(teacher.page(), "room_open")
    give_answer(teacher.library, teacher.member(), 1, ChoiceAnswer((2,)))
    app = press(app, "room_end")
    assert room_buttons(app) == ["names", "delete"]
    assert counted(app) == [0, 0, 1]
    assert "This room has ended." in markdown(teacher.wall())
    app = press(app, "room_delete")
    sentence(app)
    sentence(teacher.wall())


def test_without_the_library_each_page_says_so(
    teacher: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: object, **_options: object) -> None:
        raise LibraryUnavailable("The *database* is away.")

    app = teacher.page()
    with monkeypatch.context() as patch:
        patch.setattr(teacher_page, "open_question", away)
        app = press(teacher.page(), "room_open")
        assert "is away" in app.warning[0].value
        assert "open" in room_buttons(app)
    monkeypatch.setattr(teacher_page, "room_of_key", away)
    monkeypatch.setattr(wall_page, "load_room", away)
    assert sentence(run(app)) == sentence(teacher.wall()) == "The \\*database\\* is away\\."


def test_without_a_library_no_room_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_library(), "get", lambda: None)
    monkeypatch.setattr(shared_library(), "problem", "There is no library.")
    monkeypatch.setattr(shared_rooms(), "_library", None)
    app = open_room_on_lessons()
    assert app.session_state["page"] == "lessons"
    assert "There is no library" in "\n".join(markdown(app))
    for page in ("room", "wall"):
        assert "There is no library" in sentence(open_page(f"pages/{page}.py"))


# --- Texts of other people

_STRIPPED = re.compile(r"\\[^\w\s]|(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)|(\$+)[^$]*\2")


def assert_harmless(app: AppTest) -> None:
    """Check that no text of the page has more effect than emphasis, lists and own links."""
    for text in markdown(app):
        for token in tokens_of(text):
            assert token.type not in {"html_block", "html_inline", "image"}
            if token.type == "link_open":
                assert own_link(str(token.attrs["href"])) == token.attrs["href"]
        assert not re.search(r":[\w-]+[\[:{]", _STRIPPED.sub("", text))
        assert not re.search("[\u202a-\u202e\u2066-\u2069\0\x1b]", text)
    for element in app.get("plotly_chart"):
        assert "<a" not in element.proto.spec
        assert "<script" not in element.proto.spec


def hostile(text: str) -> Step:
    """A lesson step of which all texts are hostile."""
    line, text = text[:100].replace("\n", " "), f"{text[:500]} ?"
    question = ChoiceQuestion(text, (line, f"{line} 2"), (0,))
    return Step(line, "reinforce", task=text, question=question, answer=text, notes=text)


def test_hostile_texts_are_only_text() -> None:
    title = "".join(text[:6] for text in TEXTS)[:MOST_IN_TITLE].replace("\n", " ")
    teacher = Teacher(Lesson(title, tuple(map(hostile, TEXTS))))
    teacher.make(show_names, True)
    app, wall = teacher.page(), teacher.wall()
    for number, text in enumerate(TEXTS, start=1):
        teacher.make(go_to_step, number)
        teacher.make(open_question)
        member = teacher.member(text)
        give_answer(teacher.library, member, number, ChoiceAnswer((0,)))
        note_return(teacher.library, member, number, 9.0)
        teacher.make(close_question)
        teacher.make(reveal_answers)
        for page in (app, wall):
            assert_harmless(run(page))
            assert counted(page) == [1, 0]


def test_the_page_of_a_step_has_the_switch_that_shows_its_run_to_the_class() -> None:
    step = Step("Train", "reinforce", (("hide", "seeds,watching"),), task="Run.")
    app = Teacher(Lesson("Hidden", (step,))).page()
    (address,) = [
        link.proto.url for link in app.get("link_button") if "reinforce" in link.proto.url
    ]
    assert parse_qs(urlsplit(address).query) == {"hide": ["seeds"]}
