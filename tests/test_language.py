"""Texts appear in the chosen language, or in English if there is no translation."""

from __future__ import annotations

from pathlib import Path

import pytest

from pglab import language


@pytest.fixture
def translated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write two texts in English, and a translation of only one of them."""
    for name in ("en/both", "en/one", "ru/both"):
        file = tmp_path / "content" / f"{name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{name}: обе", encoding="utf-8")
    monkeypatch.setattr(language, "_ROOT", tmp_path)


@pytest.mark.usefixtures("translated")
def test_prose_falls_back_to_english() -> None:
    token = language._language.set("ru")
    try:
        assert language.content("both") == "ru/both: обе"
        assert language.content("one") == "en/one: обе"
    finally:
        language._language.reset(token)
    assert language.content("both") == "en/both: обе"


def test_short_strings_without_a_translation_stay() -> None:
    assert language._("Discount γ") == language.N_("Discount γ") == "Discount γ"
    assert [language.ngettext("{n} seed", "{n} seeds", n) for n in (0, 1, 2)] == [
        "{n} seeds",
        "{n} seed",
        "{n} seeds",
    ]
