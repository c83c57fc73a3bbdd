"""Formulas on a page: LaTeX becomes MathML, with the font that draws it."""

from __future__ import annotations

import base64
import functools
import html
from importlib import resources
from typing import Any

from markupsafe import Markup

__all__ = ["font_css", "mathml"]


def mathml(latex: str, *, display: bool = False) -> Markup:
    """Return a formula as MathML; where the converter cannot read it, the LaTeX itself, escaped.

    Examples
    --------
    >>> mathml("a^2")
    Markup('<math><msup><mi>a</mi><mn>2</mn></msup></math>')
    >>> mathml(r"\\nonsense{<b>}")
    Markup('<code class="latex">\\\\nonsense{&lt;b&gt;}</code>')
    """
    import math_core

    try:
        return Markup(_converter().convert_with_local_state(latex, displaystyle=display))  # noqa: S704 - math-core escapes
    except math_core.LatexError:
        return Markup(f'<code class="latex">{html.escape(latex)}</code>')  # noqa: S704 - escaped here


@functools.cache
def _converter() -> Any:
    import math_core

    return math_core.LatexToMathML()


@functools.cache
def font_css() -> str:
    """Return the @font-face rule with the font inside: fences stretch only with an OpenType mathematics font."""
    font = resources.files("backproof").joinpath("data/stix-two-math-subset.woff2").read_bytes()
    encoded = base64.b64encode(font).decode("ascii")
    return (
        '@font-face{font-family:"STIX Two Math";font-display:block;'
        f'src:url(data:font/woff2;base64,{encoded}) format("woff2")}}'
    )
