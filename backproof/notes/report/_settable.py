r"""LaTeX of real notes in a form that the converter to MathML takes: environments without numbers, scripts written once."""

from __future__ import annotations

import re

_NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|gather|multline)\}")
_ALIGNED = re.compile(
    r"\\(begin|end)\{(?:eqnarray|flalign|alignat|xalignat|IEEEeqnarray)\*?\}(?:\{[^{}]*\})?"
)
_BARE = re.compile(
    r"\\(?:begin|end)\{(?:displaymath|math|dmath)\*?\}|\\(?:label|tag\*?|eqref)\{[^{}]*\}|\\(?:nonumber|notag|ensuremath)\b"
)
_PRIMED = re.compile(r"\^\{([^{}]*)\}('+)")
_TWICE = re.compile(r"\^\{([^{}]*)\}\s*\^(?:\{([^{}]*)\}|(\\[A-Za-z]+|\w))")


def settable(latex: str) -> str:
    r"""The same formula, as the converter takes it.

    Examples
    --------
    >>> settable(r"\begin{eqnarray} a &=& b \label{e} \end{eqnarray}")
    '\\begin{align*} a &= b  \\end{align*}'
    >>> settable("g^{[l]}'(z) W^{[l]}^T")
    'g^{[l]\\prime }(z) W^{[l]T}'
    """
    latex = _BARE.sub("", latex.encode("utf-8", "replace").decode())
    latex = _NUMBERED.sub(r"\\\1{\2*}", latex)
    aligned = _ALIGNED.sub(r"\\\1{align*}", latex)
    if aligned != latex:
        latex = re.sub(r"&\s*(=|\\approx|\\equiv|\\le|\\ge|<|>)\s*&", r"&\1", aligned)
    latex = _PRIMED.sub(lambda m: "^{" + m[1] + "\\prime " * len(m[2]) + "}", latex)
    latex = _TWICE.sub(lambda m: "^{" + m[1] + (m[2] or m[3]) + "}", latex)
    return latex.replace("\\mathds", "\\mathbb").replace("\\bm{", "\\boldsymbol{")
