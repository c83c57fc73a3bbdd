r"""Formulas in the addresses of pictures, as in ``…/svg.latex?\frac{a}{b}``, and pictures of formulas."""

from __future__ import annotations

import re

from ._formula import Formula, formula_of
from ._source import ADDRESS_ESCAPES, Lines, Source, unescaped

_ADDRESS = re.compile(
    r"(?:latex\?|(?:svg|png|gif|pdf)\.image\?|math\?|mimetex\.cgi\?|mathtex\.cgi\?|[?&](?:tex|math|latex|from|chl|eq)=)(?=.)",
    re.DOTALL,
)
_STYLE = re.compile(r"\\(?:inline|dpi\{\d+\}|bg_\w+|fn_\w+|large|Large|huge|displaystyle)(?![A-Za-z])\s*")
_ABOUT_FORMULAS = re.compile(r"(?i)latex|equation|formula|math|eqn")


def picture(
    address: Source, alt: Source, lines: Lines, span: tuple[int, int], *, always: bool = False
) -> Formula | None:
    """Read the formula of a picture: from its address, from dollars in its alternative text, or as a picture only.

    None for a picture that has nothing to do with formulas, unless it counts as one ``always``.
    """
    match = _ADDRESS.search(address.text)
    if match is not None:
        latex = unescaped(address.cut([(match.end(), len(address.text))]), ADDRESS_ESCAPES)
        style = _STYLE.match(latex.text.lstrip())
        skip = len(latex.text) - len(latex.text.lstrip()) + (style.end() if style else 0)
        found = formula_of(latex.cut([(skip, len(latex.text))]), lines, span, display=True)
        if found is not None:
            return found
    quoted = re.fullmatch(r"\s*(\${1,2})([^$]+)\1\s*", alt.text)
    if quoted is not None:
        return formula_of(alt.cut([quoted.span(2)]), lines, span, display=quoted[1] == "$$")
    if always or _ABOUT_FORMULAS.search(f"{address.text} {alt.text}"):
        return formula_of(address, lines, span, display=True, image=True)
    return None
