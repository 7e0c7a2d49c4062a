"""A damaged or hostile `run` in a link gets one sentence, in which it is only text."""

from __future__ import annotations

import random
import re
from urllib.parse import parse_qs, quote

import pytest

from pglab.config import Link, ReinforceConfig
from pglab.library.importing import store
from pglab.library.keeping.comparison_keeper import ComparisonKeeper
from pglab.library.keeping.saver import shared_library
from pglab.library.snapshot import contents_of
from pglab.library.store.runs.kept import new_key
from pglab.session.side_by_side.bench import ComparisonBench
from pglab.session.side_by_side.comparison import LENGTHS, Comparison
from pglab.session.training_session import TrainingSession
from pglab.ui.controls.settings import Terms
from pglab.ui.controls.sharing import kept_run
from pglab.ui.controls.sharing.kept_run import read_comparison, read_run
from pglab.ui.pages.compare.settings import STATE
from pglab.ui.shell.problems import literal
from tests.pages.opened import REINFORCE, bench_of, open_app, open_page, problems, run
from tests.pages.test_interruptions import cut_short

MARKUP = "**7** [x](http://e.com) <b onload=alert(1)>$x$</b> :red[x]"
HOSTILE = [
    "",
    " ",
    "\0",
    "\n\r\t\x0b\x1b[31m",
    "\x7f\x80\u2028\u202e\ufeff\ufffe",
    "\ud800",
    "\udfff\ud800" * 30,
    "“”",
    "“`x`”",
    "`" * 50,
    "```\n# T\n```",
    "\\",
    "\\`",
    "$\\href{javascript:alert(1)}{x}$",
    "![x](http://e.com/x.png)",
    "<script>alert(1)</script>",
    "&lt;b&gt;",
    ":material/home:",
    "- a\n- b",
    "| a | b |\n|---|---|",
    "'",
    '"',
    "' OR 1=1 --",
    "'; DROP TABLE pglab_runs; --",
    "%",
    "_" * 24,
    "x' UNION SELECT * FROM pglab_contents --",
    "../" * 30 + "etc/passwd",
    "C:\\Windows\\win.ini",
    "file:///etc/passwd",
    "{address}",
    "{0.__class__}",
    "%s%n%(x)s",
    "null",
    "true",
    "-1",
    "1e999",
    "9" * 5_000,
    "a" * 21,
    "a" * 24,
    "a" * 65,
    "a" * 200_000,
    "ä" * 24,
    "\U0001f600" * 24,
    "адрес" * 5,
    "地址" * 12,
    "\u0627\u0644\u0639" * 8,
    "e\u0301" * 12,
    "Z\u0335\u0321\u0353" * 40,
    "\uff41" * 24,  # a wide letter, which some databases compare as "a"
    MARKUP,
]


@pytest.fixture(scope="module")
def address() -> str:
    """The address of a stored run."""
    library = shared_library().get()
    assert library is not None
    session = TrainingSession(ReinforceConfig(hidden_sizes=(8,)))
    session.advance("step", 10)
    return store(library, contents_of(session), new_key()).address


def nearly(address: str) -> list[str]:
    """Texts that are nearly the address of a stored run."""
    ends = ["\n", "\0", " ", "%", "_", "/", "'", "\u200b", "#", "&run="]
    return [
        *(address + end for end in ends),
        *(end + address for end in ends),
        address.swapcase(),
        address[::-1],
        address[:-1],
        address[:-1] + "_",
        f"{address},{address}",
        address.replace(address[3], "\uff41"),
    ]


def drawn(count: int) -> list[str]:
    """Random bytes, decoded as a server decodes the bytes of an address."""
    chance = random.Random(0)
    strings = (chance.randbytes(chance.randrange(1, 90)) for _number in range(count))
    return [parse_qs("run=" + quote(string))["run"][0] for string in strings]


def assert_one_sentence_of_text(found: list[str]) -> None:
    """Check that a sentence contains the value once, as code, and nothing else of it."""
    (sentence,) = found
    parts = re.fullmatch(r"([^“”]*)“([^“”]*)”([^“”]*)", sentence)
    assert parts is not None
    before, value, after = parts.groups()
    assert before.startswith("No stored ")
    assert after.endswith("with the settings of the link.")
    assert value.isprintable()
    assert len(value) <= 41
    assert "`" not in value
    shown = f"“`{value}`”" if value else "“”"
    assert literal(sentence) == before + shown + after


def test_two_hundred_hostile_addresses_get_one_sentence_each(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_run, "owner", lambda: "a" * 32)
    texts = {*HOSTILE, *nearly(address), *drawn(140)}
    assert len(texts) >= 200
    terms = Terms(ReinforceConfig(), ())
    for text in texts:
        of_agent, of_compare = Link({"run": text}), Link({"run": text})
        assert read_run("reinforce", terms, of_agent) is None, text
        assert read_comparison("compare", of_compare) is None, text
        for link in (of_agent, of_compare):
            assert_one_sentence_of_text(link.problems)


@pytest.mark.parametrize("page", ["pages/reinforce.py", "pages/compare.py"])
@pytest.mark.parametrize("text", [MARKUP, "\0'; DROP TABLE pglab_runs; --\x1b", "地" * 5_000])
def test_a_page_opens_with_a_hostile_address(page: str, text: str) -> None:
    app = open_page(page, run=text)
    (sentence,) = problems(app)
    assert sentence.startswith("- No stored ")
    assert len(re.findall(r"“`[^`]{1,41}`”", sentence)) == 1
    assert "run" not in app.query_params


def test_my_runs_reads_no_address(address: str) -> None:
    (sentence,) = problems(open_page("pages/my_runs.py", run=address))
    assert sentence == "- The setting “`run`” is unknown here, so it is ignored."


def test_a_stored_run_comes_back_although_the_first_script_run_is_cut_short(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that comes back after a restart of the server asks for two script runs at once."""
    app = open_app()
    app.query_params["run"] = address
    app.switch_page(REINFORCE)
    cut_short(monkeypatch, app, "reinforce.lab")
    run(app)
    assert bench_of(app).session.global_step == 10


def test_a_stored_comparison_comes_back_although_the_first_script_run_is_cut_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = shared_library().get()
    assert library is not None
    agents = (ReinforceConfig(), ReinforceConfig(seed=1))
    bench = ComparisonBench(Comparison(agents, 1, first_seed=0, length=LENGTHS[0]))
    bench.comparison.advance(100)
    keeper = ComparisonKeeper(bench, new_key())
    keeper.save_now(library)
    app = open_app()
    app.query_params["run"] = keeper.address or ""
    app.switch_page("pages/compare.py")
    cut_short(monkeypatch, app, STATE)
    run(app)
    assert app.session_state[STATE].comparison.sides[0].session.global_step >= 100
