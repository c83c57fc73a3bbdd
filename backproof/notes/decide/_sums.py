"""Sums and products: what their indices run through, and how far."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from .._errors import LimitError, NotUnderstoodError
from ..resolve import Add, Big, Number, Ref, Term, indices, refs
from ._extremes import further, held_constant
from ._values import Dim, Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator, Place

# Written limits may be anything; each term costs some ten microseconds.
MAX_TERMS = 20_000


def _integer(ev: Evaluator, term: Term) -> int:
    """A term that must be a whole number now."""
    value = ev.value(term)
    node = value.cells[0] if value.is_scalar and value.cells else None
    if node is None or node.op != "num" or not isinstance(node.data, Fraction) or node.data.denominator != 1:
        raise NotUnderstoodError("a limit of a sum that is no whole number")
    return int(node.data)


def _layered(ev: Evaluator, name: str, term: Big) -> bool:
    """Whether the index of a sum counts layers or times rather than entries."""
    for ref in refs(term.body):
        for slot in (ref.layer, ref.time):
            if slot is not None and slot.name == name:
                return True
    return False


def big(ev: Evaluator, term: Big) -> Value:
    name = term.index
    if not name:
        return _whole_sum(ev, term)
    if term.kind in ("max", "min") and term.kind in ev.world.context.constants and isinstance(term.body, Ref):
        return held_constant(ev, term.body, term.kind)
    labels = ev.world.ambient | {i.name for r in refs(term.body) for i in indices(r)}
    if f"y_{name}" in labels or f"c_{name}" in labels:
        raise NotUnderstoodError(f"labels that vary with {name}")
    if _layered(ev, name, term):
        places: list[Place] = [*_few(_steps(ev, term))]
    elif ev.graph is None:
        places = [_range_dim(ev, term)]
    else:
        places = [*_few(_numbers(ev, term))]
    total: Value | None = None
    open_ = term.low is None and term.high is None and term.kind == "sum"
    outer, ev.open_sums = ev.open_sums, ev.open_sums | {name} if open_ else ev.open_sums - {name}
    for place in places:
        with ev.bound({name: place}):
            if isinstance(place, int) and any(ev.place(x) == place for x in term.without):
                continue
            value = ev.value(term.body)
        if term.kind in ("max", "min"):
            if not value.is_scalar:
                raise NotUnderstoodError(f"the {term.kind} of arrays")
            total = value if total is None else further(ev, term.kind, total, value)
        elif term.kind == "prod":
            total = value if total is None else _times(ev, total, value)
        else:
            total = value if total is None else ev.algebra.add(total, value)
    ev.open_sums = outer
    if total is None and term.kind in ("max", "min"):
        raise NotUnderstoodError(f"the {term.kind} of nothing")
    if total is None:
        return ev.number(1 if term.kind == "prod" else 0)
    return total


def _times(ev: Evaluator, total: Value, value: Value) -> Value:
    """The next factor of a product; of matrices the next one stands behind or, with falling indices, before."""
    if value.is_scalar or total.is_scalar:
        return ev.algebra.elementwise(total, value)
    if ev.graph is None and total.lifted and value.lifted:
        return total  # whether these are Jacobians or entries, their values will tell
    if any((v.rows.root().value == 1) != (v.cols.root().value == 1) for v in (total, value)):
        raise NotUnderstoodError("a product of columns")
    if ev.world.context.products_fall is None:
        ev.world.unordered = True
    falling = ev.world.context.products_fall
    falling = ev.world.reading.falling if falling is None else falling
    return ev.algebra.matmul(value, total) if falling else ev.algebra.matmul(total, value)


def _numbers(ev: Evaluator, term: Big) -> range:
    """What the index of a sum runs through."""
    if _is_partial(term):
        low = 1 if term.low is None else _integer(ev, term.low)
        return (
            range(low, _integer(ev, term.high) + 1)
            if term.high is not None
            else range(low, _extent(ev, term) + 1)
        )
    return range(1, _extent(ev, term) + 1)


def _whole_sum(ev: Evaluator, term: Big) -> Value:
    """A sum without an index adds up the examples."""
    value = ev.value(term.body)
    examples = ev.world.context.examples
    if value.is_scalar or not examples:
        raise NotUnderstoodError("a sum without an index")
    ev.world.note("a sum without an index runs over the examples")
    return ev.algebra.summed(value, 1 if examples == "columns" else 0)


def _steps(ev: Evaluator, term: Big) -> range:
    """The layers that a sum runs over."""
    if term.low is None or term.high is None:
        return range(1, ev.world.layers + 1)
    return range(_layer_number(ev, term.low), _layer_number(ev, term.high) + 1)


def _layer_number(ev: Evaluator, term: Term) -> int:
    if isinstance(term, Number) and term.value.denominator == 1:
        return int(term.value)
    if isinstance(term, Ref) and isinstance(ev.env.get(term.name), int):
        return int(ev.env[term.name])  # type: ignore[arg-type]
    if isinstance(term, Ref) and not term.subs and term.name in ev.world.tops:
        return ev.world.tops[term.name]
    if isinstance(term, Ref) and term.name == "T":
        return ev.world.layers
    if isinstance(term, Add):
        return sum(sign * _layer_number(ev, part) for sign, part in term.terms)
    raise NotUnderstoodError("the layers that a sum runs over")


def _scope(ev: Evaluator, term: Term) -> tuple[object, ...]:
    numbers = tuple(sorted((k, v) for k, v in ev.env.items() if isinstance(v, int) and _is_step(ev, k)))
    return (ev.world.mark(term), numbers)


def _is_step(ev: Evaluator, name: str) -> bool:
    """Whether an index counts layers or times."""
    return name in ev.world.context.lexicon.layers or name in ("t", "s", "tau", "l", "L")


def _range_dim(ev: Evaluator, term: Big) -> Dim:
    """The axis that the index of a sum runs over."""
    key = _scope(ev, term)
    if key not in ev.world.index_dims:
        ev.world.index_dims[key] = _limit_dim(ev, term)
    return ev.world.index_dims[key]


def _limit_dim(ev: Evaluator, term: Big) -> Dim:
    if term.high is None:
        known = ev.world.context.ranges.get(term.index)
        if known is not None and term.low is None:
            return ev.world.size_dim(known[1], steps_env(ev))
        return ev.world.new_dim()
    if _is_partial(term):
        if isinstance(term.low, Number) and term.low.value < 1:
            raise NotUnderstoodError("a sum that does not start at 1")
        return ev.world.new_dim()  # the axis is that of what it indexes
    return ev.world.size_dim(term.high, steps_env(ev))


def steps_env(ev: Evaluator) -> dict[str, int]:
    return {k: v for k, v in ev.env.items() if isinstance(v, int)}


def _extent(ev: Evaluator, term: Big) -> int:
    dim = ev.world.index_dims.get(_scope(ev, term))
    if dim is None:
        dim = _limit_dim(ev, term)
    size = dim.root().value
    if size is None:
        raise NotUnderstoodError(f"the range of {term.index}")
    return size


def _few(places: range) -> range:
    """The places that an index runs through, if they can be gone through."""
    if (count := places.stop - places.start) > MAX_TERMS:
        raise LimitError(
            f"a sum or product of {count:,} terms is written; at most {MAX_TERMS:,} are added up"
        )
    return places


def _is_partial(term: Big) -> bool:
    """Whether a sum may run over a part of an axis: from 2, or to n - 1."""
    starts = term.low is None or (isinstance(term.low, Number) and term.low.value == 1)
    ends = isinstance(term.high, Add) and term.high.terms[-1][0] < 0
    return not starts or ends
