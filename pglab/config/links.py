"""Reads the parameters of a link to a page, for example "?gamma=0.9".

An invalid parameter causes an error message. Parameters that other programs add are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from pglab.config.all_agents import settings_of
from pglab.config.numerals import decimal_number, whole_number
from pglab.config.parsing import AnyConfig, parse_config
from pglab.config.refusals import (
    choose_one_of,
    choose_whole_number,
    default_is_used,
    quoted,
    refused,
    unknown,
)
from pglab.language import DEFAULT_LANGUAGE, _, languages

T = TypeVar("T")

LANGUAGE = "lang"
MOST_UNKNOWN = 8  # the largest number of unknown parameters that get an error message each
# The names of parameters that this module ignores. Advertisements, newsletters and social networks
# add such parameters to links, or Streamlit itself reads them.
_FOREIGN = re.compile(
    r"(utm|hsa|mtm|pk|mc|gad)_.*|_?_hs.*|_g[al]|[a-z]*cl(k?id|src)|[gw]braid|igshi?d?|ref(_src|_url)?"
    r"|li_fat_id|mkt_tok|srsltid|embed(_options)?"
)


def language_parameter(language: str) -> dict[str, str]:
    """The link parameter that chooses a language. The default language needs no parameter."""
    return {} if language == DEFAULT_LANGUAGE else {LANGUAGE: language}


class Link:
    """The parameters of a link. A method that reads a parameter also removes this parameter.

    `problems` lists the error messages about parameters that cannot be used.
    """

    def __init__(self, parameters: Mapping[str, str]) -> None:
        """Leave out the parameters of other programs, and check the parameter for the language."""
        self._left = {
            name: text for name, text in parameters.items() if not _FOREIGN.fullmatch(name)
        }
        self._known: set[str] = set()
        self.problems: list[str] = []
        # The entry script has already set the language, so the language is only checked here.
        self.choice(LANGUAGE, _("Language"), {name: name for name in languages()}, DEFAULT_LANGUAGE)

    def text(self, name: str) -> str | None:
        """Remove a parameter from the link, and return its text, or None if it is missing."""
        self._known.add(name)
        return self._left.pop(name, None)

    def has(self, name: str) -> bool:
        """True if this parameter is still in the link and its text is not empty."""
        return bool(self._left.get(name))

    def has_any(self, *names: str) -> bool:
        """True if at least one of these parameters is still in the link.

        A name that ends with a dot, such as "a.", stands for all names that begin with "a.".
        """
        return any(
            left.startswith(name) if name.endswith(".") else left == name
            for left in self._left
            for name in names
        )

    def choice(self, name: str, label: str, choices: Mapping[str, T], usual: T) -> T:
        """Read a parameter whose text must be a key of `choices`; return the value of this key.

        Return `usual` if the parameter is missing or invalid.
        """
        text = self.text(name)
        if text is None:
            return usual
        if text not in choices:
            self._refuse(name, label, text, choose_one_of(choices))
            return usual
        return choices[text]

    def whole_number(self, name: str, label: str, low: int, high: int, usual: int) -> int:
        """Read an integer from a parameter. The integer must be from `low` to `high`.

        Return `usual` if the parameter is missing or invalid.
        """
        text = self.text(name)
        if text is None:
            return usual
        try:
            number = whole_number(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            self._refuse(name, label, text, choose_whole_number(low, high))
            return usual
        return number

    def point(
        self, name: str, label: str, ranges: Sequence[tuple[float, float]]
    ) -> list[float] | None:
        """Read the coordinates of a point from one parameter.

        `ranges` contains a range for each coordinate. Return None if the parameter is missing or
        invalid, or if a coordinate is out of its range.
        """
        text = self.text(name)
        if text is None:
            return None
        try:
            found = [decimal_number(part) for part in text.split(",", len(ranges))]
            inside = [
                low <= value <= high for value, (low, high) in zip(found, ranges, strict=True)
            ]
        except ValueError:
            inside = [False]
        if not all(inside):
            bounds = "; ".join(_("{:g} to {:g}").format(low, high) for low, high in ranges)
            remedy = _("Write {n} numbers, separated by commas, in these ranges: {bounds}.")
            self._refuse(name, label, text, remedy.format(n=len(ranges), bounds=bounds))
            return None
        return found

    def settings(
        self,
        preset: AnyConfig,
        prefix: str = "",
        offered: Mapping[str, Collection[str]] | None = None,
    ) -> tuple[AnyConfig, list[str]]:
        """Read all settings from the link.

        Args:
            preset: the values of the settings that are not in the link.
            prefix: the text before each setting's name in the link.
            offered: maps the name of a setting to the values that the page offers. Other values of
                this setting are refused.

        Returns:
            The configuration with the settings of the link, and an error message for each value
            that is refused.
        """
        texts: dict[str, str] = {}
        problems: list[str] = []
        for name, described in settings_of(preset).items():
            text = self.text(prefix + name)
            if text is None:
                continue
            if offered and text not in offered.get(name, (text,)):
                sentence = refused(_(described.label), name, quoted(text))
                problems.append(default_is_used(f"{sentence} {choose_one_of(offered[name])}"))
            else:
                texts[name] = text
        config, unusable = parse_config(preset, texts)
        return config, problems + unusable

    def refuse_the_rest(self) -> None:
        """Refuse all parameters that are still in the link.

        A page calls this method after the page has read all parameters that it knows.
        """
        for name in list(self._left)[:MOST_UNKNOWN]:
            self.problems.append(unknown(name, self._known))
        further = len(self._left) - MOST_UNKNOWN
        if further > 0:
            self.problems.append(
                _("{n:,} more unknown parameters of the link are ignored.").format(n=further)
            )
        self._left.clear()

    def _refuse(self, name: str, label: str, text: str, remedy: str) -> None:
        self.problems.append(default_is_used(f"{refused(label, name, quoted(text))} {remedy}"))
