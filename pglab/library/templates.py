"""The templates of a package: those of scripts, and those of pages."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def templates_of(package: str, *, html: bool) -> Environment:
    """The templates in the folder `templates` of a package.

    A line with only a statement leaves no line in the result. A name that is missing is an error.

    Args:
        package: the dotted name of the package.
        html: if true, every text that is not `Markup` is escaped. Otherwise, the templates write
            source code, which ends with a line break.
    """
    return Environment(
        loader=PackageLoader(package),
        autoescape=html,
        keep_trailing_newline=not html,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
