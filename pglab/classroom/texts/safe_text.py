"""Makes Markdown of unknown people harmless, so that `st.markdown` can show it.

Emphasis, lists, tables, quotations, code and formulas stay. A heading becomes a bold line. Links
to the app's own pages stay. Other links and pictures are replaced by their texts and addresses.
Everything else is shown as plain text, for example HTML and Streamlit's ":red[…]".

The functions parse the Markdown, and write only the allowed parts again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.dollarmath import dollarmath_plugin

from pglab.classroom.checks import LessonError
from pglab.classroom.place import read_address, relative_link
from pglab.classroom.texts.formula import may_be_shown
from pglab.library.cleaned_text import cleaned, cleaned_line
from pglab.library.model_card.markdown import with_backslashes

# Only these languages of code are named to the browser: it would draw the language "mermaid".
LANGUAGES = ("python", "bash", "json", "text")
# Browsers would make links of addresses and pictures of names between colons, although there are
# backslashes before the marks. An invisible character prevents it.
_JOINER = "\u2060"
_BEFORE_JOINER = re.compile(
    r":(?=[\w+\-/]+:)|https?(?=:)|www(?=\.)|(?<=[\w.+\-])@(?=[\w\-])", re.IGNORECASE
)
_ADDRESS = re.compile(r"((?:https?://|www\.)[^\s<>`]+)", re.IGNORECASE)
_HAS_SERVER = re.compile(r"[a-z][a-z0-9+.\-]*:|//|\\", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=1_000)
def safe_markdown(text: str) -> str:
    """Return harmless Markdown that shows the text; see this module for what stays."""
    return _blocks(_parsed(text))


def safe_line(text: str) -> str:
    """Return one line of harmless Markdown. Emphasis, code, formulas and links to the app stay."""
    root = SyntaxTreeNode(_parser().parseInline(cleaned_line(text)))
    return _inline(root).strip()


def plain_line(text: str) -> str:
    """Return one line of Markdown that shows a text, such as a title, exactly as it is."""
    return _without_effect(cleaned_line(text))


def _parsed(text: str) -> SyntaxTreeNode:
    """Clean a Markdown text, and parse it into a syntax tree."""
    return SyntaxTreeNode(_parser().parse(cleaned(text)))


def new_parser() -> MarkdownIt:
    """Make a Markdown parser that knows formulas, but not HTML."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    return parser.use(dollarmath_plugin, allow_labels=False, allow_space=False, double_inline=True)


def own_link(href: str) -> str | None:
    """Return a link to the page of the app that `href` names; None if it names no such page."""
    if _HAS_SERVER.match(href) or href.startswith("#"):
        return None
    try:
        return relative_link(*read_address(href))
    except LessonError:
        return None


@cache
def _parser() -> MarkdownIt:
    return new_parser()


# --- Blocks


def _blocks(node: SyntaxTreeNode, between: str = "\n\n") -> str:
    return between.join(filter(None, map(_block, node.children)))


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "paragraph":
            return _inline(node).strip()
        case "heading":
            line = _SPACES.sub(" ", _inline(node, plain=True)).strip()
            return f"**{line}**" if line else ""
        case "bullet_list":
            return _list(node, lambda _number: "- ")
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            return _list(node, lambda number: f"{first + number}. ")
        case "blockquote":
            return _indented(_blocks(node), "> ", "> ")
        case "fence" | "code_block":
            return _fenced(node.content, node.info)
        case "math_block":
            return _formula_block(node.content)
        case "hr":
            return "***"
        case "table":
            return _table(node)
    return _without_effect(node.content)  # no other block is known


def _list(node: SyntaxTreeNode, mark: Callable[[int], str]) -> str:
    """Write the items of a list, with empty lines between the items of a loose list."""
    is_tight = all(
        part.hidden for item in node.children for part in item.children if part.type == "paragraph"
    )
    between = "\n" if is_tight else "\n\n"
    return between.join(
        _indented(_blocks(item, between), mark(number), " " * len(mark(number)))
        for number, item in enumerate(node.children)
    )


def _table(node: SyntaxTreeNode) -> str:
    """Write a table. Its first row is the header, and all columns have the default alignment."""
    rows = [
        [_cell(cell) for cell in row.children] for part in node.children for row in part.children
    ]
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(node: SyntaxTreeNode) -> str:
    """Write a cell. Each "|" is escaped, because it would begin the next cell, even in code."""
    return _inline(node).strip().replace("\\|", "|").replace("|", "\\|").replace("\n", " ")


def _indented(text: str, first: str, other: str) -> str:
    lines = text.split("\n")
    return "\n".join(
        (first if number == 0 else other) + line
        if line
        else (first if number == 0 else other).rstrip()
        for number, line in enumerate(lines)
    )


def _fenced(code: str, info: str) -> str:
    language = info.strip().lower()
    fence = "`" * max(3, _longest_run(code) + 1)
    return f"{fence}{language if language in LANGUAGES else ''}\n{code.rstrip()}\n{fence}"


def _formula_block(formula: str) -> str:
    formula = "\n".join(line for line in formula.split("\n") if line.strip())
    return f"$$\n{formula}\n$$" if may_be_shown(formula) else _fenced(formula, "")


# --- Inside a line


def _inline(node: SyntaxTreeNode, *, plain: bool = False) -> str:
    """Write the parts of a line; if `plain` is true, leave out emphasis."""
    return _joined(_pieces(node, plain))


def _joined(pieces: Iterable[str]) -> str:
    """Join the pieces; an invisible character separates equal marks of neighbouring pieces."""
    line = ""
    for piece in filter(None, pieces):
        between = _JOINER if line[-1:] == piece[0] and piece[0] in "`$*" else ""
        line += between + piece
    return line


def _pieces(node: SyntaxTreeNode, plain: bool) -> Iterator[str]:
    for child in node.children:
        inside = _inline(child, plain=plain) if child.children else ""
        match child.type:
            case "inline":
                yield inside
            case "em" | "strong":
                mark = "" if plain else {"em": "*", "strong": "**"}[child.type]
                yield f"{mark}{inside}{mark}"
            case "softbreak":
                yield "\n"
            case "hardbreak":
                yield "\\\n"
            case "code_inline":
                yield _code(child.content)
            case "math_inline" | "math_inline_double":
                yield _formula(child.content)
            case "link":
                yield _link(inside, str(child.attrs.get("href", "")))
            case "image":
                yield _beside(inside, str(child.attrs.get("src", "")))
            case _:
                yield _text(child.content)


def _text(text: str) -> str:
    """Return a text in which addresses are shown as code."""
    parts = _ADDRESS.split(_SPACES.sub(" ", cleaned(text)))  # entities may bring new characters
    return _joined(
        _code(part) if number % 2 else _without_effect(part) for number, part in enumerate(parts)
    )


def _without_effect(text: str) -> str:
    joined = _BEFORE_JOINER.sub(rf"\g<0>{_JOINER}", text)
    return with_backslashes(joined)


def _code(code: str) -> str:
    code = _SPACES.sub(" ", code)
    if not code:
        return ""
    mark = "`" * (_longest_run(code) + 1)
    space = " " if code.startswith("`") or code.endswith("`") else ""
    return f"{mark}{space}{code}{space}{mark}"


def _formula(formula: str) -> str:
    formula = _SPACES.sub(" ", formula).strip()
    return f"${formula}$" if may_be_shown(formula) else _code(formula)


def _link(shown: str, href: str) -> str:
    own = own_link(href)
    return _beside(shown, href) if own is None else f"[{shown}]({own})"


def _beside(shown: str, address: str) -> str:
    """Return the text of a link or of a picture, and its address."""
    code = _code(address)
    if not address or shown.strip() == code:
        return shown
    return f"{shown} ({code})" if shown.strip() else code


def _longest_run(text: str) -> int:
    """Return the length of the longest sequence of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)
