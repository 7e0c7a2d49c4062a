"""The language of the pages: gettext translates short texts, and Markdown files hold long texts.

To add a language, add a folder `content/<language>/` and a catalogue
`locale/<language>/LC_MESSAGES/pglab.mo`. The pages need no changes.
"""

from __future__ import annotations

import gettext
from contextvars import ContextVar
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parent
DEFAULT_LANGUAGE = "en"

# Each context (`contextvars`) has its own language, because visitors with different languages share
# one process.
_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)


def use_language(language: str) -> None:
    """Choose the language of all texts in this context. An unknown language becomes English."""
    _language.set(language if language in languages() else DEFAULT_LANGUAGE)


@cache
def languages() -> tuple[str, ...]:
    """All available languages. The default language comes first."""
    found = {folder.name for folder in (_ROOT / "content").iterdir() if folder.is_dir()}
    return (DEFAULT_LANGUAGE, *sorted(found - {DEFAULT_LANGUAGE}))


def current_language() -> str:
    """The chosen language of this context, for example "en"."""
    return _language.get()


def _(message: str) -> str:
    """Translate a message into the chosen language. Without a translation, return the message."""
    return _catalogue(_language.get()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Translate `singular` or `plural`, depending on `number`. The caller replaces `{n}`."""
    return _catalogue(_language.get()).ngettext(singular, plural, number)


def N_(message: str) -> str:  # noqa: N802 (gettext's own name)
    """Mark a message for the translation catalogue. Later, the function `_` translates it."""
    return message


def content(name: str) -> str:
    """The Markdown text `name` in the chosen language; if it is not translated, in English."""
    translated = _ROOT / "content" / _language.get() / f"{name}.md"
    path = translated if translated.exists() else _ROOT / "content" / "en" / f"{name}.md"
    return path.read_text(encoding="utf-8")


def content_names(folder: str) -> list[str]:
    """The names of all texts in a folder of the content, for example "lessons", in order."""
    return sorted(path.stem for path in (_ROOT / "content" / "en" / folder).glob("*.md"))


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("pglab", _ROOT / "locale", [language], fallback=True)
