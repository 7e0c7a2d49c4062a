"""Loads the Jinja templates of a package, for scripts or for HTML pages."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def templates_of(package: str, *, html: bool) -> Environment:
    """Return the Jinja environment with the templates in the folder `templates` of a package.

    A line with only a statement adds no line to the result. A missing name is an error.

    Args:
        package: the dotted name of the package.
        html: if true, every text that is not `Markup` is escaped. Otherwise, the templates write
            source code, and the line break at its end is kept.
    """
    return Environment(
        loader=PackageLoader(package),
        autoescape=html,
        keep_trailing_newline=not html,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
