"""A page of ours: one file that opens without a network and without a script, in light and dark, and prints well."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from backproof.report._math import font_css

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["fragment", "render"]


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,  # a name that the template misspells is an error, not a hole in the page
        autoescape=True,
        trim_blocks=True,
    )


def render(template: str, *, title: str, **values: Any) -> str:
    """Fill a template; everything that is not `Markup` is escaped.

    Parameters
    ----------
    template : str
        A file of ``backproof/report/templates``.
    title : str
        Of the page.
    **values
        What the template names.

    Returns
    -------
    str
        The whole page, the font for its formulas inside.
    """
    return _environment().get_template(template).render(title=title, font=Markup(font_css()), **values)  # noqa: S704 - ours


def fragment(template: str, **values: Any) -> Markup:
    """Fill a template that is part of a page; everything that is not `Markup` is escaped."""
    return Markup(_environment().get_template(template).render(**values))  # noqa: S704 - autoescaped
