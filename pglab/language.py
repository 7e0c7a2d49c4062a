"""The interface's language: gettext for short strings, Markdown files for long prose.

A second language is added with a folder `content/<language>/` and a catalogue
`locale/<language>/LC_MESSAGES/pglab.mo`; no page needs to change.
"""

from __future__ import annotations

import gettext
from contextvars import ContextVar
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parent
DEFAULT_LANGUAGE = "en"

# Per context, since several visitors with different languages share one process.
_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)


def use_language(language: str) -> None:
    """Choose the language of what this context shows; the default if there is no such language."""
    _language.set(language if language in languages() else DEFAULT_LANGUAGE)


@cache
def languages() -> tuple[str, ...]:
    """The languages that there are, the default first."""
    found = {folder.name for folder in (_ROOT / "content").iterdir() if folder.is_dir()}
    return (DEFAULT_LANGUAGE, *sorted(found - {DEFAULT_LANGUAGE}))


def _(message: str) -> str:
    """The message in the chosen language; the message itself where there is no translation."""
    return _catalogue(_language.get()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """The form that suits a number, in the chosen language; `{n}` in it is filled in by callers."""
    return _catalogue(_language.get()).ngettext(singular, plural, number)


def N_(message: str) -> str:  # noqa: N802 (gettext's own name)
    """Mark a message for the catalogue where it is written but translated where it is shown."""
    return message


def content(name: str) -> str:
    """The Markdown text `name` in the chosen language, in English where it is not translated."""
    translated = _ROOT / "content" / _language.get() / f"{name}.md"
    path = translated if translated.exists() else _ROOT / "content" / "en" / f"{name}.md"
    return path.read_text(encoding="utf-8")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("pglab", _ROOT / "locale", [language], fallback=True)
