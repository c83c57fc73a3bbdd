"""From index notation back to the matrix formula a person writes.

The factors of a product are the edges of a graph whose vertices are the labels. Two edges that meet at a summed
label and at nothing else are a matrix product; edges between the same two labels are an element-wise product; a
summed label with a single edge is a sum over an axis. What does not reduce this way stays in index notation.

The result is a tree of `Formula`, which `_text` and `_latex` write down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from string import ascii_lowercase
from typing import Literal

from symbolic.tensor._axes import ONE
from symbolic.tensor._nodes import (
    Add,
    ArgMax,
    Delta,
    Einsum,
    LogSumExp,
    Map,
    MaxOver,
    Named,
    Number,
    Power,
    Size,
    Softmax,
    Symbol,
    Tensor,
    Window,
    depth,
    operations,
)

LONGEST, DEEPEST = 4000, 150  # operations and levels past which nobody reads a formula

Convention = Literal["columns", "rows"]
Kind = Literal[
    "word",
    "number",
    "transpose",
    "matmul",
    "hadamard",
    "scaled",
    "add",
    "apply",
    "over",
    "power",
    "sqrt",
    "entry",
    "sum",
]


@dataclass(frozen=True)
class Formula:
    """One operation of a matrix formula.

    Attributes
    ----------
    kind : str
        `word`, `number`, `transpose`, `matmul`, `hadamard`, `scaled` (number, then factors), `add`, `apply` (function
        of parts), `over` (a quotient), `power`, `sqrt`, `entry` (a tensor at index letters), `sum` (over axes).
    parts : tuple of Formula
    word : str
        A name: of a tensor, a function, the letters of an index, the axes of a sum.
    value : Fraction
        The number of `number` and `power`.
    signs : tuple of Fraction
        The coefficients of `add`.
    """

    kind: Kind
    parts: tuple[Formula, ...] = ()
    word: str = ""
    value: Fraction = Fraction(1)
    signs: tuple[Fraction, ...] = ()


class _NoMatrixForm(Exception):
    """The product has no matrix notation: it is written with indices."""


@dataclass
class Writer:
    """How to write: the names of known parts, and whether examples are columns or rows."""

    names: Mapping[Tensor, str] = field(default_factory=dict)
    convention: Convention = "columns"


def matrix_form(node: Tensor, writer: Writer) -> Formula:
    """Write an expression as a matrix formula, or with indices where it has none.

    Parameters
    ----------
    node : Tensor
    writer : Writer

    Returns
    -------
    Formula
    """
    flip = writer.convention == "rows" and _rank(node) == 2
    size = operations(node, frozenset(writer.names))
    if (
        size > LONGEST or depth(node) > DEEPEST
    ):  # shared parts are written out each time: that can be astronomical
        return _word(f"<an expression of {size} operations>")
    try:
        return _form(node, flip, writer)
    except _NoMatrixForm:
        letters = tuple(ascii_lowercase[8 + place] for place in range(len(node.axes)))
        return _index_form(node, letters, writer, len(letters))


def _rank(node: Tensor) -> int:
    return sum(axis != ONE for axis in node.axes)


def _word(name: str) -> Formula:
    return Formula("word", word=name)


def _form(node: Tensor, flip: bool, writer: Writer) -> Formula:
    """Write a node, or its transpose."""
    if node in writer.names or isinstance(node, Symbol | Named):
        name = writer.names.get(node) or str(getattr(node, "name", ""))
        turned = flip != (writer.convention == "rows" and _rank(node) == 2)
        return _transposed(_word(name)) if turned else _word(name)
    if isinstance(node, Number):
        return Formula("number", value=node.value)
    if isinstance(node, Size):
        return _word(node.axis.name)
    if isinstance(node, Add):
        parts = tuple(_form(term, flip, writer) for _, term in node.terms)
        return _add([coefficient for coefficient, _ in node.terms], parts)
    if isinstance(node, Power):
        return _power(_form(node.base, flip, writer), node.exponent, _rank(node) > 0)
    if isinstance(node, Map):
        return Formula("apply", (_form(node.argument, flip, writer),), node.function + "'" * node.order)
    if isinstance(node, Softmax | LogSumExp | MaxOver | ArgMax):
        return _along(node, flip, writer)
    if isinstance(node, Delta):
        return _word(f"I_{node.axes[0].name}")
    if isinstance(node, Einsum):
        return _Product(node, flip, writer).formula()
    raise _NoMatrixForm


def _add(signs: list[Fraction], parts: tuple[Formula, ...]) -> Formula:
    """Write positive terms first: P - Y, not -Y + P; sums of sums are one sum."""
    flat = [
        pair
        for sign, part in zip(signs, parts, strict=True)
        for pair in (
            [(sign * inner, one) for inner, one in zip(part.signs, part.parts, strict=True)]
            if part.kind == "add"
            else [(sign, part)]
        )
    ]
    signs, parts = [sign for sign, _ in flat], tuple(part for _, part in flat)
    order = sorted(range(len(parts)), key=lambda place: signs[place] < 0)
    return Formula(
        "add", tuple(parts[place] for place in order), signs=tuple(signs[place] for place in order)
    )


def _along(node: Softmax | LogSumExp | MaxOver | ArgMax, flip: bool, writer: Writer) -> Formula:
    word = {Softmax: "softmax", LogSumExp: "logsumexp", MaxOver: "max", ArgMax: "argmax_mask"}[type(node)]
    axes = ",".join(node.argument.axes[place].name for place in node.places)
    parts = [_form(node.argument, flip, writer)]
    if isinstance(node, Softmax) and node.mask is not None:
        parts.append(_form(node.mask, flip, writer))
    whole = len(node.places) == len(node.argument.axes)
    return Formula("apply", tuple(parts), word if whole else f"{word}|{axes}")


def _transposed(formula: Formula) -> Formula:
    return formula.parts[0] if formula.kind == "transpose" else Formula("transpose", (formula,))


def _power(base: Formula, exponent: Fraction, entrywise: bool) -> Formula:
    if exponent < 0:
        return Formula("over", (Formula("number"), _power(base, -exponent, entrywise)))
    if exponent == Fraction(1, 2):
        return Formula("sqrt", (base,))
    if exponent == 1:
        return base
    return Formula("power", (base,), "entrywise" if entrywise else "", exponent)


def _hadamard(parts: list[Formula]) -> Formula:
    """Multiply entry by entry; quotients are gathered below one line."""
    above: list[Formula] = []
    below: list[Formula] = []
    for part in parts:
        if part.kind == "over" and part.parts[0] == Formula("number"):
            below.append(part.parts[1])
        elif part.kind == "hadamard":
            above.extend(part.parts)
        else:
            above.append(part)
    top = above[0] if len(above) == 1 else Formula("hadamard", tuple(above)) if above else Formula("number")
    if not below:
        return top
    return Formula("over", (top, below[0] if len(below) == 1 else Formula("hadamard", tuple(below))))


Oriented = Callable[[bool], Formula]  # writes a matrix, or its transpose


class _Product:
    """The graph of one product, reduced step by step."""

    def __init__(self, node: Einsum, flip: bool, writer: Writer) -> None:
        self.axes = node.labels
        self.coefficient = node.coefficient
        self.out = [label for label in node.out if self.axes[label] != ONE]
        if flip:
            self.out.reverse()
        self.writer = writer
        self.scalars: list[Formula] = []
        self.points: dict[int, list[Formula]] = {}
        self.edges: dict[tuple[int, int], list[Oriented]] = {}  # rows along the smaller label
        self.whole: list[Formula] = []  # factors of three and more axes, all in the order of the result
        for factor, labels in node.factors:
            self._place(factor, tuple(label for label in labels if self.axes[label] != ONE))
        used = {label for _, labels in node.factors for label in labels}
        self.summed = [label for label in node.summed if self.axes[label] != ONE and label in used]

    def _place(self, factor: Tensor, labels: tuple[int, ...]) -> None:
        if len(set(labels)) < len(labels):
            raise _NoMatrixForm
        if not labels:
            self.scalars.append(_form(factor, False, self.writer))
        elif len(labels) == 1:
            self.points.setdefault(labels[0], []).append(_form(factor, False, self.writer))
        elif len(labels) == 2:
            backwards = labels[0] > labels[1]
            self._connect(labels[0], labels[1], lambda flip: _form(factor, flip != backwards, self.writer))
        elif list(labels) == self.out:
            self.whole.append(_form(factor, False, self.writer))
        else:
            raise _NoMatrixForm

    def _connect(self, a: int, b: int, matrix: Oriented) -> None:
        self.edges.setdefault((min(a, b), max(a, b)), []).append(matrix)

    def _edge(self, rows: int, columns: int) -> Oriented:
        """Take out the edge between two labels, with the orientation asked for."""
        parts = self.edges.pop((min(rows, columns), max(rows, columns)))
        return lambda flip: _hadamard([part(flip != (rows > columns)) for part in parts])

    def formula(self) -> Formula:
        """Reduce every summed label, then write what is left."""
        while self.summed:
            self._reduce(min(self.summed, key=lambda label: (len(self._neighbours(label)) != 2, -label)))
        return self._scaled(self._left_over())

    def _neighbours(self, label: int) -> list[int]:
        return [b if a == label else a for a, b in self.edges if label in (a, b)]

    def _reduce(self, label: int) -> None:
        around = self._neighbours(label)
        points = self.points.pop(label, [])
        self.summed.remove(label)
        if not around:
            self.scalars.append(self._sum(label, _hadamard(points)))
        elif len(around) == 1:
            (other,) = around
            matrix = self._edge(other, label)
            if points:
                new = Formula("matmul", (*_chain(matrix(False)), _hadamard(points)))
            else:  # a sum over one axis reads the same either way up: the one with fewer transposes
                new = self._sum(label, min(matrix(False), matrix(True), key=_transposes))
            self.points.setdefault(other, []).append(new)
        elif len(around) == 2:
            a, b = sorted(around)
            self._connect(a, b, _matmul(self._edge(a, label), points, self._edge(label, b)))
        else:
            raise _NoMatrixForm

    def _sum(self, label: int, inside: Formula) -> Formula:
        name = self.axes[label].name
        if inside.kind == "sum":
            return Formula("sum", inside.parts, f"{inside.word},{name}")
        return Formula("sum", (inside,), name)

    def _left_over(self) -> list[Formula]:
        parts = list(self.whole)
        out = self.out
        if len(out) > 2 and (self.edges or not set(self.points) <= set(out[-1:])):
            raise _NoMatrixForm  # which axes a small factor runs along would be left unsaid
        if len(out) == 2 and self.edges:
            parts.append(self._edge(out[0], out[1])(False))
        points = [self.points.pop(label) for label in out if label in self.points]
        if len(points) == 2 and not parts:
            column, row = (_hadamard(one) for one in points)
            return [Formula("matmul", (column, _transposed(row)))]
        return [*(part for group in points for part in group), *parts]

    def _scaled(self, parts: list[Formula]) -> Formula:
        factors = list(self.scalars)
        if parts:
            factors.append(_hadamard(parts))
        if self.coefficient == 1 and len(factors) == 1:
            return factors[0]
        if not factors:
            return Formula("number", value=self.coefficient)
        return Formula("scaled", tuple(factors), value=self.coefficient)


def _chain(formula: Formula) -> tuple[Formula, ...]:
    return formula.parts if formula.kind == "matmul" else (formula,)


def _matmul(left: Oriented, between: list[Formula], right: Oriented) -> Oriented:
    """Multiply two matrices that meet at a summed label, with the vectors that scale that label between them."""

    def write(flip: bool) -> Formula:
        first, second = (right(True), left(True)) if flip else (left(False), right(False))
        if between:
            first = _hadamard([first, _transposed(_hadamard(between))])
        return Formula("matmul", (*_chain(first), *_chain(second)))

    return write


def _transposes(formula: Formula) -> int:
    return (formula.kind == "transpose") + sum(map(_transposes, formula.parts))


def _index_form(node: Tensor, letters: tuple[str, ...], writer: Writer, depth: int) -> Formula:
    """Write one entry of an expression with index letters."""
    if node in writer.names or isinstance(node, Symbol | Named | Delta | Window):
        if isinstance(node, Window) and node not in writer.names:
            h, i, p = letters
            shift = f" - {node.padding}" if node.padding else ""
            step = f"{node.stride} {i}" if node.stride != 1 else i
            return _word(f"[{h} = {step} + {p}{shift}]")
        name = writer.names.get(node) or str(getattr(node, "name", "δ"))
        kept = [letter for letter, axis in zip(letters, node.axes, strict=True) if axis != ONE]
        return Formula("entry", word=f"{name}|{','.join(kept)}") if kept else _word(name)
    if isinstance(node, Add):
        parts = tuple(_index_form(term, letters, writer, depth) for _, term in node.terms)
        return _add([coefficient for coefficient, _ in node.terms], parts)
    if isinstance(node, Power):
        return _power(_index_form(node.base, letters, writer, depth), node.exponent, False)
    if isinstance(node, Map):
        inner = _index_form(node.argument, letters, writer, depth)
        return Formula("apply", (inner,), node.function + "'" * node.order)
    if isinstance(node, Einsum):
        return _index_product(node, letters, writer, depth)
    if isinstance(node, Softmax | LogSumExp | MaxOver | ArgMax):
        keeps = isinstance(node, Softmax | ArgMax)
        given = iter(letters)
        inside = []
        over = []
        for place in range(len(node.argument.axes)):
            own = next(given) if keeps or place not in node.places else _letter(depth)
            depth += own == _letter(depth)
            inside.append(own)
            over += [own] if place in node.places else []
        word = {Softmax: "softmax", LogSumExp: "logsumexp", MaxOver: "max", ArgMax: "argmax_mask"}[type(node)]
        parts = (_index_form(node.argument, tuple(inside), writer, depth),)
        return Formula("apply", parts, f"{word}|{','.join(over)}")
    return _form(node, False, writer)


def _letter(depth: int) -> str:
    return ascii_lowercase[(8 + depth) % 26] + (str(depth // 26) if depth >= 26 else "")


def _index_product(node: Einsum, letters: tuple[str, ...], writer: Writer, depth: int) -> Formula:
    named = dict(zip(node.out, letters, strict=True))
    over = []
    for label in node.summed:
        named[label] = _letter(depth)
        depth += 1
        if node.labels[label] != ONE:
            over.append(named[label])
    parts = [
        _index_form(factor, tuple(named[label] for label in labels), writer, depth)
        for factor, labels in node.factors
    ]
    above = [part for part in parts if not (part.kind == "over" and part.parts[0] == Formula("number"))]
    below = [part.parts[1] for part in parts if part not in above]
    inside = Formula("scaled", tuple(above), "plain", node.coefficient)
    if below:
        bottom = below[0] if len(below) == 1 else Formula("scaled", tuple(below), "plain")
        inside = Formula("over", (inside if above else Formula("number", value=node.coefficient), bottom))
    return Formula("sum", (inside,), ",".join(over)) if over else inside
