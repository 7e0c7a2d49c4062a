"""Texts of other people: what is allowed stays, and nothing else has an effect."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from pglab.classroom.texts.formula import may_be_shown
from pglab.classroom.texts.safe_text import (
    LANGUAGES,
    own_link,
    plain_line,
    safe_line,
    safe_markdown,
)
from tests.classroom.hostile import TEXTS

ALLOWED = """\
Some **bold**, *italic* and `code*` text\\.

- one
- two
  1. a
  2. b

> quoted

```python
x = "a"  # *no emphasis*
```

$$
\\sum_t \\gamma^t
+ r_t
$$

| a | $b$ |
| --- | --- |
| `c` | *d* |

[see](reinforce?gamma=0.9)"""

# What Streamlit 1.67 makes of a text, even after backslashes: pictures of the names between
# colons, and links of addresses (StreamlitMarkdown.tsx, remark-emoji, mdast-util-gfm-autolink).
_PICTURES = re.compile(r":\+1:|:-1:|:[\w-]+:|:material[_/]\w+:")
_LINKS = re.compile(
    r"(https?://|www(?=\.))[-.\w]+|(?<![-.\w+])[-.\w+]+@[-\w]+(\.[-\w]+)+", re.IGNORECASE
)
_WITHOUT_EFFECT = re.compile(
    r"\\[^\w\s]|(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)|(\$+)[^$]*\2|\]\([^()\s]*\)"
)
# A parser that knows more marks than the safe text may contain.
_PARSER = MarkdownIt("gfm-like", {"html": True, "linkify": False}).use(dollarmath_plugin)
_TOKENS = re.compile(
    "inline|text|softbreak|hardbreak|code_inline|math_inline|math_block|fence|hr"
    "|(paragraph|bullet_list|ordered_list|list_item|blockquote|em|strong|link|table|thead|tbody|t[rhd])"
    "_(open|close)"
)


def tokens_of(markdown: str) -> Iterator[Token]:
    for token in _PARSER.parse(markdown):
        yield token
        yield from token.children or ()


def assert_harmless(markdown: str) -> None:
    for token in tokens_of(markdown):
        assert _TOKENS.fullmatch(token.type)
        if token.type == "text":
            assert not _PICTURES.search(token.content)
            assert not _LINKS.search(token.content)
            assert not re.search("[\u202a-\u202e\u2066-\u2069\0\x1b\n]", token.content)
        if token.type == "fence":
            assert token.info in ("", *LANGUAGES)
        if token.type == "link_open":
            assert own_link(str(token.attrs["href"])) == token.attrs["href"]
        if token.type.startswith("math"):
            assert may_be_shown(token.content)
    # Where Streamlit looks for ":red[…]": outside code, formulas and links, without a backslash.
    assert ":" not in _WITHOUT_EFFECT.sub("", markdown)


_WORDS = ("smile", "red", "www.evil.test", "https://evil.test", "&#58;", "material/home", "a")
_PIECE = st.sampled_from(":[](){}<>*_`$\\!|#-+=~&@.\n ") | st.sampled_from(
    (*_WORDS, "\n\n", "```", "$$", "1. ", "    ", "\\rule")
)


@settings(deadline=None, max_examples=200, derandomize=True, database=None)
@given(st.lists(_PIECE, max_size=30).map("".join))
def test_no_text_has_another_effect(text: str) -> None:
    assert_harmless(safe_markdown(text))
    assert_harmless(safe_line(text))
    assert_harmless(plain_line(text))


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_hostile_texts_become_harmless(text: str) -> None:
    for harmless in (safe_markdown(text), safe_line(text), plain_line(text)):
        assert_harmless(harmless)
        assert "\n" not in plain_line(text)


def test_the_check_finds_harm() -> None:
    found = 0
    for text in TEXTS[:14]:
        try:
            assert_harmless(text)
        except AssertionError:
            found += 1
    assert found == 14


def test_what_is_allowed_stays() -> None:
    assert safe_markdown(ALLOWED) == ALLOWED


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# A *heading*", "**A heading**"),
        ("[bank](https://evil.test)", "bank (`https://evil.test`)"),
        ("![chart](https://evil.test/x.png)", "chart (`https://evil.test/x.png`)"),
        ("see https://a.test/b_c now", "see `https://a.test/b_c` now"),
        ("<b>x</b>", r"\<b\>x\</b\>"),
        ("[home](/?lang=en)", "[home](./?lang=en)"),
        ("```mermaid\nx\n```", "```\nx\n```"),
        ("````\n```\n````", "````\n```\n````"),
        ("$\\href{https://evil.test}{x}$", "`\\href{https://evil.test}{x}`"),
        ("| a |\n|:-:|\n| `x\\|y` |", "| a |\n| --- |\n| `x\\|y` |"),
        ("", ""),
    ],
)
def test_other_marks_become_text(text: str, shown: str) -> None:
    assert safe_markdown(text) == shown


def test_a_line_is_only_text() -> None:
    assert plain_line("1. *a*\n$b$") == r"1\. \*a\* \$b\$"
    assert safe_line("- *a* $b$ `c`") == r"\- *a* $b$ `c`"


@pytest.mark.parametrize(
    "formula", ["\\nabla_\\theta \\log \\pi", "\\hat{R} \\leq \\lambda", "a \\longrightarrow b"]
)
def test_usual_formulas_may_be_shown(formula: str) -> None:
    assert may_be_shown(formula)


@pytest.mark.parametrize(
    "formula",
    [
        "",
        "x" * 1_001,
        "a`b",
        "\\hskip 1em",
        "\\htmlStyle{a}{b}",
        "\\renewcommand\\a{b}",
        "a\\\\[9em]b",
    ],
)
def test_other_formulas_may_not(formula: str) -> None:
    assert not may_be_shown(formula)
