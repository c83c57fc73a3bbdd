r"""A matrix formula as LaTeX: \frac{1}{m} dZ A^{T}."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from symbolic.tensor._matrix_form import Convention, Formula, Writer, matrix_form
from symbolic.tensor._nodes import Tensor
from symbolic.tensor._text import ATOM, BINDS, gathered

GREEK = frozenset(
    word.strip()
    for word in [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "varepsilon",
        "zeta",
        "eta",
        "theta",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "pi",
        "rho",
        "sigma",
        "tau",
        "phi",
        "varphi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Phi",
        "Psi",
        "Omega",
    ]
)
UPRIGHT = frozenset(["exp", "log", "tanh", "max"])


def to_latex(
    node: Tensor, names: Mapping[str, Tensor] | None = None, convention: Convention = "columns"
) -> str:
    r"""Write an expression as LaTeX, without dollar signs.

    Parameters
    ----------
    node : Tensor
    names : mapping from str to Tensor, optional
        Parts to be written by name.
    convention : {"columns", "rows"}, default "columns"
        As for `to_text`.

    Returns
    -------
    str
        `\circ` multiplies entry by entry; a fraction of matrices divides entry by entry.

    Examples
    --------
    >>> from symbolic.tensor import axis, tensor, to_latex
    >>> n, k, m = axis("n"), axis("k"), axis("m")
    >>> print(to_latex(tensor("dZ", n, m) @ tensor("A_prev", k, m).T / m.size))
    \frac{1}{m} dZ A_{prev}^{T}
    """
    writer = Writer({part: name for name, part in (names or {}).items()}, convention)
    return _write(matrix_form(node, writer))


def latex_name(name: str) -> str:
    """Write a name as LaTeX: Greek letters, subscripts; what already is LaTeX stays."""
    if "{" in name or "\\" in name or "^" in name:
        return name
    head, *subscripts = name.split("_")
    match = re.match(r"(d?)([^\W\d]+)(\d*)('*)\Z", head)
    if match is None:
        return name
    prefix, letters, digits, primes = match.groups()
    if prefix + letters in GREEK:
        shown = f"\\{prefix}{letters}"
    elif letters in GREEK and prefix:
        shown = f"d\\{letters}"
    else:
        whole = prefix + letters
        shown = whole if len(letters) <= 2 else rf"\mathrm{{{whole}}}"
    below = ",".join([*([digits] if digits else []), *subscripts])
    return shown + primes + (f"_{{{below}}}" if below else "")


def _write(formula: Formula) -> str:
    parts = formula.parts
    kind = formula.kind
    if kind == "word":
        return latex_name(formula.word)
    if kind == "number":
        return _number(formula.value)
    if kind == "entry":
        name, _, letters = formula.word.partition("|")
        shown = latex_name(name)
        return f"({shown})_{{{letters}}}" if "_" in shown else f"{shown}_{{{letters}}}"
    if kind == "transpose":
        return _raised(parts[0], "T")
    if kind == "matmul":
        return " ".join(_wrapped(part, 5) for part in parts)
    if kind == "hadamard":
        return r" \circ ".join(_wrapped(part, 5) for part in parts)
    if kind == "sqrt":
        return rf"\sqrt{{{_write(parts[0])}}}"
    if kind == "apply":
        return _apply(formula)
    if kind == "over":
        return rf"\frac{{{_write(parts[0])}}}{{{_write(parts[1])}}}"
    if kind == "power":
        return _raised(parts[0], rf"\circ {formula.value}" if formula.word else str(formula.value))
    if kind == "sum":
        return rf"\sum_{{{','.join(map(latex_name, formula.word.split(',')))}}} {_wrapped(parts[0], 3)}"
    if kind == "add":
        return _sum(formula)
    return _scaled(formula)


def _raised(base: Formula, exponent: str) -> str:
    shown = _wrapped(base, 7)
    if "^" in shown and base.kind == "word":  # W^{[l]} with a transpose: W^{[l]T}
        head, _, tail = shown.partition("^")
        if tail.startswith("{") and tail.endswith("}"):
            return f"{head}^{{{tail[1:-1]}{exponent}}}"
        shown = f"({shown})"
    elif base.kind == "apply" and "^" in shown:
        shown = rf"\left({shown}\right)"
    return f"{shown}^{{{exponent}}}"


def _number(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value)
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def _wrapped(formula: Formula, least: int) -> str:
    shown = _write(formula)
    binds = ATOM if formula.kind == "over" and least <= 5 else BINDS.get(formula.kind, ATOM)
    if formula.kind == "number" and formula.value < 0:
        binds = 1
    return shown if binds >= least else rf"\left({shown}\right)"


def _apply(formula: Formula) -> str:
    name, _, axes = formula.word.partition("|")
    bare = name.rstrip("'")
    primes = name[len(bare) :]
    if bare == "sigmoid":
        head = r"\sigma"
    elif bare in UPRIGHT:
        head = f"\\{bare}"
    else:
        head = bare if len(bare) == 1 else rf"\mathrm{{{bare.replace('_', '-')}}}"
    below = f"_{{{','.join(map(latex_name, axes.split(',')))}}}" if axes else ""
    inside = ", ".join(map(_write, formula.parts))
    return rf"{head}{primes}{below}\left({inside}\right)"


def _sum(formula: Formula) -> str:
    shown = ""
    for coefficient, part in zip(formula.signs, formula.parts, strict=True):
        term = _term(coefficient, part)
        shown += term if not shown else f" - {term[1:]}" if term.startswith("-") else f" + {term}"
    return shown


def _term(coefficient: Fraction, part: Formula) -> str:
    if part.kind == "number":
        return _number(coefficient * part.value)
    if part.kind == "scaled":
        return _scaled(Formula("scaled", part.parts, part.word, part.value * coefficient))
    if abs(coefficient) == 1:
        term = _wrapped(part, 2)
        return f"-{term}" if coefficient < 0 else term
    return _scaled(Formula("scaled", (part,), "", coefficient))


def _scaled(formula: Formula) -> str:
    above, below, rest = gathered(formula)
    value = abs(formula.value)
    top = [*([str(value.numerator)] if value.numerator != 1 else []), *(_wrapped(part, 5) for part in above)]
    bottom = [
        *([str(value.denominator)] if value.denominator != 1 else []),
        *(_wrapped(part, 5) for part in below),
    ]
    front = r" \, ".join(top)
    if bottom:
        front = "\\frac{" + (front or "1") + "}{" + " \\, ".join(bottom) + "}"
    single = len(rest) == 1 and rest[0].kind == "sum"
    body = " ".join(_wrapped(part, 2 if single else 4) for part in rest)
    return ("-" if formula.value < 0 else "") + " ".join(piece for piece in (front, body) if piece)
