"""A matrix formula as one line of text: (1/m) dZ Aᵀ."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from symbolic.tensor._matrix_form import Convention, Formula, Writer, matrix_form
from symbolic.tensor._nodes import Tensor

# How tightly each operation binds: what binds looser than its surroundings gets brackets.
BINDS = {"add": 1, "over": 2, "scaled": 2, "hadamard": 3, "sum": 2, "matmul": 4, "power": 6, "transpose": 6}
ATOM = 9


def to_text(
    node: Tensor, names: Mapping[str, Tensor] | None = None, convention: Convention = "columns"
) -> str:
    """Write an expression in matrix notation where it has one, else in index notation.

    Parameters
    ----------
    node : Tensor
    names : mapping from str to Tensor, optional
        Parts to be written by name: `{"dZ": dZ}`.
    convention : {"columns", "rows"}, default "columns"
        "columns": matrices as they are. "rows": the formula that people write whose examples are rows, in which
        every matrix, the result included, is the transpose of the one here.

    Returns
    -------
    str
        ᵀ transposes, ∘ multiplies and ^∘2 squares entry by entry, / divides entry by entry, Σ_m sums over axis m.

    Examples
    --------
    >>> from symbolic.tensor import axis, tensor, to_text
    >>> n, k, m = axis("n"), axis("k"), axis("m")
    >>> dZ, A = tensor("dZ", n, m), tensor("A", k, m)
    >>> to_text(dZ @ A.T / m.size)
    '(1/m) dZ Aᵀ'
    >>> to_text(dZ @ A.T / m.size, convention="rows")
    '(1/m) Aᵀ dZ'
    """
    writer = Writer({part: name for name, part in (names or {}).items()}, convention)
    return write(matrix_form(node, writer))


def write(formula: Formula) -> str:
    """Write a formula."""
    parts = formula.parts
    kind = formula.kind
    if kind == "word":
        return formula.word
    if kind == "number":
        return str(formula.value)
    if kind == "entry":
        name, _, letters = formula.word.partition("|")
        return f"{name}[{letters}]"
    if kind == "transpose":
        return _wrapped(parts[0], 7) + "ᵀ"
    if kind == "matmul":
        return " ".join(_wrapped(part, 5) for part in parts)
    if kind == "hadamard":
        return " ∘ ".join(_wrapped(part, 5) for part in parts)
    if kind == "sqrt":
        return f"sqrt({write(parts[0])})"
    if kind == "apply":
        return _apply(formula)
    if kind == "over":
        if parts[0].kind == "number" and parts[1].kind == "word":
            return f"{write(parts[0])}/{write(parts[1])}"
        return f"{_wrapped(parts[0], 3)} / {_wrapped(parts[1], 5)}"
    if kind == "power":
        mark = "∘" if formula.word else ""
        power = str(formula.value) if formula.value.denominator == 1 else f"({formula.value})"
        return f"{_wrapped(parts[0], 7)}^{mark}{power}"
    if kind == "sum":
        return f"Σ_{_subscript(formula.word)} {_wrapped(parts[0], 3)}"
    if kind == "add":
        return _sum(formula)
    return _scaled(formula)


def _subscript(word: str) -> str:
    return word if len(word) == 1 else f"{{{word}}}"


def _wrapped(formula: Formula, least: int) -> str:
    text = write(formula)
    binds = BINDS.get(formula.kind, ATOM)
    if formula.kind == "number" and (formula.value < 0 or formula.value.denominator != 1):
        binds = 1
    return text if binds >= least else f"({text})"


def _apply(formula: Formula) -> str:
    name, _, axes = formula.word.partition("|")
    inside = ", ".join([*map(write, formula.parts), *([axes] if axes else [])])
    return f"{name}({inside})"


def _sum(formula: Formula) -> str:
    text = ""
    for coefficient, part in zip(formula.signs, formula.parts, strict=True):
        shown = signed(coefficient, part)
        text += shown if not text else f" - {shown[1:]}" if shown.startswith("-") else f" + {shown}"
    return text


def signed(coefficient: Fraction, part: Formula) -> str:
    """Write a term of a sum with its number."""
    if part.kind == "number":
        return str(coefficient * part.value)
    if abs(coefficient) == 1:
        shown = _wrapped(part, 2)
        return f"-{shown}" if coefficient < 0 else shown
    if part.kind == "scaled":
        return _scaled(Formula("scaled", part.parts, part.word, part.value * coefficient))
    return _scaled(Formula("scaled", (part,), "", coefficient))


def _scaled(formula: Formula) -> str:
    """Write numbers and sizes as one fraction in front."""
    above, below, rest = gathered(formula)
    sign = "-" if formula.value < 0 else ""
    value = abs(formula.value)
    top = [*([str(value.numerator)] if value.numerator != 1 else []), *map(_tight, above)]
    bottom = [*([str(value.denominator)] if value.denominator != 1 else []), *map(_tight, below)]
    front = " ".join(top)
    if bottom:
        under = " ".join(bottom)
        shown_under = under if len(bottom) == 1 else f"({under})"
        shown_top = f"({front})" if len(top) > 1 else (front or "1")
        front = f"{shown_top}/{shown_under}"
        front = f"({front})" if rest else front
    single = len(rest) == 1 and rest[0].kind in ("matmul", "sum", "hadamard", "over") and bool(front)
    body = " ".join(_wrapped(part, 2 if single and part.kind == "sum" else 4) for part in rest)
    return sign + " ".join(piece for piece in (front, body) if piece)


def _tight(formula: Formula) -> str:
    return _wrapped(formula, 5)


def gathered(formula: Formula) -> tuple[list[Formula], list[Formula], list[Formula]]:
    """Sort the factors of a product into words above, words below the line, and the rest."""
    above: list[Formula] = []
    below: list[Formula] = []
    rest: list[Formula] = []
    for place, part in enumerate(formula.parts):
        last = place == len(formula.parts) - 1
        if (
            part.kind == "over"
            and part.parts[0] == Formula("number")
            and part.parts[1].kind in ("word", "sqrt", "power")
        ):
            below.append(part.parts[1])
        elif part.kind == "word" and not last and formula.word != "plain":
            above.append(part)
        else:
            rest.append(part)
    return above, below, rest
