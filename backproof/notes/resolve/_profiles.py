"""Conventions for what a note leaves open, chosen by how well they fit its formulas.

A profile is a way of writing networks: rows or columns as examples, one letter a gradient, the place of 1/m.
Equations of layers, gradients and shapes each speak for some of them, with points; the profile that is ahead and has two
points is chosen.
One that is asked for settles every convention that it has; one that is chosen settles only what the equations show.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .._errors import NotesError
from ._bases import ONE
from ._context import Context
from ._lexicon import is_loss
from ._terms import Add, Call, Derivative, Div, Gradient, Mul, Number, Ref, Term, Transpose, walk

PROFILES = ("deeplearning.ai", "row-major", "nielsen", "cs231n", "scalar")
# Asked for, these say where 1/m stands in every gradient.
SETTLED = ("deeplearning.ai", "nielsen", "cs231n")
ROWS = ("row-major", "cs231n")
_LEAST = 2
_WEIGHTS = frozenset("WwUVΘ") | {"Theta", "theta"}
_ACTIVITIES = frozenset("XAZHYxazhy")
_CAPITALS = frozenset("XAZHYWUV")
_PYTHON = frozenset({"scores", "dscores", "probs", "hidden", "dhidden", "data", "reg"})


@dataclass(frozen=True)
class Evidence:
    """What one formula says for a profile."""

    profile: str
    points: int
    what: str


def choose_profile(
    statements: Iterable[tuple[tuple[Term, ...], str]], context: Context, numbers: bool
) -> tuple[str, tuple[str, ...]]:
    """The profile that a document's equations fit best, with what speaks for it; empty where none is ahead.

    Parameters
    ----------
    statements : iterable of (tuple of Term, str)
        The sides of each statement, and its formula as it is written.
    context : Context
        What the text says.
    numbers : bool
        Whether nothing in the document is a vector or a matrix.
    """
    found = list(dict.fromkeys(e for parts, latex in statements for e in _spoken(parts, latex, numbers)))
    found += [*_told(context), *_shapes(context)]
    scores = {p: sum(e.points for e in found if e.profile == p) for p in PROFILES}
    if not any(e.what == _AS_CODE for e in found):
        scores["cs231n"] = 0  # rows alone are row-major
    if not any(e.profile == "nielsen" and e.what in _NIELSEN for e in found):
        scores["nielsen"] = 0  # as are columns alone no book's
    for profile in ("deeplearning.ai", "nielsen", *ROWS):
        against = "columns: " if profile in ROWS else "rows: "
        scores[profile] -= max(
            sum(e.points for e in found if e.profile == p and e.what.startswith(against)) for p in PROFILES
        )
    best = max(PROFILES, key=lambda p: scores[p])
    rivals = [p for p in PROFILES if p != best and scores[p] == scores[best]]
    if scores[best] < _LEAST or rivals:
        return "", ()
    return best, tuple(dict.fromkeys(e.what.partition(": ")[2] for e in found if e.profile == best))


_MEAN = "1/m stands in the gradients by parameters"
_AS_CODE = "names: arrays are called as in code"
_NIELSEN = (
    "errors: errors of layers are called δ",
    "cost: the cost is called C",
    "letters: weights and activities are small letters with layers",
)
_BRACKETS = re.compile(r"\^\s?\{?\s?\[")


def _spoken(parts: tuple[Term, ...], latex: str, numbers: bool) -> Iterator[Evidence]:
    """What one statement speaks for."""
    if len(parts) < 2:
        return
    left = parts[0]
    brackets = _BRACKETS.search(latex) is not None
    if brackets:
        yield Evidence("deeplearning.ai", 1, "layers: layers stand in square brackets")
    if any(isinstance(n, Gradient) for p in parts for n in walk(p)):
        yield Evidence("deeplearning.ai", 1, "gradients: gradients are called dZ")
    if any(isinstance(n, Derivative) and n.of == Ref("C") for p in parts for n in walk(p)):
        yield Evidence("nielsen", 1, _NIELSEN[1])
    if numbers and any(isinstance(n, Ref) for n in walk(left)):
        yield Evidence("scalar", 2, "numbers: nothing is a vector or a matrix")
    if isinstance(left, (Gradient, Derivative)):
        by = left.of if isinstance(left, Gradient) else left.by[0]
        for right in parts[1:]:
            yield from _backward(by, right)
        return
    for right in parts[1:]:
        yield from _forward(right, numbers, brackets)
    head = left.function if isinstance(left, Call) else left
    if isinstance(head, Ref):
        if head.name == "delta":
            yield Evidence("nielsen", 2, _NIELSEN[0])
        if head.name in _PYTHON:
            yield Evidence("cs231n", 2, _AS_CODE)
        if is_loss(head.name) and len(head.subs) == 1 and head.subs[0].name == "i":
            yield Evidence("cs231n", 1, "loss: the loss of example i has its index below")


def _forward(right: Term, numbers: bool, brackets: bool) -> Iterator[Evidence]:
    """``Z = WA + b``: which of weights and activities stands first."""
    for node in walk(right):
        if not isinstance(node, Mul):
            continue
        for a, b in _neighbours(node):
            first, second = _plain(a), _plain(b)
            if numbers:
                continue
            if first in _WEIGHTS and second in _ACTIVITIES and not isinstance(b, Transpose):
                yield from _columns(first, second, b, brackets)
            behind = first in _ACTIVITIES and second in _WEIGHTS & _CAPITALS
            if behind and not isinstance(a, Transpose):
                yield from _rows("an activity stands before its weights")


def _columns(first: str, second: str, activity: Term, brackets: bool) -> Iterator[Evidence]:
    capital = second in _CAPITALS
    what = "columns: weights stand before the activity"
    yield Evidence("deeplearning.ai", 1 + capital, what)
    if not capital:
        yield Evidence("nielsen", 1, what)
    layered = isinstance(activity, Ref) and activity.layer is not None
    if layered and not capital and first == "w" and not brackets:
        yield Evidence("nielsen", 1, _NIELSEN[2])


def _rows(what: str) -> Iterator[Evidence]:
    for profile in ROWS:
        yield Evidence(profile, 2, f"rows: {what}")


def _backward(by: Term, right: Term) -> Iterator[Evidence]:
    """``dW = dZ Aᵀ``: columns; ``dW = Xᵀ dZ``: rows; and 1/m in a gradient by parameters."""
    name = _plain(by)
    parameter = name in _WEIGHTS or name == "b"
    for node in walk(right):
        if parameter and isinstance(node, Div) and node.num == ONE and _plain(node.den) in ("m", "N"):
            yield Evidence("deeplearning.ai", 1, f"mean: {_MEAN}")
        if name == "b" and isinstance(node, Call) and node.function.name == "np.sum":
            axis = dict(node.keywords).get("axis")
            if axis == "1":
                yield Evidence("deeplearning.ai", 2, "columns: db sums over columns")
            elif axis == "0":
                yield from _rows("db sums over rows")
        if not isinstance(node, Mul) or name not in _CAPITALS:
            continue
        for a, b in _neighbours(node):
            first, second = _plain(a), _plain(b)
            if name in _WEIGHTS and isinstance(b, Transpose) and second in _ACTIVITIES and _slope(a):
                what = "columns: dW is a gradient times an activity transposed"
                yield Evidence("deeplearning.ai", 1 + (second in _CAPITALS), what)
                yield Evidence("nielsen", 1, what)
            if (
                name in _WEIGHTS
                and isinstance(a, Transpose)
                and first in _ACTIVITIES
                and first in _CAPITALS
                and _slope(b)
            ):
                yield from _rows("dW is an activity transposed times a gradient")


def _slope(term: Term) -> bool:
    return isinstance(term, (Gradient, Derivative)) or _plain(term) == "delta"


def _told(context: Context) -> list[Evidence]:
    """What the text says of examples and numbers."""
    if context.examples == "rows":
        return [Evidence(p, 4, "rows: the text says so") for p in ROWS]
    if context.examples == "columns":
        return [Evidence("deeplearning.ai", 1, "columns: the text says so")]
    if context.all_scalar:
        return [Evidence("scalar", 2, "numbers: the text says so")]
    return []


def _shapes(context: Context) -> Iterator[Evidence]:
    """The shapes that are stated: of ``X``, ``n × m``; of ``b``, ``n × 1``; of ``W^{[l]}``, ``n^{[l]} × n^{[l-1]}``."""
    for name, stated in context.shapes.items():
        letter = name.rpartition(":")[2]
        for pattern, rows, cols in stated[:1]:
            by_column = by_row = False
            if letter in _ACTIVITIES & _CAPITALS:
                by_column, by_row = _plain(cols) in ("m", "N"), _plain(rows) in ("m", "N")
            elif letter == "b":
                by_column, by_row = cols == ONE, rows == ONE
            elif letter in _WEIGHTS and isinstance(rows, Ref) and isinstance(cols, Ref) and pattern.layer:
                by_column, by_row = rows.layer == pattern.layer, cols.layer == pattern.layer
            if by_column and not by_row:
                yield Evidence("deeplearning.ai", 1, f"columns: the shape of {letter} says so")
            if by_row and not by_column:
                yield from (Evidence(p, 1, f"rows: the shape of {letter} says so") for p in ROWS)


def _neighbours(product: Mul) -> Iterator[tuple[Term, Term]]:
    """Factors side by side that a matrix product may join, without the numbers among them."""
    factors = [(op, t) for op, t in product.items if not isinstance(t, (Number, Div))]
    for (_, a), (op, b) in itertools.pairwise(factors):
        if op in ("", "·", "@", "×"):
            yield a, b


def _plain(term: Term) -> str:
    """The letter of a quantity or of its transpose, without its alphabet."""
    while isinstance(term, Transpose):
        term = term.of
    if isinstance(term, Add) and len(term.terms) == 1:
        return _plain(term.terms[0][1])
    return term.name.rpartition(":")[2].partition("_")[0] if isinstance(term, Ref) else ""


def apply_profile(context: Context, profile: str, why: tuple[str, ...] | None = None) -> None:
    """Set what a profile says, where the document says nothing.

    Parameters
    ----------
    context : Context
        What the document says.
    profile : str
        The profile; empty for none.
    why : tuple of str, optional
        What speaks for a profile that was chosen; None for one that was asked for.

    Raises
    ------
    NotesError
        No profile has this name.
    """
    if not profile:
        return
    if profile not in PROFILES:
        raise NotesError(f"the profile {profile!r} is unknown; expected one of {', '.join(PROFILES)}")
    context.note(f"profile {profile} ({'asked for' if why is None else 'as ' + ', '.join(why)})")
    if profile == "scalar":
        context.all_scalar = context.all_scalar or why is None
    elif not context.examples and profile != "nielsen":
        context.examples, context.supposed = "rows" if profile in ROWS else "columns", why is not None
    if why is not None and _MEAN in why:
        context.mean_cost = True  # where 1/m stands is then a question for every gradient
    if why is None:
        context.profile = profile
        if profile in ("deeplearning.ai", "cs231n") and not context.cost_how:
            context.cost_how, context.mean_cost = "mean", True
        context.vectors_are_columns = context.vectors_are_columns or profile in ("deeplearning.ai", "nielsen")
