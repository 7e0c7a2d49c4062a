"""Writes and reads the parameter `lesson`, with which a link names a lesson.

The parameter has three forms. For a lesson that comes with the app, it is a name in small letters.
For a lesson in the library, it is an address of 16 digits and capital letters. For a complete
lesson, it is "1." and the compressed file of the lesson.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from pglab.classroom.checks import LessonError
from pglab.classroom.lesson import Lesson
from pglab.classroom.lesson_file import MOST_BYTES, read_lesson, written_lesson
from pglab.language import _

MOST_IN_LINK = 7_000  # characters; many servers refuse longer addresses than 8,000
_PREFIX = "1."  # the version of this form
_ANY_VERSION = re.compile(r"[0-9]{1,9}\.")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_RAW = -zlib.MAX_WBITS  # without zlib's header


def complete_text(lesson: Lesson) -> str:
    """Write the complete lesson as text for a link.

    Raises:
        LessonError: the text would be too long for a link.
    """
    compressor = zlib.compressobj(level=9, wbits=_RAW)
    file = written_lesson(lesson).encode()
    packed = compressor.compress(file) + compressor.flush()
    text = _PREFIX + base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")
    if len(text) > MOST_IN_LINK:
        raise LessonError(
            _("The lesson is too long for a link. Take it along as a file, or shorten it.")
        )
    return text


def read_complete_text(text: str) -> Lesson:
    """Read the lesson from the text of a link.

    Raises:
        LessonError: the text is damaged, or the lesson cannot be used.
    """
    if not text.startswith(_PREFIX) and _ANY_VERSION.match(text):
        raise LessonError(
            _("A newer version of the app has made this link. Update the app to open it.")
        )
    if not text.startswith(_PREFIX) or len(text) > MOST_IN_LINK:
        raise LessonError(_damaged())
    body = text.removeprefix(_PREFIX)
    unpacker = zlib.decompressobj(wbits=_RAW)
    try:
        packed = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        file = unpacker.decompress(packed, MOST_BYTES + 1)
    except (ValueError, binascii.Error, zlib.error) as error:
        raise LessonError(_damaged()) from error
    if len(file) > MOST_BYTES or not unpacker.eof or unpacker.unused_data:
        raise LessonError(_damaged())
    return read_lesson(file)


def is_complete(text: str) -> bool:
    """True if the text has the form of a complete lesson."""
    return _ANY_VERSION.match(text) is not None


def is_name(text: str) -> bool:
    """True if the text could be the name of a lesson that comes with the app."""
    return _NAME.fullmatch(text) is not None


def _damaged() -> str:
    return _("The link to the lesson is damaged. Copy the whole link again.")
