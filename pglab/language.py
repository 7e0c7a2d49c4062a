"""The interface's language: gettext for short strings, Markdown files for long prose.

To add a language, add a folder `content/<language>/` and a catalogue
`locale/<language>/LC_MESSAGES/pglab.mo`; the pages do not change.
"""

from __future__ import annotations

import gettext
from contextvars import ContextVar
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parent
DEFAULT_LANGUAGE = "en"

# Each context has its own language, because visitors with different languages share one process.
_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)


def use_language(language: str) -> None:
    """Choose the language of all texts in this context; if it is unknown, choose English."""
    _language.set(language if language in languages() else DEFAULT_LANGUAGE)


@cache
def languages() -> tuple[str, ...]:
    """All available languages; the default comes first."""
    found = {folder.name for folder in (_ROOT / "content").iterdir() if folder.is_dir()}
    return (DEFAULT_LANGUAGE, *sorted(found - {DEFAULT_LANGUAGE}))


def _(message: str) -> str:
    """Translate a message into the chosen language; without a translation, it stays as it is."""
    return _catalogue(_language.get()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Translate `singular` or `plural`, whichever fits `number`; the caller fills in `{n}`."""
    return _catalogue(_language.get()).ngettext(singular, plural, number)


def N_(message: str) -> str:  # noqa: N802 (gettext's own name)
    """Mark a message for the translation catalogue; `_` translates it when a page shows it."""
    return message


def content(name: str) -> str:
    """The Markdown text `name` in the chosen language, or in English if there is no translation."""
    translated = _ROOT / "content" / _language.get() / f"{name}.md"
    path = translated if translated.exists() else _ROOT / "content" / "en" / f"{name}.md"
    return path.read_text(encoding="utf-8")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("pglab", _ROOT / "locale", [language], fallback=True)
