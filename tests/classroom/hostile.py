"""Texts with which somebody may try to reach out of a lesson, and damaged files and links."""

from __future__ import annotations

import base64
import random
import zlib
from collections.abc import Iterator

from pglab.classroom.lesson_file import written_lesson
from pglab.classroom.lesson_link import complete_text
from tests.classroom.lessons import EXAMPLE

TEXTS = (
    "![picture](https://evil.test/x.png) ![](data:image/png;base64,AAAA)",
    "[your bank](https://evil.test) [a](//evil.test/reinforce) [b](javascript:alert(1))",
    "<https://evil.test> https://evil.test/a_b www.evil.test HTTP://EVIL.TEST a@evil.test",
    "[a][1] [1]\n\n[1]: https://evil.test 'title'",
    "<script>alert(1)</script><img src=x onerror=alert(1)>\n\n<div onclick=x>\n\n&lt;b&gt;",
    ":red[x] :small[x] :blue-badge[x] :help[x] :color[x]{foreground='red'} :shimmer[x]",
    ":material/home: :material_home: :streamlit: :smile: :+1: :-1: :smi*le*: :\\smile:",
    "&#58;smile&#58; &#104;ttps&#58;//evil.test &#x202e;abc&#10;&#10;# heading &#0;",
    "::leaf[x]{a=b}\n\n:::note\nx\n:::",
    "```mermaid\ngraph TD; A-->B\n```\n\n~~~html\n<b>\n~~~",
    "$\\href{https://evil.test}{x}$ $\\includegraphics{x}$ $\\rule{99em}{99em}$ $\\def\\a{b}$",
    "$$\n\\kern-99em x\n$$\n\n$a$$b$ $x\\\\[99em]y$ $`x`$",
    "\u202egnp.exe\u202c \u2066x\u2069 a\0b \x1b[31m \ud800",
    "# one\n## two\n1) a\n- [ ] b\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\na[^1]\n\n[^1]: b",
    "> " * 500 + "x",
    "[" * 3_000,
    "*a" * 3_000,
    "- " * 2_000 + "x",
    "a" * 10_000,
)

_PIECES = (
    b"\0",
    b"\xff\xfe",
    b"## ",
    b"\n---\n",
    b"### Question\n",
    b"\nminutes: 99999999999999999999999999\n",
    b"\nminutes: 1e400\n",
    b"\nopen: https://[::1/reinforce?%ff=%00&&=&a\n",
    b"\nopen: reinforce?" + b"a=1&" * 500,
    b"\npglab-lesson: 2\n",
    b"- [x] a\n- [x] a\n",
    b"> " * 3_000,
    b"[" * 3_000,
    b"\\" * 3_000,
    "\u202e\u2028\u0085".encode(),
    b"x" * 500_000,
)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The data with one to three kinds of damage."""
    for _time in range(chance.randint(1, 3)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data = data[:place]
            case 1:
                data = data[:place] + chance.choice(_PIECES) + data[place:]
            case 2:
                lines = data.split(b"\n")
                del lines[chance.randrange(len(lines))]
                data = b"\n".join(lines)
            case 3:
                lines = data.split(b"\n")
                chance.shuffle(lines)
                data = b"\n".join(lines)
            case 4:
                flipped = bytearray(data)
                for _flip in range(min(len(data), 3)):
                    flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
                data = bytes(flipped)
    return data


def damaged_files(number: int) -> Iterator[bytes]:
    """Damaged files of a lesson, always the same ones."""
    chance = random.Random(1)
    for _file in range(number):
        yield damaged(written_lesson(EXAMPLE).encode(), chance)


def damaged_links(number: int) -> Iterator[str]:
    """Damaged texts of links to a lesson, always the same ones."""
    chance = random.Random(2)
    good = complete_text(EXAMPLE)
    file = written_lesson(EXAMPLE).encode()
    for link in range(number):
        match link % 5:
            case 0:
                yield damaged(good.encode(), chance).decode("latin-1")
            case 1:
                yield packed(damaged(file, chance))
            case 2:
                yield packed(bytes(10_000_000) if link % 2 else file + bytes(link), chance.random())
            case 3:
                yield f"{chance.choice(('', '0.', '2.', '1', '999999999999.'))}{good[2:]}"
            case 4:
                yield good[: chance.randrange(len(good))] + chance.choice(("", "=", "%", "\u202e"))


def packed(file: bytes, kept: float = 1.0) -> str:
    """The text of a link with these bytes, of which only the first part may be kept."""
    compressor = zlib.compressobj(level=9, wbits=-zlib.MAX_WBITS)
    whole = compressor.compress(file) + compressor.flush()
    part = whole[: max(1, int(kept * len(whole)))]
    return "1." + base64.urlsafe_b64encode(part).decode().rstrip("=")
