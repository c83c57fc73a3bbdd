"""The sides of a chain, evaluated one by one, and the entries of neighbours set against each other.

A side that is not understood, or whose shapes do not fit, takes with it the equalities that it stands in and no others.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from .._errors import NotesError, NotUnderstoodError, ShapeClashError
from ..resolve import Listing, Term, Transpose
from ._dag import Node
from ._evaluate import Evaluator
from ._values import Value
from ._world import World

Sides = list[Value | NotesError]


@dataclass
class Entries:
    """What the equalities of a chain come to: pairs of entries, and why there are none.

    ``clashes`` are equalities whose shapes do not fit, ``gaps`` those with a side that is not understood, ``loose``
    those whose sides agree in shape only when one is repeated; of these ``added`` holds the pairs of entries if the
    sum of the longer side is meant, and its mean.
    """

    claiming: Sequence[bool]
    pairs: list[list[tuple[Node, Node]]] = field(default_factory=list)
    clashes: dict[int, str] = field(default_factory=dict)
    gaps: dict[int, str] = field(default_factory=dict)
    loose: set[int] = field(default_factory=set)
    added: dict[int, list[list[tuple[Node, Node]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pairs = [[] for _ in self.claiming]


def sides_of(ev: Evaluator, parts: Sequence[Term], partly: bool) -> Sides:
    """Evaluate every side; what goes wrong with one stands in its place.

    Raises
    ------
    NotUnderstoodError
        A side has no meaning, and ``partly`` does not allow for that.
    """
    found: Sides = []
    for part in parts:
        try:
            found.append(ev.value(part))
        except ShapeClashError as error:
            found.append(error)
        except NotUnderstoodError as error:
            if not partly:
                raise
            found.append(error)
    return found


def understood(sides: Sides, claiming: Sequence[bool]) -> None:
    """Pass where some equality has both its sides.

    Raises
    ------
    NotUnderstoodError
        No equality that claims has two sides with a meaning.
    """
    lost = [isinstance(side, NotUnderstoodError) for side in sides]
    if all(a or b for (a, b), claims in zip(itertools.pairwise(lost), claiming, strict=True) if claims):
        raise next(side for side in sides if isinstance(side, NotUnderstoodError))


def fit_shapes(
    ev: Evaluator, parts: Sequence[Term], claiming: Sequence[bool], partly: bool
) -> dict[int, str]:
    """Find the shapes of all sides; a free quantity that only the claim mentions takes the shape that fits.

    Returns the equalities whose shapes do not fit.
    """
    sides = sides_of(ev, parts, partly)
    understood(sides, claiming)
    clashes: dict[int, str] = {}
    for k, (a, b) in enumerate(itertools.pairwise(sides)):
        clash = next((x for x in (a, b) if isinstance(x, ShapeClashError)), None)
        if clash is not None:
            clashes[k] = f"the shapes do not fit: {clash}"
        if isinstance(a, NotesError) or isinstance(b, NotesError):
            continue
        for x, y in ((a.rows, b.rows), (a.cols, b.cols)):
            x, y = x.root(), y.root()
            if x.value is None and y.value is None and not (x.settled and y.settled):
                ev.algebra.unify(x, y)
    return clashes


def pair_entries(ev: Evaluator, parts: Sequence[Term], entries: Entries) -> None:
    """Evaluate every side once and pair the entries of neighbours."""
    sides = sides_of(ev, parts, partly=True)
    understood(sides, entries.claiming)
    for k, (a, b) in enumerate(itertools.pairwise(sides)):
        if not entries.claiming[k]:
            continue
        if isinstance(a, NotUnderstoodError) or isinstance(b, NotUnderstoodError):
            entries.gaps[k] = f"not understood: {a if isinstance(a, NotUnderstoodError) else b}"
            continue
        if isinstance(a, NotesError) or isinstance(b, NotesError):
            entries.clashes[k] = f"the shapes do not fit: {a if isinstance(a, NotesError) else b}"
            continue
        a, b = _as_matrix(ev, a, b), _as_matrix(ev, b, a)
        if a.size() == b.size()[::-1] and any(map(_is_list, parts[k : k + 2])):
            b = ev.algebra.transposed(b)  # (2xy, x^2) is neither a row nor a column
        if a.size() != b.size():
            _repeated(ev, k, a, b, entries)
        else:
            assert a.cells is not None
            assert b.cells is not None
            entries.pairs[k].extend(zip(a.cells, b.cells, strict=True))


def _is_list(part: Term) -> bool:
    """A list of entries, which stands for a row as for a column."""
    return isinstance(part.of if isinstance(part, Transpose) else part, Listing)


def _as_matrix(ev: Evaluator, slope: Value, other: Value) -> Value:
    """The derivative of a column by a column, entry by entry, as the diagonal matrix that the other side speaks of."""
    rows, cols = slope.size()
    if not slope.lifted or cols != 1 or rows == 1 or other.lifted or other.size() != (rows, rows):
        return slope
    assert ev.graph is not None
    assert slope.cells is not None
    zero = ev.graph.zero
    cells = tuple(slope.cells[i] if i == j else zero for i in range(rows) for j in range(rows))
    return Value(slope.rows, slope.rows, cells)


def _repeated(ev: Evaluator, k: int, a: Value, b: Value, entries: Entries) -> None:
    """Sides of different shapes: one may be meant to be repeated, or transposed."""
    if a.size() == b.size()[::-1] and not a.is_scalar:
        if ev.world.context.own_shapes:
            entries.clashes[k] = f"the sides have {_shape(a)} and {_shape(b)} entries"
        else:
            entries.gaps[k] = (
                "not understood: the sides agree in shape only after a transpose: a matter of layout"
            )
        return
    try:
        one, two = ev.algebra.add(a, _zeros(ev, b), 1), ev.algebra.add(_zeros(ev, a), b, 1)
    except ShapeClashError:
        entries.clashes[k] = f"the sides have {_shape(a)} and {_shape(b)} entries"
        return
    entries.loose.add(k)
    assert one.cells is not None
    assert two.cells is not None
    entries.pairs[k].extend(zip(one.cells, two.cells, strict=True))
    _add_up(ev, k, a, b, entries)


def _zeros(ev: Evaluator, like: Value) -> Value:
    assert ev.graph is not None
    rows, cols = like.size()
    return Value(like.rows, like.cols, (ev.graph.zero,) * (rows * cols))


def _add_up(ev: Evaluator, k: int, a: Value, b: Value, entries: Entries) -> None:
    """What the sides come to if the sum, or the mean, of the longer one is meant; nothing where each is longer one way."""
    (rows, cols), (height, width) = a.size(), b.size()
    axes = [axis for axis, (x, y) in enumerate(((rows, height), (cols, width))) if x != y]
    if (rows > height) != (cols > width) and len(axes) == 2:
        return
    longer, other = (a, b) if rows * cols > height * width else (b, a)
    for axis in axes:
        longer = ev.algebra.summed(longer, axis)
    assert ev.graph is not None
    assert longer.cells is not None
    assert other.cells is not None
    count = ev.graph.num(max(rows * cols, height * width) // min(rows * cols, height * width))
    sums, means = entries.added.setdefault(k, [[], []])
    sums.extend(zip(longer.cells, other.cells, strict=True))
    means.extend((ev.graph.div(x, count), y) for x, y in zip(longer.cells, other.cells, strict=True))


def forget(world: World, combo: dict[str, int]) -> None:
    """Definitions with indices of the claim in their bodies change with them."""
    if (world.ambient | world.ambient_steps.keys()) & set(combo):
        world.arrays = {k: v for k, v in world.arrays.items() if k in world.leaves}


def _shape(value: Value) -> str:
    return "{} × {}".format(*value.size())
